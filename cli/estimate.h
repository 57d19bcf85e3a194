/* estimate.h: means over seeds. */
#ifndef HEED_CLI_ESTIMATE_H
#define HEED_CLI_ESTIMATE_H

#include <jansson.h>
#include <stddef.h>

/* A mean and half of its 95 % interval (Student's t); of one number the half is 0. */
typedef struct heed__estimate {
  double mean, half;
} heed__estimate;

/* Of count doubles, the first at `first`, each `stride` bytes behind the one before. */
heed__estimate heed__estimate_of(const double *first, size_t stride, size_t count);

/* {"mean": .., "interval_95": [.., ..]} */
json_t *heed__estimate_json(heed__estimate estimate);

#endif
