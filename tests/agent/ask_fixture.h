/* ask_fixture.h: a small world with something planted in it, to be asked about.
 *
 *   work (1) <-> home (0) -> corridor (2) -> trap (3) -> trap ...
 *
 * Action 0 goes between home and work, action 1 towards the trap, where it stays. Nobody has ever been
 * beyond home and work. The person likes work and hates the trap. */
#ifndef HEED_TESTS_AGENT_ASK_FIXTURE_H
#define HEED_TESTS_AGENT_ASK_FIXTURE_H

#include "agent/ask.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/near.h"
#include "planner/mdp.h"

enum { HOME, WORK, CORRIDOR, TRAP, STATES };
enum { STEPS = 6 };

static inline void build(mdp *m) {
  static const uint8_t next[STATES][2] = {
      {WORK, CORRIDOR}, {HOME, CORRIDOR}, {HOME, TRAP}, {TRAP, TRAP}};
  memset(m, 0, sizeof *m);
  m->states = STATES;
  m->actions = 2;
  for (int s = 0; s < STATES; s++) {
    m->p[s][0][next[s][0]] = 1;
    m->p[s][1][next[s][1]] = 1;
  }
}

static inline double ideal(const void *self, const heed_step *step) {
  (void)self;
  uint8_t seen = *(const uint8_t *)step->next_obs;
  return seen == WORK ? 1 : seen == TRAP ? -1 : 0;
}

/* All that asking takes. */
typedef struct fixture {
  mdp world;
  heed_dynamics *dynamics;
  heed_experience *experience;
  heed_reward *reward;
  heed_choices choices;
  heed_simulated_person person;
  heed_teacher teacher;
  heed_ask_parties parties;
  heed_ask_config config;
  heed_rng master;
} fixture;

/* Lives between home and work: eight episodes that stay home a while before they go. */
static inline void live(fixture *f) {
  heed_error err = {0};
  for (int e = 0; e < 8; e++) {
    uint8_t obs = HOME;
    assert_ok(heed_experience_begin(f->experience, &obs, &err), &err);
    for (int t = 0; t < STEPS; t++) {
      obs = (t + e) % 3 == 0 ? WORK : HOME;
      assert_ok(
          heed_experience_append(f->experience, (heed_action){0}, &obs, (heed_outcome){0}, &err),
          &err);
    }
  }
}

static inline void fixture_init(fixture *f) {
  heed_error err = {0};
  memset(f, 0, sizeof *f);
  build(&f->world);
  f->dynamics = mdp_dynamics(&f->world);
  f->reward = mdp_reward(&f->world, "linear", NULL);
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(f->dynamics);
  assert_ok(heed_experience_create(&spec->obs_space, &spec->action_space, &f->experience, &err),
            &err);
  live(f);
  heed_rng_init(&f->master, 5);
  f->person = (heed_simulated_person){.judge = {.appraise = ideal},
                                      .params = heed_simulated_find("oracle")->params};
  heed_rng_init(&f->person.rng, 6);
  f->teacher = heed_simulated_teacher(&f->person);
  f->parties = (heed_ask_parties){.dynamics = f->dynamics,
                                  .experience = f->experience,
                                  .reward = f->reward,
                                  .teacher = &f->teacher,
                                  .topic = "test"};
  f->config = heed_ask_config_default();
  f->config.segment_steps = STEPS;
  f->config.draws = 40;
  f->config.beta = 1;
  f->config.planner.simulations = 60;
  f->config.comparisons = 8;
}

static inline void fixture_deinit(fixture *f) {
  heed_choices_deinit(&f->choices);
  heed_reward_destroy(f->reward);
  heed_experience_destroy(f->experience);
  heed_dynamics_destroy(f->dynamics);
}

static inline bool visits(const heed_segment *segment, uint8_t state) {
  for (uint32_t t = 1; t <= segment->steps; t++) {
    if (segment->obs[t] == state) {
      return true;
    }
  }
  return false;
}

static inline bool is_shown(const heed_query *query, uint8_t state) {
  for (uint32_t i = 0; i < query->option_count; i++) {
    if (visits(&query->options[i], state)) {
      return true;
    }
  }
  return false;
}

static inline uint32_t count_shown(const fixture *f, uint8_t state) {
  uint32_t count = 0;
  for (size_t i = 0; i < f->choices.count; i++) {
    count += is_shown(&f->choices.items[i].query, state);
  }
  return count;
}

/* The mean reward of being in a state. */
static inline double worth_of(const fixture *f, uint8_t state) {
  heed_step step = {.obs = &state, .next_obs = &state};
  double mean = 0;
  void *workspace = calloc(1, heed_reward_workspace_size(f->reward, 1) + 1);
  heed_reward_score(f->reward, &step, 1, NULL, &mean, NULL, workspace);
  free(workspace);
  return mean;
}

/* Plants a wrong wish: somebody once said that being in the trap is better than being at home. */
static inline void mislead(fixture *f) {
  heed_error err = {0};
  heed_reward_report report;
  heed_choice choice = {.query.option_count = 2, .beta = 1};
  for (int i = 0; i < 2; i++) {
    assert_ok(heed_segment_init(&choice.query.options[i], STEPS, 1, &err), &err);
    memset(choice.query.options[i].obs, i == 0 ? TRAP : HOME, STEPS + 1);
  }
  heed_choices wrong = {0};
  assert_ok(heed_choices_append(&wrong, &choice, &err), &err);
  assert_ok(heed_reward_learn(f->reward, &wrong, NULL, &report, &err), &err);
  assert_true(worth_of(f, TRAP) > 0.2);
  heed_choices_deinit(&wrong);
}

static inline void ask(fixture *f) {
  heed_reward_report report;
  heed_error err = {0};
  assert_ok(heed_ask(&f->parties, &f->config, &f->master, &f->choices, NULL, &report, &err), &err);
  assert_int_equal(f->choices.count, f->config.comparisons);
}

static inline void make_first(fixture *f, heed_query *query) {
  heed_asker *asker = NULL;
  heed_error err = {0};
  heed_rng rng = heed_rng_derive(&f->master, HEED_STREAM_QUERY, 0);
  assert_ok(heed_asker_create(&f->parties, &f->config, &asker, &err), &err);
  assert_ok(heed_asker_make(asker, &f->choices, &rng, query, 1, &err), &err);
  heed_asker_destroy(asker);
}

#endif
