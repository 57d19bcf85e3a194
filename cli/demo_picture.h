/* demo_picture.h: one episode of each row of the off-switch demonstration, side by side: in the terminal,
 * and as an SVG file for a paper. */
#ifndef HEED_CLI_DEMO_PICTURE_H
#define HEED_CLI_DEMO_PICTURE_H

#include <stdio.h>

#include "cli/screen.h"
#include "scenarios/off_switch.h"

/* Writes the pictures as text. Nothing when no episode was interrupted. */
void heed__demo_print(const heed_off_switch_result *result, const heed_env *env,
                      heed__colour colour, FILE *out);

/* Writes them as an SVG file. Errors: HEED_ERR_STATE when there is nothing to draw, those of
 * heed_file_write. */
heed_status heed__demo_draw(const heed_off_switch_result *result, const heed_env *env,
                            const char *path, heed_error *err);

#endif
