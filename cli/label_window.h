/* label_window.h: a session of answering in the window: clips play, keys answer. */
#ifndef HEED_CLI_LABEL_WINDOW_H
#define HEED_CLI_LABEL_WINDOW_H

#include "cli/label.h"
#include "cli/screen.h"

/* Opens the window, begins the session and lets a person answer until they stop, `wanted` answers were
 * given in this session (0: no limit), or a signal comes, which is returned in *signal_number; the terminal
 * is as before then. Errors: HEED_ERR_STATE where there is no terminal or one that is too small, and those
 * of the session. */
heed_status heed__label_window(heed__label *label, const heed_env *env, const char *world,
                               heed__colour colour, size_t wanted, int *signal_number,
                               heed_error *err);

#endif
