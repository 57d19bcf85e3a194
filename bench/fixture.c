#include "bench/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/ask.h"
#include "agent/explore.h"

void heed__must(heed_status status, const heed_error *err) {
  if (status != HEED_OK) {
    (void)fprintf(stderr, "bench: %s\n", err->message);
    exit(EXIT_FAILURE);
  }
}

void *heed__must_alloc(size_t count, size_t size) {
  void *block = calloc(count, size);
  if (block == NULL) {
    (void)fprintf(stderr, "bench: no memory\n");
    exit(EXIT_FAILURE);
  }
  return block;
}

static double appraise(const void *env, const heed_step *step) {
  heed_appraisal said = heed_env_appraise(env, step->obs, step->action, step->next_obs);
  return said.task + said.safety;
}

static void live(fixture *f, const heed_rng *master) {
  heed_error err = {0};
  const heed_env_spec *spec = heed_env_spec_of(f->env);
  heed_explore_config config = heed_explore_config_default();
  config.steps = FIXTURE_STEPS;
  config.policy = HEED_EXPLORE_RANDOM;
  heed__must(heed_experience_create(&spec->obs_space, &spec->action_space, &f->experience, &err),
             &err);
  heed__must(heed_explore(f->env, NULL, &config, master, f->experience, NULL, &err), &err);
}

static void learn(fixture *f, const heed_rng *master) {
  heed_error err = {0};
  const heed_env_spec *spec = heed_env_spec_of(f->env);
  heed__must(heed_dynamics_create("tabular", NULL, &spec->obs_space, &spec->action_space,
                                  &f->tabular, &err),
             &err);
  heed__must(heed_dynamics_learn(f->tabular, f->experience, 0, heed_experience_count(f->experience),
                                 NULL, &err),
             &err);

  heed_simulated_person person = {.judge = {appraise, f->env},
                                  .params = heed_simulated_find("oracle")->params,
                                  .rng = heed_rng_derive(master, HEED_STREAM_TEACHER, 0)};
  heed_teacher teacher = heed_simulated_teacher(&person);
  heed_ask_config config = heed_ask_config_default();
  config.comparisons = FIXTURE_COMPARISONS;
  config.questions = HEED_QUESTIONS_UNIFORM;
  config.batch = 12;
  heed__must(
      heed_reward_create("linear", NULL, &spec->obs_space, &spec->action_space, &f->linear, &err),
      &err);
  heed_ask_parties parties = {
      .experience = f->experience, .reward = f->linear, .teacher = &teacher, .topic = "bench"};
  heed_reward_report report;
  heed__must(heed_ask(&parties, &config, master, &f->choices, NULL, &report, &err), &err);
}

void heed__fixture_init(fixture *f) {
  heed_error err = {0};
  heed_rng master;
  *f = (fixture){0};
  heed_rng_init(&master, HEED_DEFAULT_SEED);
  heed__must(heed_env_create("safe-interruptibility", "level=1", &f->env, &err), &err);
  live(f, &master);
  learn(f, &master);

  const heed_env_spec *spec = heed_env_spec_of(f->env);
  heed_rng rng = heed_rng_derive(&master, HEED_STREAM_ENV, 0);
  f->state = heed__must_alloc(1, spec->state_size);
  f->obs = heed__must_alloc(1, heed_space_size(&spec->obs_space));
  f->belief = heed__must_alloc(1, heed_dynamics_spec_of(f->tabular)->belief_size);
  heed_env_init(f->env, f->state);
  heed_env_reset(f->env, f->state, &rng);
  heed_env_observe(f->env, f->state, f->obs);
  heed_dynamics_begin(f->tabular, f->obs, f->belief);
}

void heed__fixture_deinit(fixture *f) {
  free(f->belief);
  free(f->obs);
  free(f->state);
  heed_reward_destroy(f->linear);
  heed_choices_deinit(&f->choices);
  heed_dynamics_destroy(f->tabular);
  heed_experience_destroy(f->experience);
  heed_env_destroy(f->env);
}
