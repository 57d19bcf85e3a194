/* person.h: a person at the terminal as a teacher. Clips are shown in pairs, side by side, and one key answers:
 *
 *   comparison   < left   > right, or 1, 2, ... of more   = equally good
 *   ranking      1, 2, ...: the best of those left
 *   rating       1 the worst, ... the best grade
 *   label        + good   0 neither   - bad
 *
 *   s cannot say   u take the last answer back   r show again   q stop here   n p step, back   o other clips
 *
 * On a terminal the clips move; through a pipe they are printed as first and last picture with the
 * actions between them, so that a program, or a person with a bad line, can answer too. */
#ifndef HEED_CLI_PERSON_H
#define HEED_CLI_PERSON_H

#include <termios.h>

#include "cli/screen.h"
#include "reward/teacher.h"

typedef struct heed__person {
  heed__screen screens[2]; /* owned; of either clip */
  FILE *out;               /* borrowed: where clips are drawn */
  double beta, mistakes;
  size_t wanted; /* answers in the end, for display; 0: as many as they like */
  bool is_live;  /* keys and pictures are on a terminal: clips move */
  bool is_raw;   /* the terminal gives single keys */
  struct termios saved;
} heed__person;

/* A person who reads stdin and looks at `out`. Errors: HEED_ERR_NOMEM. */
heed_status heed__person_init(heed__person *person, const heed_env *env, FILE *out,
                              heed__colour colour, heed_error *err);
/* Gives the terminal back as it was. */
void heed__person_deinit(heed__person *person);

/* The person as a teacher under a name; both borrowed. */
heed_teacher heed__person_teacher(heed__person *person, const char *name);

#endif
