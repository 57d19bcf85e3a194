/* topics.h: what is set with NAME=VALUE in texts, told parameter by parameter: `heed help planner`. */
#ifndef HEED_CLI_TOPICS_H
#define HEED_CLI_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/params.h"

/* "0 to 1", "a|b", ..., into text[size]; returns it. */
const char *heed__param_range(const heed_param *param, char *text, size_t size);

/* Each parameter with range, default and meaning, to stdout. */
void heed__params_print(const heed_param *table, size_t count);

/* Prints a topic to stdout; false when there is none of that name. */
bool heed__topic_print(const char *name);

#endif
