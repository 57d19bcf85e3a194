/* bench.h: how fast it is, measured so that it can be believed.
 *
 * A case is a function that does a bit of work and says how much it did. The harness calls it often
 * enough to fill `time_ms` (that is the warm-up, and settles how many calls make a run), then measures
 * `runs` runs and reports the median, the slowest and the fastest. The cases of a group take turns, run
 * by run, so that a machine that slows down slows them all; the first is the baseline, and each of the
 * others is given as a ratio to it.
 *
 *   random numbers                          median        min -- max
 *     gsl mt19937                           133.16     130.41 -- 136.24    M draws/s            1
 *     heed                                    1.31       1.29 -- 1.32      G draws/s         9.82
 *
 * Groups that measure the same of different things can ask for geometric means at the end. */
#ifndef HEED_BENCH_BENCH_H
#define HEED_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

typedef struct heed_bench_case {
  const char *name;
  const char *unit; /* of what `run` returns, plural: "simulations"; a figure: "bytes/node" */

  /* Required. Does some work and returns how many units that were, > 0; deterministic, so that all runs
   * do the same. A figure returns its value. */
  double (*run)(void *context);

  /* Optional. Goes back to the saved state; called before each run, and not timed. */
  void (*reset)(void *context);

  void *context;  /* borrowed; handed to both */
  bool is_figure; /* `run` is called once, and what it returns is reported as it is */
} heed_bench_case;

typedef struct heed_bench_group {
  const char *title;
  const heed_bench_case *cases; /* borrowed, [count]; the first is the baseline */
  size_t count;
  bool is_averaged; /* counts in the geometric means that are printed last, of cases of one name */
} heed_bench_group;

/* The main function of a benchmark: reads --format text|json, --runs N and --time-ms N, measures all
 * groups and prints them to stdout. Returns an exit status: 0, 1 when memory runs out, 2 for usage. */
int heed_bench_main(int argc, char **argv, const heed_bench_group *groups, size_t count);

#endif
