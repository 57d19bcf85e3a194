/* test_control_rules.c: what scripted controllers get in classic control, and what no recording shows. */
#include <math.h>
#include <stdlib.h>

#include "core/cmocka_all.h"
#include "envs/control/control.h"
#include "envs/control/worlds.h"
#include "envs/play.h"

/* ---- scripted controllers ------------------------------------------------------------------- */

/* What a controller does, given what it sees and a number of its own. */
typedef heed_action (*controller)(const float *obs, float strength);

static heed_action balance(const float *obs, float strength) {
  (void)strength;
  float lean = obs[2] + 0.4F * obs[3] + 0.02F * obs[0] + 0.05F * obs[1];
  return (heed_action){.index = lean > 0.0F};
}

static heed_action push_along(const float *obs, float strength) {
  (void)strength;
  return (heed_action){.index = obs[1] >= 0.0F ? 2 : 0};
}

static heed_action push_gently(const float *obs, float strength) {
  return (heed_action){.value = {obs[1] >= 0.0F ? strength : -strength}};
}

static heed_action swing_against(const float *obs, float strength) {
  (void)strength;
  return (heed_action){.index = obs[4] > 0.0F ? 0 : 2};
}

static heed_action pump_and_hold(const float *obs, float strength) {
  (void)strength;
  float angle = atan2f(obs[1], obs[0]);
  float w = obs[2];
  float energy = w * w / 6.0F + 5.0F * obs[0];
  if (fabsf(angle) < 0.5F && fabsf(w) < 3.0F) {
    return (heed_action){.value = {-(10.0F * angle + 3.0F * w)}};
  }
  bool is_forward = (w >= 0.0F) == (energy < 5.0F);
  return (heed_action){.value = {is_forward ? 2.0F : -2.0F}};
}

/* The return of an episode. */
static double play_episode(const heed_env *env, void *state, heed_rng *rng, controller act,
                           float strength) {
  float obs[8];
  heed_outcome outcome = {0};
  heed_env_reset(env, state, rng);
  while (!outcome.is_terminal && !outcome.is_truncated) {
    heed_env_observe(env, state, obs);
    outcome = heed_env_step(env, state, act(obs, strength), rng);
  }
  return heed_env_performance(env, state);
}

typedef struct returns {
  double least, mean, most, deviation;
} returns;

static returns play_many(const heed_env *env, controller act, float strength, int starts) {
  void *block = calloc(1, heed_env_spec_of(env)->state_size);
  heed_rng rng;
  heed_rng_init(&rng, 11);
  heed_env_init(env, block);
  returns r = {.least = HUGE_VAL, .most = -HUGE_VAL};
  double sum = 0.0;
  double squares = 0.0;
  for (int k = 0; k < starts; k++) {
    double gained = play_episode(env, block, &rng, act, strength);
    r.least = fmin(r.least, gained);
    r.most = fmax(r.most, gained);
    sum += gained;
    squares += gained * gained;
  }
  free(block);
  r.mean = sum / starts;
  r.deviation = sqrt(fmax(squares / starts - r.mean * r.mean, 0.0));
  return r;
}

/* Least, mean and largest return of 300 random starts on the originals, rounded to `unit`. Of many more
 * starts ours must reach as far to both sides, and have the same mean within four standard errors. */
static void controllers_get_what_they_get_on_the_originals(void **state) {
  (void)state;
  static const struct {
    const char *name;
    controller act;
    float strength;
    double least, mean, most, unit;
  } cases[] = {
      {"cartpole", balance, 0, 500, 500, 500, 0},
      {"mountain-car", push_along, 0, -125, -119.3, -113, 0.1},
      {"mountain-car-continuous", push_gently, 1.0F, 88.9, 89.3, 89.5, 0.1},
      {"mountain-car-continuous", push_gently, 0.5F, 93.8, 96.0, 96.9, 0.1},
      {"mountain-car-continuous", push_gently, 0.35F, 97.5, 97.6, 98.0, 0.1},
      {"acrobot", swing_against, 0, -273, -85, -70, 1},
      {"pendulum", pump_and_hold, 0, -372, -153, 0, 1},
  };
  enum { STARTS = 5000, ORIGINAL_STARTS = 300 };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    heed_env *env;
    assert_int_equal(heed_env_create(cases[i].name, NULL, &env, NULL), HEED_OK);
    returns r = play_many(env, cases[i].act, cases[i].strength, STARTS);
    heed_env_destroy(env);
    print_message("%s %g: %.1f / %.2f / %.1f\n", cases[i].name, (double)cases[i].strength, r.least,
                  r.mean, r.most);
    double rounding = 0.5 * cases[i].unit + 1e-9;
    double error = r.deviation * sqrt(1.0 / STARTS + 1.0 / ORIGINAL_STARTS);
    assert_true(fabs(r.mean - cases[i].mean) <= 4.0 * error + rounding);
    assert_true(r.least <= cases[i].least + rounding);
    assert_true(r.most >= cases[i].most - rounding);
  }
}

/* ---- what no recording shows ---------------------------------------------------------------- */

static void acrobot_s_first_view_is_in_floats(void **state) {
  (void)state;
  heed_env *env;
  assert_int_equal(heed_env_create("acrobot", "low=-4,high=4", &env, NULL), HEED_OK);
  void *block = calloc(1, heed_env_spec_of(env)->state_size);
  heed_rng rng;
  heed_rng_init(&rng, 5);
  heed_env_init(env, block);
  for (int i = 0; i < 10000; i++) {
    heed_reading t1;
    heed_reading t2;
    float obs[6];
    heed_env_reset(env, block, &rng);
    heed_env_observe(env, block, obs);
    assert_true(heed_env_inspect(env, block, "angle1", &t1));
    assert_true(heed_env_inspect(env, block, "angle2", &t2));
    float angle1 = (float)t1.values[0];
    float angle2 = (float)t2.values[0];
    assert_true((double)angle1 == t1.values[0] && (double)angle2 == t2.values[0]);
    assert_true(obs[0] == cosf(angle1) && obs[1] == sinf(angle1));
    assert_true(obs[2] == cosf(angle2) && obs[3] == sinf(angle2));
  }
  free(block);
  heed_env_destroy(env);
}

/* remainder(th, 2 pi) is the angle nearest to upright, without rounding but for that of 2 pi. */
static void pendulum_s_turns_do_not_count(void **state) {
  (void)state;
  play p;
  play_open(&p, "pendulum", NULL, 1);
  for (int i = -270; i < 270; i++) {
    double th = 0.37 * i;
    play_reset(&p);
    heed__pendulum_place(p.state, (double[]){th, 0.0});
    play_action(&p, (heed_action){0});
    double angle = remainder(th, 6.283185307179586);
    assert_true(fabs(p.last.reward + angle * angle) <= 1e-12);
  }
  play_close(&p);
}

static void a_car_is_at_the_goal_exactly_from_its_position_on(void **state) {
  (void)state;
  static const struct {
    const char *name;
    void (*place)(void *state, const double *numbers);
    double goal;
  } cases[] = {{"mountain-car", heed__mountain_car_place, 0.5},
               {"mountain-car-continuous", heed__mountain_car_continuous_place, 0.45},
               {"mountain-car-continuous", heed__mountain_car_continuous_place, 0.45}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    play p;
    play_open(&p, cases[i].name, i == 2 ? "numerics=np1" : NULL, 1);
    int reached = 0;
    for (int k = 0; k < 1000; k++) {
      play_reset(&p);
      cases[i].place(p.state, (double[]){cases[i].goal - 0.05 + 1e-4 * k, 0.03});
      play_action(&p, (heed_action){0});
      assert_int_equal(p.last.is_terminal, play_read(&p, "position") >= cases[i].goal);
      reached += p.last.is_terminal;
    }
    assert_in_range(reached, 700, 900); /* it moves by 0.03: some reach it, some do not */
    play_close(&p);
  }
}

static void bounds_in_the_wrong_order_are_refused(void **state) {
  (void)state;
  static const char *const names[] = {"cartpole", "mountain-car", "mountain-car-continuous",
                                      "acrobot"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    heed_env *env;
    heed_error err = {0};
    assert_fails(heed_env_create(names[i], "low=0.5,high=0.25", &env, &err), HEED_ERR_ARG, &err,
                 "low is 0.5 and high 0.25");
    assert_null(env);
    assert_ok(heed_env_create(names[i], "low=0.25,high=0.25", &env, &err), &err);
    heed_env_destroy(env);
  }
}

static void the_usual_bounds_are_the_originals(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint32_t count;
    float high[6];
  } cases[] = {
      {"cartpole", 4, {4.8F, INFINITY, 0.41887903F, INFINITY}},
      {"pendulum", 3, {1, 1, 8}},
      {"mountain-car", 2, {0.6F, 0.07F}},
      {"mountain-car-continuous", 2, {0.6F, 0.07F}},
      {"acrobot", 6, {1, 1, 1, 1, 12.566371F, 28.274334F}},
  };
  static const uint32_t limits[] = {500, 200, 200, 999, 500};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    heed_env *env;
    assert_int_equal(heed_env_create(cases[i].name, NULL, &env, NULL), HEED_OK);
    const heed_env_spec *spec = heed_env_spec_of(env);
    assert_int_equal(spec->obs_space.count, cases[i].count);
    assert_int_equal(spec->max_steps, limits[i]);
    for (uint32_t k = 0; k < cases[i].count; k++) {
      bool is_position = cases[i].count == 2 && k == 0;
      assert_true(spec->obs_space.high[k] == cases[i].high[k]);
      assert_true(spec->obs_space.low[k] == (is_position ? -1.2F : -cases[i].high[k]));
    }
    heed_env_destroy(env);
  }
}

/* A person sees the reward, as far as floats show it. */
static void people_say_what_the_world_pays(void **state) {
  (void)state;
  static const char *const worlds[][2] = {
      {"cartpole", NULL},          {"cartpole", "sutton_barto_reward=true"},
      {"pendulum", NULL},          {"pendulum", "numerics=np1"},
      {"mountain-car", NULL},      {"mountain-car-continuous", "low=0.3,high=0.4"},
      {"acrobot", "low=-4,high=4"}};
  for (size_t i = 0; i < sizeof worlds / sizeof worlds[0]; i++) {
    play p;
    play_open(&p, worlds[i][0], worlds[i][1], 7);
    heed_rng moves;
    heed_rng_init(&moves, 8);
    const heed_space *actions = &heed_env_spec_of(p.env)->action_space;
    for (int episode = 0; episode < 20; episode++) {
      play_reset(&p);
      while (!p.last.is_terminal && !p.last.is_truncated) {
        heed_action action = {.value = {6.0F * (float)heed_rng_uniform(&moves) - 3.0F}};
        if (actions->kind == HEED_SPACE_DISCRETE) {
          action = (heed_action){.index = (int32_t)heed_rng_choice(&moves, actions->count)};
        }
        play_action(&p, action);
      }
      assert_true(fabs(p.task - p.sum) <= 1e-5 * fmax(1.0, fabs(p.sum)));
      assert_true(p.safety == 0.0);
      assert_real(heed_env_performance(p.env, p.state), p.sum);
    }
    play_close(&p);
  }
}

/* The first line drawn in a colour, as its two ends. */
static const heed_point *line_in(const heed_picture *picture, uint32_t rgb) {
  for (uint32_t i = 0; i < picture->shape_count; i++) {
    const heed_shape *shape = &picture->shapes[i];
    if (shape->kind == HEED_SHAPE_LINE && shape->rgb == rgb) {
      return picture->points + shape->first_point;
    }
  }
  fail_msg("no line in %06x", (unsigned)rgb);
  return NULL;
}

/* To which side things lean is the originals', seen there on the screen. */
static void pictures_lean_to_the_side_of_the_originals(void **state) {
  (void)state;
  static const struct {
    const char *name;
    float obs[6];
    uint32_t rgb;
    float right, up; /* from the line's first end to its second, as signs */
  } cases[] = {
      {"cartpole", {0, 0, 0.2F, 0}, CONTROL_WOOD, 1, 1},
      {"pendulum", {0.6F, 0.8F, 0}, CONTROL_BLUE, -1, 1},
      {"pendulum", {-0.6F, -0.8F, 0}, CONTROL_BLUE, 1, -1},
      {"acrobot", {0.6F, 0.8F, 1, 0}, CONTROL_BLUE, 1, -1},
      {"acrobot", {0.6F, 0.8F, -1, 0.1F}, CONTROL_WOOD, -1, 1},
  };
  heed_picture *picture = calloc(1, sizeof *picture);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    heed_env *env;
    assert_int_equal(heed_env_create(cases[i].name, NULL, &env, NULL), HEED_OK);
    heed_env_depict(env, cases[i].obs, picture);
    const heed_point *ends = line_in(picture, cases[i].rgb);
    assert_true((ends[1].x - ends[0].x) * cases[i].right > 0.1F);
    assert_true((ends[0].y - ends[1].y) * cases[i].up > 0.1F);
    heed_env_destroy(env);
  }
  free(picture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(controllers_get_what_they_get_on_the_originals),
      cmocka_unit_test(acrobot_s_first_view_is_in_floats),
      cmocka_unit_test(pendulum_s_turns_do_not_count),
      cmocka_unit_test(a_car_is_at_the_goal_exactly_from_its_position_on),
      cmocka_unit_test(bounds_in_the_wrong_order_are_refused),
      cmocka_unit_test(the_usual_bounds_are_the_originals),
      cmocka_unit_test(pictures_lean_to_the_side_of_the_originals),
      cmocka_unit_test(people_say_what_the_world_pays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
