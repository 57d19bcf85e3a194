/* print.h: how commands say what came of them: results on stdout, failures on stderr. */
#ifndef HEED_CLI_PRINT_H
#define HEED_CLI_PRINT_H

#include "cli/options.h"
#include "core/pack.h"

/* Says what failed; returns the exit status HEED__FAILED. */
int heed__failed(const heed__usage *usage, const heed_error *err);

/* Says what is wrong with the command line and where to read on; returns HEED__MISUSED. */
int heed__misused(const heed__usage *usage, const heed_error *err);

/* Prints and releases a JSON document. */
void heed__print_json(json_t *document);

/* A number, or null when it is not finite. */
json_t *heed__number_json(double value);

/* Text, with a stand-in for what is not UTF-8. */
json_t *heed__text_json(const char *text);

/* A card as an object, and as lines "name: value". */
json_t *heed__card_json(const heed_card *card);
void heed__card_print(const heed_card *card, FILE *out);

/* A number in as few digits as people need (6), into text[32]. */
const char *heed__short(double value, char text[32]);

/* The word of `words` that is most like `word`, or NULL when none is near: "did you mean 'explore'?".
 * The list ends with NULL. */
const char *heed__nearest(const char *word, const char *const *words);

#endif
