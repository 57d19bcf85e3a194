/* long_run.c: what searches over histories (POMCP: Silver and Veness 2010) earn a step in worlds that hide what
 * counts, by budget, against what is known to be the most.
 *
 *   long_run --seeds 20 --steps 500 > table.md
 *
 * Each seed is one episode of so many steps. The agent has the exact simulator with particles; it plans
 * anew for every step. Two figures are of the same lives: what they earned, and what decisions like theirs
 * earn in the long run, without the luck of doors and cards (best_play.h). Intervals are of the mean over
 * seeds (95 %, Student's t). Equal settings give equal figures, whatever the threads. docs/results/search.md
 * says more. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/episode.h"
#include "agent/exact.h"
#include "bench/best_play.h"
#include "bench/study.h"

static const uint32_t budgets[] = {100, 1000, 3000, 10000};
enum { BUDGETS = sizeof budgets / sizeof budgets[0], SEEDS_MAX = 1000 };

static const struct {
  const char *name;
  uint32_t particles; /* of a belief */
  const char *planner;
} worlds[] = {{"tiger", 1024, "backup=mean,horizon=4"},
              {"tiger", 1024, "backup=max,horizon=4"},
              {"tiger", 1024, "backup=max,horizon=5"},
              {"tiger", 1024, "backup=max,horizon=6"},
              {"rock-paper-scissors", 64, "backup=max,horizon=3"},
              {"kuhn-poker", 256, "backup=mean,horizon=1"}};
enum { WORLDS = sizeof worlds / sizeof worlds[0] };

#define POMCP                                                                        \
  "nodes=history,share_states=false,complete=false,outcome_samples=0,expansion=one," \
  "leaf=rollout,keep_rollouts=false,discount=0.95,reuse=false,"

typedef struct settings {
  heed__common common;
  uint32_t seeds, steps, most;
  uint32_t threads;
} settings;

/* Many lives in one world with one budget. */
typedef struct trial {
  size_t world;
  uint32_t steps;
  heed_planner_config config;
  heed__best_play best;
  double earned[SEEDS_MAX]; /* mean reward a step, by seed */
  double gains[SEEDS_MAX];  /* what its decisions earn in the long run */
} trial;

/* What the decisions of a life gave up so far. */
typedef struct account {
  const heed__best_play *best;
  uint32_t situation;
  double lost;
} account;

static void note_step(void *context, const heed_episode_step *step) {
  account *a = context;
  int32_t action = -1;
  if (step->t > 0) {
    action = step->action.index;
    a->lost += heed__best_play_loss(a->best, a->situation, action);
  }
  a->situation = a->best->next(a->situation, action, step->next_obs);
}

static heed_status run_life(trial *t, uint32_t seed, heed_env *env, heed_agent *agent,
                            heed_error *err) {
  void *state = calloc(1, heed_env_spec_of(env)->state_size);
  if (state == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%s: no memory", worlds[t->world].name);
  }
  heed_rng master;
  heed_rng_init(&master, HEED_DEFAULT_SEED);
  heed_rng env_rng = heed_rng_derive(&master, HEED_STREAM_ENV, seed);
  heed_rng search_rng = heed_rng_derive(&master, HEED_STREAM_SEARCH, seed);
  account lived = {.best = &t->best, .situation = t->best.start};
  heed_episode_config config = {.on_step = note_step, .context = &lived};
  heed_episode_result result;
  heed_env_init(env, state);
  heed_status status =
      heed_run_episode(env, state, agent, &config, &env_rng, &search_rng, &result, err);
  if (status == HEED_OK) {
    t->earned[seed] = result.reward_sum / result.steps;
    t->gains[seed] = t->best.gain - lived.lost / result.steps;
  }
  free(state);
  return status;
}

static heed_status live(void *context, uint32_t seed, heed_error *err) {
  trial *t = context;
  char params[32];
  heed_env *env = NULL;
  heed_dynamics *exact = NULL;
  heed_reward *reward = NULL;
  heed_agent *agent = NULL;
  (void)snprintf(params, sizeof params, "max_steps=%u", t->steps);
  heed_status status = heed_env_create(worlds[t->world].name, params, &env, err);
  if (status == HEED_OK) {
    status = heed_exact_create(env, worlds[t->world].particles, &exact, err);
  }
  if (status == HEED_OK) {
    const heed_env_spec *spec = heed_env_spec_of(env);
    status =
        heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, &reward, err);
  }
  if (status == HEED_OK) {
    status = heed_agent_create(&t->config, exact, reward, false, &agent, err);
  }
  if (status == HEED_OK) {
    status = run_life(t, seed, env, agent, err);
  }
  heed_agent_destroy(agent);
  heed_reward_destroy(reward);
  heed_dynamics_destroy(exact);
  heed_env_destroy(env);
  return status;
}

static void print_row(const trial *t, const char *what, const heed__interval *figures,
                      size_t count) {
  double ahead = heed__best_play_ahead(&t->best, t->config.horizon, t->config.discount);
  (void)printf("| %s | `%s` | %.6f | %.6f | %s |", worlds[t->world].name, worlds[t->world].planner,
               t->best.gain, ahead, what);
  for (size_t i = 0; i < count; i++) {
    (void)printf(" %.4f ± %.4f |", figures[i].mean, figures[i].half);
  }
  (void)printf("\n");
  (void)fflush(stdout);
}

static heed_status run_world(size_t world, const settings *s, heed_error *err) {
  static trial t; /* too large for the stack */
  size_t count;
  size_t tried = 0;
  char text[512];
  heed__interval earned[BUDGETS];
  heed__interval gains[BUDGETS];
  const heed_param *table = heed_planner_params(&count);
  (void)snprintf(text, sizeof text, POMCP "%s", worlds[world].planner);
  t = (trial){.world = world, .steps = s->steps};
  (void)heed__best_play_of(worlds[world].name, &t.best);
  heed_status status = heed_params_parse(table, count, text, &t.config, err);
  for (; status == HEED_OK && tried < BUDGETS && budgets[tried] <= s->most; tried++) {
    t.config.simulations = budgets[tried];
    t.config.node_capacity = budgets[tried] + 64;
    heed__study study = {.one = live, .context = &t, .count = s->seeds, .threads = s->threads};
    status = heed__study_run(&study, err);
    earned[tried] = heed__interval_of(t.earned, s->seeds);
    gains[tried] = heed__interval_of(t.gains, s->seeds);
  }
  if (status == HEED_OK) {
    print_row(&t, "in the long run", gains, tried);
    print_row(&t, "earned", earned, tried);
  }
  return status;
}

static const heed__option options[] = {
    {"seeds", 's', HEED__OPTION_COUNT, offsetof(settings, seeds), "20", 1, SEEDS_MAX, NULL, "N",
     "Lives in each world"},
    {"steps", 'n', HEED__OPTION_COUNT, offsetof(settings, steps), "500", 1, 1000000, NULL, "N",
     "Steps of each"},
    {"budget", 'b', HEED__OPTION_COUNT, offsetof(settings, most), "10000", 1, 10000, NULL, "N",
     "The greatest budget"},
    HEED__OPTION_THREADS(settings),
};

static const heed__usage usage = {
    .command = "long_run",
    .args = "",
    .summary = "Measures what searches over histories earn in worlds that hide what counts.",
    .is_text_only = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

int main(int argc, char **argv) {
  settings s = {0};
  heed_error err = {0};
  heed_status status = HEED_OK;
  heed__options_parse(&usage, argc, argv, &s);
  (void)printf("| world | settings | most | most at this horizon | |");
  for (size_t b = 0; b < BUDGETS && budgets[b] <= s.most; b++) {
    (void)printf(" %u |", budgets[b]);
  }
  (void)printf("\n|---|---|---:|---:|---|");
  for (size_t b = 0; b < BUDGETS && budgets[b] <= s.most; b++) {
    (void)printf("---:|");
  }
  (void)printf("\n");
  for (size_t w = 0; status == HEED_OK && w < WORLDS; w++) {
    status = run_world(w, &s, &err);
  }
  if (status != HEED_OK) {
    (void)fprintf(stderr, "long_run: %s\n", err.message);
  }
  return status == HEED_OK ? 0 : 1;
}
