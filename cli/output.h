/* output.h: files that are to be written, looked at before work that takes long. */
#ifndef HEED_CLI_OUTPUT_H
#define HEED_CLI_OUTPUT_H

#include <stddef.h>

#include "core/status.h"

/* Can a file be written at `path`, and is it none of inputs[count] (NULL among them: not given)? Errors:
 * HEED_ERR_IO. */
heed_status heed__check_output(const char *path, const char *const *inputs, size_t count,
                               heed_error *err);

#endif
