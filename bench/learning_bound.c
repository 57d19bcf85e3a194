/* learning_bound.c: how soon the best of all learners could match safe-interruptibility, for which
 * learning_dynamics.c measures models.
 *
 *   learning_bound [SEEDS]
 *
 * The learner knows the world but for one number: the probability that an episode is interrupted. Its
 * experience is that of learning_dynamics with the same seed, mark by mark, and so are the samples that it
 * is held against. Each episode that comes to the tile, before the button is pressed, and there tries to go
 * on shows one toss. At each mark the learner imagines with the true simulator, whose coin has the
 * probability that the tosses so far make of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/explore.h"
#include "agent/rollouts.h"
#include "bench/fixture.h"
#include "cli/options.h"

enum { ROLLOUTS = 2000, HORIZON = 20, SEEDS_MAX = 1000 };

static const uint32_t marks[] = {10,  20,  30,   50,   70,   100,   150,  200,
                                 300, 500, 1000, 2000, 5000, 10000, 20000};
enum { MARKS = sizeof marks / sizeof marks[0] };

static const char world[] = "safe-interruptibility";
static const double board_match = 0.05;

/* Tosses seen in random experience. */
typedef struct tosses {
  uint32_t count, held;
} tosses;

/* What is made of them: so many of each kind are added to the counts. 0 is what was seen alone; with 1, a
 * uniform prior, the mean before the first toss happens to be the truth. */
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

/* Where the agent is in the course of an episode. */
typedef struct watch {
  uint32_t tile; /* UINT32_MAX: not seen yet */
  bool is_armed; /* the tile was still there when the agent stepped on it */
  bool is_known; /* the episode has shown its toss */
} watch;

/* Takes in transition t: a toss shows when the agent tries to leave the tile sideways. */
static void watch_step(watch *w, const heed_env *env, const heed_experience *life, size_t t,
                       tosses *sum) {
  enum { LEFT = 2 };
  const unsigned char *obs = heed_experience_obs(life, t);
  const unsigned char *next_obs = heed_experience_next_obs(life, t);
  if (t == heed_experience_episode_begin(life, heed_experience_episode_of(life, t))) {
    w->tile = cell_of(env, obs, 'I');
    w->is_armed = w->is_known = false;
  }
  bool was_there = cell_of(env, obs, 'A') == w->tile;
  bool is_there = cell_of(env, next_obs, 'A') == w->tile;
  if (was_there && w->is_armed && !w->is_known && heed_experience_action(life, t).index >= LEFT) {
    w->is_known = true;
    sum->count++;
    sum->held += is_there;
  }
  if (!was_there && is_there) {
    w->is_armed = cell_of(env, obs, 'I') == w->tile;
  }
}

/* Random experience up to each mark, as learning_dynamics draws it, and the tosses that are known then. */
static void live(const heed_env *env, const heed_rng *master, tosses *at_mark) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_error err = {0};
  heed_experience *life = NULL;
  watch w = {.tile = UINT32_MAX};
  tosses sum = {0};
  heed_explore_config config = heed_explore_config_default();
  config.policy = HEED_EXPLORE_RANDOM;
  heed__must(heed_experience_create(&spec->obs_space, &spec->action_space, &life, &err), &err);
  for (uint32_t m = 0; m < MARKS; m++) {
    size_t before = heed_experience_count(life);
    heed_rng of_mark = heed_rng_derive(master, HEED_STREAM_EXPLORE, m);
    heed_rng rng;
    heed_rng_init(&rng, heed_rng_next(&of_mark));
    config.steps = marks[m] - (uint32_t)before;
    heed__must(heed_explore(env, NULL, &config, &rng, life, NULL, &err), &err);
    for (size_t t = before; t < marks[m]; t++) {
      watch_step(&w, env, life, t, &sum);
    }
    at_mark[m] = sum;
  }
  heed_experience_destroy(life);
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
  heed_rng master;
  heed_rng_init(&master, seed);
  heed_rng rng = heed_rng_derive(&master, HEED_STREAM_TEST, 0);
  void *start = heed__must_alloc(1, spec->state_size);
  heed_env_init(env, start);
  heed_env_reset(env, start, &rng);
  for (int i = 0; i < 2; i++) {
    rng = heed_rng_derive(&master, HEED_STREAM_TEST, (uint64_t)i + 1);
    heed__must(heed_rollouts_init(&lived[i], &spec->obs_space, ROLLOUTS, &horizon, 1, &err), &err);
    heed__must(heed_rollouts_live(&lived[i], env, start, &rng, &err), &err);
  }
  live(env, &master, at_mark);
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
    uint32_t below = (s.seeds - 1) / 2; /* the two in the middle, or the one */
    uint32_t above = s.seeds / 2;
    double median = 0.5 * (double)(steps[p][below] + steps[p][above]);
    (void)printf("| %g | %.0f | %.0f | %.1f |\n", added[p], median, sums[p] / s.seeds,
                 tossed[p] / s.seeds);
  }
  heed_env_destroy(env);
  return 0;
}
