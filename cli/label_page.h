/* label_page.h: what a person who answers questions sees: two clips side by side, where they are, how the
 * session goes, and which keys there are. */
#ifndef HEED_CLI_LABEL_PAGE_H
#define HEED_CLI_LABEL_PAGE_H

#include "cli/label.h"
#include "cli/screen.h"

typedef struct heed__label_page {
  const heed__label *label; /* borrowed */
  const char *world;        /* borrowed; its name */
  const heed_env *env;      /* borrowed */
  heed__screen screens[2];  /* owned; of either clip */
  uint32_t t;               /* step that is shown, 0 the start; cut to each clip's length */
  int side; /* clip that answers about steps and ratings are about: 0 left, 1 right */
  bool is_playing;
  double speed;        /* 1: as fast as usual */
  const char *message; /* or NULL */
} heed__label_page;

/* Makes the screens for the window as it is; again after it was resized. Errors: HEED_ERR_NOMEM. */
heed_status heed__label_page_init(heed__label_page *page, heed__colour colour, heed_error *err);
void heed__label_page_deinit(heed__label_page *page);

/* Does it all fit? What is needed otherwise, in columns and rows. */
bool heed__label_page_fits(const heed__label_page *page, uint32_t *columns, uint32_t *rows);

/* Draws the page, or how large the window should be; or the page of help. */
void heed__label_page_draw(heed__label_page *page);
void heed__label_page_help(const heed__label_page *page);

/* The steps of the longer clip. */
uint32_t heed__label_page_steps(const heed__label_page *page);

#endif
