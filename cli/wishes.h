/* wishes.h: what a reward model wants, strongest first, for people in the words of a world. */
#ifndef HEED_CLI_WISHES_H
#define HEED_CLI_WISHES_H

#include <jansson.h>
#include <stdio.h>

#include "envs/env.h"
#include "reward/reward.h"

enum { HEED__WISH_SIZE = 200 };

/* Line i of heed_reward_explain, into text[HEED__WISH_SIZE]; where it begins with a feature of a board whose
 * values have names in `env` (may be NULL), these stand behind: "change[4,3]  +21.9 +- 22  goal becomes
 * agent". False beyond the last. */
bool heed__wish(const heed_reward *reward, const heed_env *env, size_t i, char *text);

/* At most `most` of these lines, as a list, and below a title. */
json_t *heed__wishes_json(const heed_reward *reward, const heed_env *env, size_t most);
void heed__wishes_print(const heed_reward *reward, const heed_env *env, size_t most, FILE *out);

#endif
