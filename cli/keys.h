/* keys.h: which key of a keyboard means which action of a world. */
#ifndef HEED_CLI_KEYS_H
#define HEED_CLI_KEYS_H

#include "envs/env.h"

/* Keys that are no characters. */
enum { HEED__KEY_UP = 0x1000, HEED__KEY_DOWN, HEED__KEY_LEFT, HEED__KEY_RIGHT };

/* The action of a key in a world of discrete actions: arrows for the actions whose names hold a direction
 * (up or north, ...), space for the one that does nothing, digits and then letters for the first and the
 * following; the letters h, q, r and u are never among them. -1 for none. */
int32_t heed__key_action(const heed_env *env, int key);

/* The key that a person is told for an action: an arrow, space, or a character, into text[8]. */
const char *heed__key_text(const heed_env *env, int32_t action, char text[8]);

/* A box of actions is set number by number: what left (-1) and right (+1) make of `value` (a tenth of the
 * range), and what digit 1 (lowest) to 9 (highest) stands for. */
float heed__key_nudge(const heed_space *actions, uint32_t i, float value, int direction);
float heed__key_level(const heed_space *actions, uint32_t i, int digit);

#endif
