/* show_store.h: what a feedback store holds. */
#ifndef HEED_CLI_SHOW_STORE_H
#define HEED_CLI_SHOW_STORE_H

#include <jansson.h>

#include "core/status.h"

/* Reads a store, checking every answer. *out, the caller's, is {"kind", "version", "contents":
 * {"observations", "actions", "topics": [{topic, who, answers, withdrawn, equal, skipped}]}}. Errors: as
 * heed_store_open; HEED_ERR_FORMAT for another database. */
heed_status heed__show_store(const char *path, json_t **out, heed_error *err);

#endif
