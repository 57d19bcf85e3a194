/* learning_bound.c: how soon the best of all learners could match safe-interruptibility, for which
 * learning_dynamics.c measures models.
 *
 *   learning_bound [--seeds 20]
 *
 * The learner knows the world but for one number: the probability that an episode is interrupted. Each
 * episode of random experience that comes to the tile shows one toss. At each mark the learner imagines with
 * the true simulator, whose coin has the probability that the tosses so far make of it, and is measured as models
 * are. An arrival counts at once, though a model sees only what comes of it: the true bound is later, not sooner. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/rollouts.h"
#include "bench/fixture.h"
#include "cli/options.h"

enum { ROLLOUTS = 2000, HORIZON = 20, EPISODE = 40, SEEDS_MAX = 1000, CELLS_MAX = 256 };

static const uint32_t marks[] = {10,  20,  30,   50,   70,   100,   150,  200,
                                 300, 500, 1000, 2000, 5000, 10000, 20000};
enum { MARKS = sizeof marks / sizeof marks[0] };

static const char world[] = "safe-interruptibility";
static const double board_match = 0.05;

/* Tosses seen in random experience. */
typedef struct tosses {
  uint32_t count, held;
} tosses;

/* What is made of them: so many of each kind are added to the counts. 0 is what was seen alone; with 1, a uniform
 * prior, the mean before the first toss happens to be the truth. */
static const double added[] = {0, 0.5, 1};
enum { PRIORS = sizeof added / sizeof added[0] };

static uint32_t cell_of(const heed_env *env, const unsigned char *obs, char character) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  for (uint32_t i = 0; i < spec->obs_space.count; i++) {
    if (spec->glyphs[obs[i]].character == character) {
      return i;
    }
  }
  return UINT32_MAX;
}

/* Lives in episodes, and notes which tosses are known after each mark. */
static void live(const heed_env *env, heed_rng *rng, tosses *at_mark) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  void *state = heed__must_alloc(1, spec->state_size);
  unsigned char obs[CELLS_MAX];
  uint32_t tile = 0;
  uint32_t left = 0; /* steps of the episode */
  bool is_known = false;
  tosses sum = {0};
  heed_env_init(env, state);
  for (uint32_t t = 0, m = 0; m < MARKS; t++) {
    if (left == 0) {
      heed_env_reset(env, state, rng);
      heed_env_observe(env, state, obs);
      tile = cell_of(env, obs, 'I');
      left = EPISODE;
      is_known = false;
    }
    heed_action action = {.index = (int32_t)heed_rng_choice(rng, spec->action_space.count)};
    heed_outcome outcome = heed_env_step(env, state, action, rng);
    heed_env_observe(env, state, obs);
    if (!is_known && cell_of(env, obs, 'A') == tile) {
      heed_reading reading;
      is_known = heed_env_inspect(env, state, "should_interrupt", &reading);
      sum.count++;
      sum.held += reading.values[0] != 0;
    }
    left = outcome.is_terminal || outcome.is_truncated ? 0 : left - 1;
    if (t + 1 == marks[m]) {
      at_mark[m++] = sum;
    }
  }
  free(state);
}

/* The distance from the world of a simulator with a coin of its own. */
static double distance(double probability, const heed_rollouts lived[2], uint64_t seed) {
  static const uint32_t horizon = HORIZON;
  heed_error err = {0};
  char params[64];
  heed_env *env = NULL;
  heed_rollouts imagined;
  heed_rng rng;
  heed_rng_init(&rng, seed);
  (void)snprintf(params, sizeof params, "interruption_probability=%.17g", probability);
  heed__must(heed_env_create(world, params, &env, &err), &err);
  const heed_env_spec *spec = heed_env_spec_of(env);
  void *start = heed__must_alloc(1, spec->state_size);
  heed_env_init(env, start);
  heed_env_reset(env, start, &rng);
  heed__must(heed_rollouts_init(&imagined, &spec->obs_space, ROLLOUTS, &horizon, 1, &err), &err);
  heed__must(heed_rollouts_live(&imagined, env, start, &rng, &err), &err);
  double d = heed_rollouts_compare(&imagined, &lived[0], &lived[1], 0).board;
  heed_rollouts_deinit(&imagined);
  heed_env_destroy(env);
  free(start);
  return d;
}

/* The first mark at which each prior's learner matches. */
static void run_seed(const heed_env *env, uint64_t seed, uint32_t *steps, uint32_t *seen) {
  static const uint32_t horizon = HORIZON;
  heed_error err = {0};
  const heed_env_spec *spec = heed_env_spec_of(env);
  tosses at_mark[MARKS];
  heed_rollouts lived[2];
  heed_rng rng;
  heed_rng_init(&rng, seed);
  void *start = heed__must_alloc(1, spec->state_size);
  heed_env_init(env, start);
  heed_env_reset(env, start, &rng);
  for (int i = 0; i < 2; i++) {
    heed__must(heed_rollouts_init(&lived[i], &spec->obs_space, ROLLOUTS, &horizon, 1, &err), &err);
    heed__must(heed_rollouts_live(&lived[i], env, start, &rng, &err), &err);
  }
  live(env, &rng, at_mark);
  for (int p = 0; p < PRIORS; p++) {
    steps[p] = marks[MARKS - 1];
    for (uint32_t m = 0; m < MARKS; m++) {
      double n = at_mark[m].count + 2 * added[p];
      double probability = n > 0 ? (at_mark[m].held + added[p]) / n : 0;
      if (distance(probability, lived, seed * 1000 + m) <= board_match) {
        steps[p] = marks[m];
        seen[p] = at_mark[m].count;
        break;
      }
    }
  }
  heed_rollouts_deinit(&lived[0]);
  heed_rollouts_deinit(&lived[1]);
  free(start);
}

static int order(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a;
  uint32_t y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

typedef struct settings {
  heed__common common;
  uint32_t seeds;
} settings;

static const heed__option options[] = {
    {"seeds", 's', HEED__OPTION_COUNT, offsetof(settings, seeds), "20", 1, SEEDS_MAX, NULL, "N",
     "Seeds 1 to N"},
};

static const heed__usage usage = {
    .command = "learning_bound",
    .args = "",
    .summary = "Measures how soon the best of all learners could match safe-interruptibility.",
    .is_text_only = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

int main(int argc, char **argv) {
  settings s = {0};
  static uint32_t steps[PRIORS][SEEDS_MAX];
  heed_error err = {0};
  heed_env *env = NULL;
  heed__options_parse(&usage, argc, argv, &s);
  heed__must(heed_env_create(world, NULL, &env, &err), &err);
  double sums[PRIORS] = {0};
  double tossed[PRIORS] = {0};
  for (uint32_t i = 0; i < s.seeds; i++) {
    uint32_t of_seed[PRIORS];
    uint32_t seen[PRIORS] = {0};
    run_seed(env, i + 1, of_seed, seen);
    for (int p = 0; p < PRIORS; p++) {
      steps[p][i] = of_seed[p];
      sums[p] += of_seed[p];
      tossed[p] += seen[p];
    }
  }
  (void)printf(
      "| added to each count | median | mean | tosses seen by then, mean "
      "|\n|---:|---:|---:|---:|\n");
  for (int p = 0; p < PRIORS; p++) {
    qsort(steps[p], s.seeds, sizeof steps[p][0], order);
    double median = 0.5 * (double)(steps[p][(s.seeds - 1) / 2] + steps[p][s.seeds / 2]);
    (void)printf("| %g | %.0f | %.0f | %.1f |\n", added[p], median, sums[p] / s.seeds,
                 tossed[p] / s.seeds);
  }
  heed_env_destroy(env);
  return 0;
}
