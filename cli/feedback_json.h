/* feedback_json.h: answers as JSON Lines, for other programs and back (docs/formats.md): a line that says
 * which spaces they are for, then a line for each. */
#ifndef HEED_CLI_FEEDBACK_JSON_H
#define HEED_CLI_FEEDBACK_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "reward/store.h"

/* One answer; `with_options`: what it was about as well. NULL without memory. */
json_t *heed__record_json(const heed_store_record *record, const heed_space *obs_space,
                          const heed_space *action_space, bool with_options);

/* Writes all. Errors: HEED_ERR_IO, HEED_ERR_NOMEM. */
heed_status heed__records_write(const heed_store_records *records, const heed_space *obs_space,
                                const heed_space *action_space, FILE *out, heed_error *err);

/* Reads all that `file` holds, called `name` in errors; the spaces are the caller's, also on failure, when
 * `records` may hold some. No more is allocated than the text is long, times a constant. Errors:
 * HEED_ERR_IO, HEED_ERR_NOMEM, HEED_ERR_VERSION, and HEED_ERR_FORMAT naming the line; what an answer says is
 * checked when it is merged into a store. */
heed_status heed__records_parse(FILE *file, const char *name, heed_store_records *records,
                                heed_space *obs_space, heed_space *action_space, heed_error *err);

/* The same of a file by its path. */
heed_status heed__records_read(const char *path, heed_store_records *records, heed_space *obs_space,
                               heed_space *action_space, heed_error *err);

#endif
