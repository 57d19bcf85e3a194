/* search_worlds.h: the worlds in which searches are held against what is optimal. */
#ifndef HEED_BENCH_SEARCH_WORLDS_H
#define HEED_BENCH_SEARCH_WORLDS_H

#include "bench/problem.h"

/* Worlds of the usual size, states from anywhere in them; or small ones, states in which episodes start. */
const heed__world *heed__search_worlds(bool is_small, size_t *count);

#endif
