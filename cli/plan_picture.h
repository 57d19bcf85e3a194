/* plan_picture.h: the tree of a plan, drawn: time goes to the right, the expected line is marked. */
#ifndef HEED_CLI_PLAN_PICTURE_H
#define HEED_CLI_PLAN_PICTURE_H

#include "envs/env.h"
#include "planner/report.h"

/* Writes a plan as SVG, down to `depth` steps. Errors: HEED_ERR_ARG when there is more than a page holds,
 * HEED_ERR_NOMEM, HEED_ERR_IO. */
heed_status heed__plan_draw(const heed_plan_report *report, const heed_env *env, uint32_t depth,
                            const char *path, heed_error *err);

#endif
