/* window.h: the whole terminal as a window, by ncurses, which gets it back as it was. */
#ifndef HEED_CLI_WINDOW_H
#define HEED_CLI_WINDOW_H

#include "cli/screen.h"

/* What heed__window_key returns besides characters and the keys of cli/keys.h. */
enum { HEED__KEY_NONE = -1, HEED__KEY_RESIZE = -2, HEED__KEY_END = -3 };

/* Opens it on stdin and stdout; there is one. Errors: HEED_ERR_STATE where there is no terminal, or none
 * that ncurses knows how to use. */
heed_status heed__window_open(heed__colour colour, heed_error *err);

/* Gives the terminal back; may be called again, and when it was never opened. */
void heed__window_close(void);

/* The signal that asked for an end (SIGHUP, SIGINT, SIGQUIT, SIGTERM), or 0. */
int heed__window_signal(void);

uint32_t heed__window_rows(void);
uint32_t heed__window_columns(void);

/* Clears the page; writes text, cut to the page, or what a screen has drawn; shows all of it. */
void heed__window_clear(void);
void heed__window_text(uint32_t row, uint32_t column, bool is_bold, const char *text);
void heed__window_screen(uint32_t row, uint32_t column, const heed__screen *screen);
void heed__window_show(void);

/* Waits for a key: a character, a key of cli/keys.h, HEED__KEY_RESIZE when the window has another size,
 * HEED__KEY_END when a signal came or the terminal went away. */
int heed__window_key(void);

/* The same for at most so many milliseconds, then HEED__KEY_NONE. */
int heed__window_key_within(uint32_t wait_ms);

#endif
