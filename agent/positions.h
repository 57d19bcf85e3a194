/* positions.h: positions that were searched, generation by generation. Internal. */
#ifndef HEED_AGENT_POSITIONS_H
#define HEED_AGENT_POSITIONS_H

#include "value/network.h"

/* An array for each quantity; owned. */
typedef struct heed__positions {
  size_t obs_size;
  uint32_t action_count;
  size_t count, capacity;
  unsigned char *obs; /* [capacity][obs_size] */
  float *policies;    /* [capacity][action_count] */
  float *values;      /* [capacity] */
} heed__positions;

/* Room for one more, whose place is `count`, which is then counted; false: no memory. */
bool heed__positions_grow(heed__positions *positions);
/* Forgets the first so many. */
void heed__positions_drop(heed__positions *positions, size_t count);
void heed__positions_deinit(heed__positions *positions);
heed_value_examples heed__positions_examples(const heed__positions *positions);

#endif
