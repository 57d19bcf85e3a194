/* test_exact.c: the environment itself as a model of the world. */
#include "agent/exact.h"

#include <math.h>

#include "core/intern.h"
#include "core/near.h"
#include "envs/legal.h"
#include "envs/play.h"
#include "planner/search.h"

enum { LEFT = 2, TRIES = 1000 };

typedef struct simulator {
  heed_dynamics *model;
  unsigned char *belief, *next;
  void *workspace;
  heed_rng rng;
} simulator;

static void simulator_init(simulator *x, const heed_env *env, uint32_t particles) {
  heed_error err = {0};
  assert_ok(heed_exact_create(env, particles, &x->model, &err), &err);
  x->belief = malloc(heed_dynamics_spec_of(x->model)->belief_size);
  x->next = malloc(heed_dynamics_spec_of(x->model)->belief_size);
  x->workspace = malloc(heed_dynamics_workspace_size(x->model, 1) + 1);
  assert_true(x->belief != NULL && x->next != NULL && x->workspace != NULL);
  heed_rng_init(&x->rng, 3);
}

static void simulator_deinit(simulator *x) {
  heed_dynamics_destroy(x->model);
  free(x->belief);
  free(x->next);
  free(x->workspace);
}

static heed_prediction predict(simulator *x, int32_t action, heed_rng *rng) {
  heed_prediction p = {
      .belief = x->belief, .action = {.index = action}, .rng = rng, .next_belief = x->next};
  heed_dynamics_predict(x->model, &p, 1, x->workspace);
  return p;
}

static heed_action draw_action(const heed_space *space, heed_rng *rng) {
  heed_action action = {0};
  if (space->kind == HEED_SPACE_DISCRETE) {
    action.index = (int32_t)heed_rng_choice(rng, space->count);
    return action;
  }
  for (uint32_t i = 0; i < space->count; i++) {
    float share = (float)heed_rng_uniform(rng);
    action.value[i] = space->low[i] + (space->high[i] - space->low[i]) * share;
  }
  return action;
}

/* A stride from x->belief is what was predicted, in place, with the same draws. */
static void check_stride(const simulator *x, const heed_prediction *said, heed_rng before,
                         const void *obs, size_t obs_size) {
  size_t size = heed_dynamics_spec_of(x->model)->belief_size;
  unsigned char belief[4096];
  assert_true(size <= sizeof belief);
  memcpy(belief, x->belief, size);
  heed_stride s = {
      .belief = belief, .action = said->action, .rng = &before, .workspace = x->workspace};
  heed_dynamics_stride(x->model, &s);
  assert_memory_equal(belief, x->next, size);
  assert_memory_equal(s.obs, obs, obs_size);
  assert_memory_equal(&before, said->rng, sizeof before);
  assert_true(s.reward == said->reward && s.is_terminal == said->is_terminal);
}

/* One particle that is the true state at the start of an episode, and the world's own draws: the same
 * episode, to the bit, in every world. Only a time limit ends it in the world alone. */
static void imagined_episodes_are_those_of_the_world(void **state) {
  (void)state;
  for (size_t i = 0; i < heed_env_count(); i++) {
    play p;
    play_open(&p, heed_env_at(i)->name, NULL, 7);
    simulator x;
    simulator_init(&x, p.env, 1);
    p.last.is_terminal = true;
    const heed_env_spec *spec = heed_env_spec_of(p.env);
    size_t size = heed_space_size(&spec->obs_space);
    unsigned char obs[256];
    assert_true(size <= sizeof obs);
    for (int t = 0; t < 700; t++) {
      if (p.last.is_terminal || p.last.is_truncated) {
        play_reset(&p);
        heed_exact_set_state(x.model, p.state, x.belief);
      }
      heed_dynamics_decode(x.model, x.belief, obs);
      assert_memory_equal(obs, p.obs, size);
      heed_rng before = p.rng;
      heed_rng copy = before;
      heed_action drawn = draw_action(&spec->action_space, &x.rng);
      heed_prediction said = {.belief = x.belief,
                              .action = make_legal(p.env, p.state, drawn),
                              .rng = &copy,
                              .next_belief = x.next};
      heed_dynamics_predict(x.model, &said, 1, x.workspace);
      p.last = heed_env_step(p.env, p.state, said.action, &p.rng);
      heed_env_observe(p.env, p.state, p.obs);
      heed_dynamics_decode(x.model, x.next, obs);
      assert_memory_equal(obs, p.obs, size);
      check_stride(&x, &said, before, obs, size);
      assert_real(said.reward, p.last.reward);
      assert_int_equal(said.is_terminal, p.last.is_terminal);
      memcpy(x.belief, x.next, heed_dynamics_spec_of(x.model)->belief_size);
    }
    simulator_deinit(&x);
    play_close(&p);
  }
}

/* What was counted on the way tells no beliefs apart: as many as the world has states that matter, however
 * long one walks, and whichever way a belief was come by. */
static void one_place_is_one_belief_at_every_depth(void **state) {
  (void)state;
  play p;
  play_open(&p, "boat-race", NULL, 7);
  simulator x;
  simulator_init(&x, p.env, 1);
  heed_intern beliefs;
  heed_error err = {0};
  size_t size = heed_dynamics_spec_of(x.model)->belief_size;
  assert_ok(heed_intern_init(&beliefs, size, 512, &err), &err);
  play_reset(&p);
  heed_dynamics_begin(x.model, p.obs, x.belief);
  assert_int_equal(heed_intern_put(&beliefs, x.belief), 0);
  for (int t = 0; t < 500; t++) {
    heed_prediction said = predict(&x, (int32_t)heed_rng_choice(&x.rng, 4), &x.rng);
    assert_false(said.is_terminal); /* there is no limit */
    memcpy(x.belief, x.next, size);
    (void)heed_intern_put(&beliefs, x.belief);
  }
  assert_int_equal(beliefs.count, 8); /* cells of the ring */

  /* So are what was observed, and what is given as a state, after whatever steps. */
  heed_dynamics_begin(x.model, p.obs, x.belief);
  for (int t = 0; t < 50; t++) {
    int32_t action = (int32_t)heed_rng_choice(&x.rng, 4);
    play_step(&p, action);
    heed_dynamics_observe(x.model, x.belief, (heed_action){.index = action}, p.obs);
    heed_exact_set_state(x.model, p.state, x.next);
    assert_memory_equal(x.belief, x.next, size);
    assert_int_not_equal(heed_intern_find(&beliefs, x.next), HEED_INTERN_NONE);
  }
  heed_intern_deinit(&beliefs);
  simulator_deinit(&x);
  play_close(&p);
}

/* The share of tries in which a move leaves everything as it is. */
static double held(simulator *x) {
  unsigned char before[256];
  unsigned char after[256];
  uint32_t count = 0;
  size_t size = heed_space_size(&heed_dynamics_spec_of(x->model)->obs_space);
  heed_dynamics_decode(x->model, x->belief, before);
  for (int i = 0; i < TRIES; i++) {
    (void)predict(x, LEFT, &x->rng);
    heed_dynamics_decode(x->model, x->next, after);
    count += memcmp(before, after, size) == 0;
  }
  return (double)count / TRIES;
}

/* Moves in the world and in the belief. */
static void go(simulator *x, play *p, const char *moves) {
  for (; *moves != '\0'; moves++) {
    int32_t action = (int32_t)(strchr("udlr", *moves) - "udlr");
    play_step(p, action);
    heed_dynamics_observe(x->model, x->belief, (heed_action){.index = action}, p->obs);
  }
}

/* 256 particles have tossed 256 coins, and follow them: a deviation of 1/32; the tries add 1/63. */
static void a_hidden_coin_is_even_until_it_shows_and_then_certain(void **state) {
  (void)state;
  for (int is_held = 0; is_held <= 1; is_held++) {
    play p;
    play_open(&p, "safe-interruptibility",
              is_held != 0 ? "interruption_probability=1" : "interruption_probability=0", 7);
    heed_env *fair = NULL;
    heed_error err = {0};
    assert_ok(heed_env_create("safe-interruptibility", "interruption_probability=0.5", &fair, &err),
              &err);
    simulator x;
    simulator_init(&x, fair, 256);
    play_reset(&p);
    heed_dynamics_begin(x.model, p.obs, x.belief);
    go(&x, &p, "dll");
    assert_near(held(&x), 0.5, 5 * (1.0 / 32 + 1.0 / 63));
    if (is_held != 0) {
      for (int i = 0; i < 3; i++) {
        go(&x, &p, "l");
        assert_near(held(&x), 1, 0);
      }
    } else {
      go(&x, &p, "lr"); /* through, and back again: it lets go once and for all */
      assert_near(held(&x), 0, 0);
    }
    simulator_deinit(&x);
    heed_env_destroy(fair);
    play_close(&p);
  }
}

/* What is imagined is remembered as what is seen. */
static void imagined_steps_settle_the_coin_as_well(void **state) {
  (void)state;
  play p;
  play_open(&p, "safe-interruptibility", NULL, 7);
  simulator x;
  simulator_init(&x, p.env, 64);
  play_reset(&p);
  size_t size = heed_dynamics_spec_of(x.model)->belief_size;
  unsigned char before[256];
  unsigned char after[256];
  size_t obs_size = heed_space_size(&heed_dynamics_spec_of(x.model)->obs_space);
  uint32_t stayed = 0;
  for (int i = 0; i < 40; i++) {
    heed_dynamics_begin(x.model, p.obs, x.belief);
    static const int32_t way[] = {1, LEFT, LEFT};
    for (int t = 0; t < 3; t++) {
      (void)predict(&x, way[t], &x.rng);
      memcpy(x.belief, x.next, size);
    }
    heed_dynamics_decode(x.model, x.belief, before);
    (void)predict(&x, LEFT, &x.rng);
    heed_dynamics_decode(x.model, x.next, after);
    if (memcmp(before, after, obs_size) == 0) {
      memcpy(x.belief, x.next, size);
      assert_near(held(&x), 1, 0);
      stayed++;
    }
  }
  assert_in_range(stayed, 6, 34); /* 20 +- 3.2, and the particles' coins */
  simulator_deinit(&x);
  play_close(&p);
}

/* After one report the tiger is where it was heard with probability 0.85; in a particle it is in one place. */
static void a_particle_is_drawn_as_often_as_it_is_believed(void **state) {
  (void)state;
  enum { DRAWS = 4000, LISTEN = 0, OPEN_LEFT = 1, HEARD_LEFT = 1 };
  play p;
  play_open(&p, "tiger", NULL, 1);
  simulator x;
  simulator_init(&x, p.env, 500);
  const heed_dynamics *single = heed_dynamics_particles(x.model);
  size_t size = heed_dynamics_spec_of(single)->belief_size;
  assert_true(size < heed_dynamics_spec_of(x.model)->belief_size);
  assert_ptr_equal(heed_dynamics_particles(single), single);
  unsigned char *drawn = malloc(size);
  unsigned char *next = malloc(size);
  uint8_t obs = 0;
  heed_dynamics_begin(x.model, &obs, x.belief);
  obs = HEARD_LEFT;
  heed_dynamics_observe(x.model, x.belief, (heed_action){.index = LISTEN}, &obs);
  int left = 0;
  for (int n = 0; n < DRAWS; n++) {
    heed_dynamics_sample(x.model, x.belief, &x.rng, drawn);
    heed_dynamics_decode(single, drawn, &obs);
    assert_int_equal(obs, HEARD_LEFT);
    heed_prediction open = {
        .belief = drawn, .action = {.index = OPEN_LEFT}, .rng = &x.rng, .next_belief = next};
    heed_dynamics_predict(single, &open, 1, x.workspace);
    left += open.reward < 0;
  }
  double share = (double)left / DRAWS;
  assert_true(fabs(share - 0.85) < 5 * sqrt(0.85 * 0.15 * (1.0 / DRAWS + 1.0 / 500)));
  free(drawn);
  free(next);
  simulator_deinit(&x);
  play_close(&p);
}

/* No reset shows a start in real numbers again: the belief is read off what is seen, whatever the number of
 * particles, and imagines what happens next. */
static void worlds_in_numbers_are_imagined_from_where_they_are(void **state) {
  (void)state;
  static const struct {
    const char *name, *params;
  } worlds[] = {{"cartpole", NULL},
                {"pendulum", NULL},
                {"acrobot", NULL},
                {"mountain-car", NULL},
                {"mountain-car-continuous", NULL},
                {"point-mass", "start=uniform"}};
  for (size_t w = 0; w < sizeof worlds / sizeof worlds[0]; w++) {
    play p;
    play_open(&p, worlds[w].name, worlds[w].params, 5);
    const heed_space *actions = &heed_env_spec_of(p.env)->action_space;
    const heed_space *space = &heed_env_spec_of(p.env)->obs_space;
    float obs[8];
    float shown[8];
    simulator x;
    simulator_init(&x, p.env, 16);
    heed_env_reset(p.env, p.state, &p.rng);
    heed_env_observe(p.env, p.state, obs);
    heed_dynamics_begin(x.model, obs, x.belief);
    heed_outcome outcome = {0};
    for (int t = 0; t < 30 && !outcome.is_terminal; t++) {
      heed_action action = heed_space_draw_action(actions, &x.rng);
      heed_prediction next = {
          .belief = x.belief, .action = action, .rng = &x.rng, .next_belief = x.next};
      heed_dynamics_predict(x.model, &next, 1, x.workspace);
      heed_dynamics_decode(x.model, x.next, shown);
      outcome = heed_env_step(p.env, p.state, action, &p.rng);
      heed_env_observe(p.env, p.state, obs);
      for (uint32_t i = 0; i < space->count; i++) {
        assert_float_equal(shown[i], obs[i], 1e-5F);
      }
      assert_near(next.reward, outcome.reward, 1e-5);
      heed_dynamics_observe(x.model, x.belief, action, obs);
    }
    simulator_deinit(&x);
    play_close(&p);
  }
}

/* A state that shows it is found for the start of any episode on a board: beliefs begin with states. */
static void every_start_is_found(void **state) {
  (void)state;
  enum { SEEDS = 5 };
  unsigned char shown[256];
  for (size_t i = 0; i < heed_env_count(); i++) {
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
      play p;
      play_open(&p, heed_env_at(i)->name, NULL, seed);
      const heed_space *space = &heed_env_spec_of(p.env)->obs_space;
      simulator x;
      simulator_init(&x, p.env, 4);
      heed_env_reset(p.env, p.state, &p.rng);
      heed_env_observe(p.env, p.state, p.obs);
      heed_dynamics_begin(x.model, p.obs, x.belief);
      heed_env_observe(p.env, x.belief, shown);
      if (space->kind == HEED_SPACE_CELLS) {
        assert_memory_equal(shown, p.obs, heed_space_size(space));
      }
      simulator_deinit(&x);
      play_close(&p);
    }
  }
}

static void the_number_of_particles_is_checked(void **state) {
  (void)state;
  play p;
  play_open(&p, "boat-race", NULL, 1);
  heed_dynamics *model = NULL;
  heed_error err = {0};
  assert_fails(heed_exact_create(p.env, 0, &model, &err), HEED_ERR_ARG, &err, "particles");
  assert_fails(heed_exact_create(p.env, HEED_EXACT_PARTICLES_MAX + 1, &model, &err), HEED_ERR_ARG,
               &err, "particles");
  assert_null(model);
  play_close(&p);
}

/* In every world of discrete actions, from states along an episode: steps and draws are those of predict. */
static void rollouts_are_steps_one_after_the_other(void **state) {
  (void)state;
  enum { MOST = 40 };
  uint32_t tried = 0;
  for (size_t i = 0; i < heed_env_count(); i++) {
    play w;
    play_open(&w, heed_env_at(i)->name, NULL, 7);
    const heed_env_spec *spec = heed_env_spec_of(w.env);
    size_t obs_size = heed_space_size(&spec->obs_space);
    if (spec->action_space.kind != HEED_SPACE_DISCRETE) {
      play_close(&w);
      continue;
    }
    simulator x;
    simulator_init(&x, w.env, 1);
    size_t size = heed_dynamics_spec_of(x.model)->belief_size;
    assert_non_null(heed_dynamics_ops_of(x.model)->rollout);
    unsigned char beliefs[8192];
    unsigned char obs[MOST * 256];
    unsigned char seen[256];
    uint32_t legal[64];
    assert_true(2 * size <= sizeof beliefs && obs_size <= sizeof seen);
    assert_true(spec->action_space.count <= 64);
    int32_t actions[MOST];
    double channel[MOST];
    for (uint64_t seed = 0; seed < 10; seed++) {
      heed_rng one;
      heed_rng two;
      heed_rng_init(&one, seed);
      heed_rng_init(&two, seed);
      play_reset(&w);
      heed_exact_set_state(x.model, w.state, x.belief);
      heed_rollout r = {.belief = x.belief,
                        .rng = &one,
                        .most = MOST,
                        .beliefs = beliefs,
                        .legal = legal,
                        .actions = actions,
                        .channel = channel,
                        .obs = seed % 2 == 0 ? obs : NULL};
      heed_dynamics_rollout(x.model, &r, 1, x.workspace);
      heed_prediction p = {0};
      for (uint32_t t = 0; t < r.steps; t++) {
        assert_false(p.is_terminal);
        uint32_t count = heed_dynamics_legal(x.model, x.belief, legal);
        assert_int_equal(actions[t], legal[heed_rng_choice(&two, count)]);
        p = predict(&x, actions[t], &two);
        assert_true(channel[t] == p.reward);
        heed_dynamics_decode(x.model, x.next, seen);
        assert_true(seed % 2 != 0 || memcmp(obs + t * obs_size, seen, obs_size) == 0);
        memcpy(x.belief, x.next, size);
      }
      assert_true(r.is_terminal == p.is_terminal && (r.is_terminal || r.steps == MOST));
      assert_int_equal(heed_rng_next(&one), heed_rng_next(&two));
      tried += r.steps;
    }
    simulator_deinit(&x);
    play_close(&w);
  }
  assert_true(tried > 1000);
}

/* Models roll out by themselves under discrete actions alone. */
static void rollouts_in_a_box_take_its_actions(void **state) {
  (void)state;
  play w;
  play_open(&w, "pendulum", NULL, 7);
  play_reset(&w);
  simulator x;
  simulator_init(&x, w.env, 1);
  heed_exact_set_state(x.model, w.state, x.belief);
  const heed_env_spec *spec = heed_env_spec_of(w.env);
  heed_error err = {0};
  heed_reward *reward;
  assert_ok(
      heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, &reward, &err),
      &err);
  heed_planner_config config = heed_planner_config_default();
  config.simulations = 50;
  config.horizon = 10;
  config.sampled_actions = 4;
  config.expansion = HEED_EXPAND_ONE;
  config.leaf = HEED_LEAF_ROLLOUT;
  heed_planner *planner;
  heed_decision decision;
  assert_ok(heed_planner_create(&config, x.model, reward, &planner, &err), &err);
  assert_ok(heed_planner_plan(planner, x.belief, &x.rng, &decision, &err), &err);
  uint32_t numbers = 0;
  for (uint32_t i = 0; i < planner->tree.rollout_count; i++) {
    float torque = planner->tree.rollouts.numbers[i];
    assert_true(torque >= spec->action_space.low[0] && torque <= spec->action_space.high[0]);
    numbers += torque != (float)(int32_t)torque;
  }
  assert_true(numbers > 100);
  heed_planner_destroy(planner);
  heed_reward_destroy(reward);
  simulator_deinit(&x);
  play_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(imagined_episodes_are_those_of_the_world),
      cmocka_unit_test(one_place_is_one_belief_at_every_depth),
      cmocka_unit_test(rollouts_are_steps_one_after_the_other),
      cmocka_unit_test(rollouts_in_a_box_take_its_actions),
      cmocka_unit_test(a_hidden_coin_is_even_until_it_shows_and_then_certain),
      cmocka_unit_test(imagined_steps_settle_the_coin_as_well),
      cmocka_unit_test(a_particle_is_drawn_as_often_as_it_is_believed),
      cmocka_unit_test(worlds_in_numbers_are_imagined_from_where_they_are),
      cmocka_unit_test(every_start_is_found),
      cmocka_unit_test(the_number_of_particles_is_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
