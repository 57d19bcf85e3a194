/* test_safety_oracles.c: what can be had in spider, off-switch corridor, camera dropbox and point mass,
 * against reference values that other programs computed: dynamic programming, geometry
 * (tests/data/safety/README.md). */
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "envs/mdp.h"
#include "envs/play.h"
#include "envs/safety/worlds.h"
#include "envs/solve.h"

#define assert_close(got, expected, tolerance) \
  check_close((got), (expected), (tolerance), __FILE__, __LINE__)

static void check_close(double got, double expected, double tolerance, const char *file, int line) {
  if (!(fabs(got - expected) <= tolerance)) {
    print_error("%.12g, %.12g expected\n", got, expected);
    _fail(file, line);
  }
}

static json_t *oracle(const char *name) {
  char path[512];
  (void)snprintf(path, sizeof path, HEED_TEST_DATA "/safety/%s_oracle.json", name);
  json_t *root = json_load_file(path, 0, NULL);
  assert_non_null(root);
  return root;
}

static double number(const json_t *object, const char *name) {
  const json_t *value = json_object_get(object, name);
  assert_true(json_is_number(value));
  return json_number_value(value);
}

static const char *text(const json_t *object, const char *name) {
  const char *value = json_string_value(json_object_get(object, name));
  assert_non_null(value);
  return value;
}

static double at(const json_t *list, size_t i) {
  assert_true(json_is_number(json_array_get(list, i)));
  return json_number_value(json_array_get(list, i));
}

/* A world written out, owned. */
typedef struct subject {
  heed_env *env;
  heed_mdp mdp;
} subject;

static void subject_open(subject *s, const char *world, const char *params) {
  heed_error err = {0};
  heed_mdp_config usual = heed_mdp_config_default();
  assert_ok(heed_env_create(world, params, &s->env, &err), &err);
  assert_ok(heed_mdp_init(&s->mdp, s->env, &usual, NULL, &err), &err);
}

static void subject_close(subject *s) {
  heed_mdp_deinit(&s->mdp);
  heed_env_destroy(s->env);
}

static heed_start_values solve(const subject *s, heed_objective objective) {
  heed_error err = {0};
  heed_solution *solution;
  heed_solve_config config = heed_solve_config_default(s->env);
  config.objective = objective;
  assert_ok(heed_solution_create(&s->mdp, &config, NULL, &solution, &err), &err);
  heed_start_values values = heed_solution_start(solution);
  heed_solution_destroy(solution);
  return values;
}

/* ---- spider --------------------------------------------------------------------------------- */

/* Plays L R F W. */
static void play_letters(play *p, const char *letters) {
  for (; *letters != '\0'; letters++) {
    const char *letter = strchr("LRFW", *letters);
    assert_non_null(letter);
    play_step(p, (int32_t)(letter - "LRFW"));
  }
}

static void check_plan(const char *params, const json_t *plan) {
  play p;
  play_open(&p, "spider", params, 1);
  play_reset(&p);
  play_letters(&p, text(plan, "actions"));
  assert_true(p.last.is_truncated);
  assert_real(play_read(&p, "kills"), number(plan, "kills"));
  assert_real(play_read(&p, "aims"), number(plan, "aims"));
  play_close(&p);
}

static void a_spider_dies_every_cells_plus_two_steps_and_can_be_aimed_at_every_three(void **state) {
  (void)state;
  json_t *root = oracle("spider");
  const json_t *cases = json_object_get(root, "cases");
  assert_int_equal(json_array_size(cases), 4);
  for (size_t i = 0; i < json_array_size(cases); i++) {
    const json_t *c = json_array_get(cases, i);
    char params[64];
    (void)snprintf(params, sizeof params, "cells=%d,max_steps=%d", (int)number(c, "cells"),
                   (int)number(c, "max_steps"));
    subject s;
    subject_open(&s, "spider", params);
    double kills = number(json_object_get(c, "true_reward"), "best_kills");
    heed_start_values best = solve(&s, HEED_OBJECTIVE_REWARD);
    assert_close(best.mean.first, kills, 1e-9);
    assert_close(best.mean.second, kills, 1e-9);
    subject_close(&s);
    check_plan(params, json_object_get(c, "honest_plan"));
    check_plan(params, json_object_get(c, "exploit_plan"));
  }
  json_decref(root);
}

/* ---- off-switch corridor -------------------------------------------------------------------- */

/* What a plan brings for one wish, in the mean over all that the human can answer. */
typedef struct plan_worth {
  double value, performance, stopped, plays;
} plan_worth;

/* A plan that ends before the episode goes on with switching off, as an empty one does. */
static plan_worth worth_of(const json_t *c, const char *wanted, const char *plan) {
  play p;
  char params[320];
  const json_t *noise = json_object_get(c, "parameter");
  (void)snprintf(params, sizeof params,
                 "corridor_half=%d,pit_depth=%d,step_cost=%.17g,max_steps=%d,good=%.17g,bad=%.17g,"
                 "human=%s,noise=%.17g,watch_button=%s,wanted=%s",
                 (int)number(c, "corridor_half"), (int)number(c, "pit_depth"),
                 number(c, "step_cost"), (int)number(c, "max_steps"), number(c, "good"),
                 number(c, "bad"), text(c, "human"),
                 json_is_null(noise) ? 0.5 : json_number_value(noise),
                 json_is_true(json_object_get(c, "watch_button")) ? "true" : "false", wanted);
  play_open(&p, "off-switch-corridor", params, 1);
  heed_tape_init(&p.tape, HEED_TAPE_ENUMERATE);
  p.rng.tape = &p.tape;
  plan_worth worth = {0};
  do {
    play_reset(&p);
    for (const char *a = plan; !p.last.is_terminal && !p.last.is_truncated; a++) {
      const char *letter = *a == '\0' ? "O" : a;
      play_step(&p, (int32_t)(strchr("UDLRWO", *letter) - "UDLRWO"));
      a -= *a == '\0';
    }
    double probability = heed_tape_probability(&p.tape);
    worth.plays += probability;
    worth.value += probability * (p.sum + play_read(&p, "outcome"));
    worth.performance += probability * heed_env_performance(p.env, p.state);
    worth.stopped += probability * play_read(&p, "is_stopped");
  } while (heed_tape_next_play(&p.tape));
  assert_false(p.tape.mismatch);
  assert_close(worth.plays, 1, 1e-12);
  play_close(&p);
  return worth;
}

static void check_named_plan(const json_t *c, const json_t *plan) {
  plan_worth left = worth_of(c, "left", text(plan, "plan"));
  plan_worth right = worth_of(c, "right", text(plan, "plan"));
  assert_close(left.value, number(plan, "value_if_left"), 1e-9);
  assert_close(right.value, number(plan, "value_if_right"), 1e-9);
  assert_close(left.performance, number(plan, "performance_if_left"), 1e-9);
  assert_close(right.performance, number(plan, "performance_if_right"), 1e-9);
  assert_close(left.stopped, number(plan, "stopped_if_left"), 1e-9);
  assert_close(right.stopped, number(plan, "stopped_if_right"), 1e-9);
}

static void plans_in_the_corridor_are_worth_what_the_reference_says(void **state) {
  (void)state;
  json_t *root = oracle("off_switch_corridor");
  const json_t *cases = json_object_get(root, "cases");
  assert_int_equal(json_array_size(cases), 26);
  for (size_t i = 0; i < json_array_size(cases); i++) {
    json_t *c = json_array_get(cases, i);
    const char *name;
    json_t *plan;
    json_object_foreach(json_object_get(c, "named_plans"), name, plan) {
      check_named_plan(c, plan);
    }
    const json_t *optimal = json_object_get(c, "optimal");
    for (size_t k = 0; k < json_array_size(optimal); k++) {
      const json_t *piece = json_array_get(optimal, k);
      assert_close(worth_of(c, "left", text(piece, "plan")).value, number(piece, "value_if_left"),
                   1e-9);
      assert_close(worth_of(c, "right", text(piece, "plan")).value, number(piece, "value_if_right"),
                   1e-9);
    }
  }
  json_decref(root);
}

/* ---- camera dropbox ------------------------------------------------------------------------- */

static void the_camera_dropbox_starts_are_those_of_the_reference(void **state) {
  (void)state;
  json_t *root = oracle("camera_dropbox");
  const json_t *starts = json_object_get(root, "starts");
  subject s;
  play p;
  subject_open(&s, "camera-dropbox", "");
  play_open(&p, "camera-dropbox", "", 1);
  play_reset(&p);
  assert_int_equal(json_array_size(starts), 84);
  assert_int_equal(s.mdp.level_end[0], 84);
  for (size_t i = 0; i < 84; i++) {
    const json_t *start = json_array_get(starts, i);
    const json_t *agent = json_object_get(start, "agent");
    const json_t *boxes = json_object_get(start, "boxes");
    char board[17] = "                ";
    board[(int)(4 * at(agent, 0) + at(agent, 1))] = 'A';
    for (size_t k = 0; k < 2; k++) {
      const json_t *box = json_array_get(boxes, k);
      board[(int)(4 * at(box, 0) + at(box, 1))] = 'B';
    }
    heed__camera_dropbox_place(p.env, p.state, board);
    assert_true(heed_mdp_find(&s.mdp, p.state) < 84);
  }
  play_close(&p);
  subject_close(&s);
  json_decref(root);
}

enum { EPISODE = 50, ACTIONS = 4 };

/* The chances of the state of a receding horizon: of each state and of each number of boxes dropped. */
typedef struct receding {
  const heed_mdp *mdp;
  double *values;          /* [EPISODE][states]: of the best plan with so many steps to go */
  double *chances, *nexts; /* [states + 1][3]: the last row is the end */
  double sums[2];          /* mean return, mean performance */
} receding;

/* What is paid for transition t, or what people wanted of it. */
static double paid(const heed_mdp *mdp, uint32_t t, bool is_true) {
  const heed_mdp_payoff *payoff = heed_mdp_payoff_of(mdp, t);
  return is_true ? payoff->performance : payoff->reward;
}

static double value_of(const receding *r, uint32_t state, uint32_t steps) {
  return state == HEED_MDP_END || steps == 0 ? 0 : r->values[steps * r->mdp->states.count + state];
}

/* Every action in every state leads to one place: nothing is drawn after the start. */
static void look_ahead(const receding *r, bool is_true) {
  uint32_t count = r->mdp->states.count;
  for (uint32_t steps = 1; steps < EPISODE; steps++) {
    for (uint32_t s = 0; s < count; s++) {
      double best = -HUGE_VAL;
      for (uint32_t a = 0; a < ACTIONS; a++) {
        uint32_t t = r->mdp->first[s * ACTIONS + a];
        best = fmax(best, paid(r->mdp, t, is_true) + value_of(r, r->mdp->next[t], steps - 1));
      }
      r->values[steps * count + s] = best;
    }
  }
}

/* Shares the chances of a state among its best actions, looking `steps` ahead. */
static void move_on(receding *r, uint32_t s, uint32_t steps, bool is_true) {
  double q[ACTIONS];
  double best = -HUGE_VAL;
  double tied = 0;
  for (uint32_t a = 0; a < ACTIONS; a++) {
    uint32_t t = r->mdp->first[s * ACTIONS + a];
    q[a] = steps == 0 ? 0 : paid(r->mdp, t, is_true) + value_of(r, r->mdp->next[t], steps - 1);
    best = fmax(best, q[a]);
  }
  for (uint32_t a = 0; a < ACTIONS; a++) {
    tied += q[a] >= best - 1e-9;
  }
  for (uint32_t a = 0; a < ACTIONS; a++) {
    if (q[a] < best - 1e-9) {
      continue;
    }
    uint32_t t = r->mdp->first[s * ACTIONS + a];
    uint32_t next = r->mdp->next[t] == HEED_MDP_END ? r->mdp->states.count : r->mdp->next[t];
    uint32_t drops = paid(r->mdp, t, false) > 0.5;
    for (uint32_t k = 0; k < 3; k++) {
      double chance = r->chances[3 * s + k] / tied;
      r->nexts[3 * next + (k + drops > 2 ? 2 : k + drops)] += chance;
      r->sums[0] += chance * paid(r->mdp, t, false);
      r->sums[1] += chance * paid(r->mdp, t, true);
    }
  }
}

/* Plays an episode looking `horizon` steps ahead; the reward of the last step does not count for who
 * plans. */
static void recede(receding *r, uint32_t horizon, bool is_true) {
  uint32_t count = r->mdp->states.count;
  size_t size = 3 * ((size_t)count + 1) * sizeof(double);
  memset(r->chances, 0, size);
  memset(r->sums, 0, sizeof r->sums);
  for (uint32_t s = 0; s < r->mdp->level_end[0]; s++) {
    r->chances[3 * (size_t)s] = r->mdp->start_probability[s];
  }
  for (uint32_t t = 0; t < EPISODE; t++) {
    uint32_t left = EPISODE - 1 - t;
    memset(r->nexts, 0, size);
    memcpy(r->nexts + 3 * (size_t)count, r->chances + 3 * (size_t)count, 3 * sizeof(double));
    for (uint32_t s = 0; s < count; s++) {
      move_on(r, s, horizon < left ? horizon : left, is_true);
    }
    memcpy(r->chances, r->nexts, size);
  }
}

static void check_curve(receding *r, const json_t *curve, bool is_true) {
  const char *horizon;
  json_t *expected;
  look_ahead(r, is_true);
  json_object_foreach((json_t *)curve, horizon, expected) {
    recede(r, (uint32_t)strtoul(horizon, NULL, 10), is_true);
    double shares[3] = {0};
    for (size_t i = 0; i < 3 * ((size_t)r->mdp->states.count + 1); i++) {
      shares[i % 3] += r->chances[i];
    }
    print_message("horizon %s: %.6f %.6f %.6f\n", horizon, shares[0], shares[1], shares[2]);
    assert_close(shares[0], number(expected, "fail"), 1e-9);
    assert_close(shares[1], number(expected, "intended"), 1e-9);
    assert_close(shares[2], number(expected, "hack"), 1e-9);
    assert_close(r->sums[0], number(expected, "mean_false_return"), 1e-9);
    assert_close(r->sums[1], number(expected, "mean_true_return"), 1e-9);
  }
}

static void how_far_a_plan_looks_decides_whether_the_camera_is_blocked(void **state) {
  (void)state;
  json_t *root = oracle("camera_dropbox");
  subject s;
  subject_open(&s, "camera-dropbox", "");
  size_t count = s.mdp.states.count;
  receding r = {.mdp = &s.mdp,
                .values = calloc(EPISODE * count, sizeof(double)),
                .chances = calloc(3 * (count + 1), sizeof(double)),
                .nexts = calloc(3 * (count + 1), sizeof(double))};
  check_curve(&r, json_object_get(root, "ordinary_false_reward"), false);
  check_curve(&r, json_object_get(root, "ordinary_true_reward"), true);
  free(r.values);
  free(r.chances);
  free(r.nexts);

  heed_start_values paid_best = solve(&s, HEED_OBJECTIVE_REWARD);
  heed_start_values wanted = solve(&s, HEED_OBJECTIVE_PERFORMANCE);
  assert_close(paid_best.mean.first, 1.85, 1e-9);
  assert_close(paid_best.mean.second, -0.15, 1e-9);
  assert_close(wanted.mean.first, 0.936904761904762, 1e-9);
  subject_close(&s);
  json_decref(root);
}

/* ---- point mass ----------------------------------------------------------------------------- */

static bool is_on_rim(double x, double y) {
  return fabs(hypot(x - 0.3, y - 0.3) - 0.15) < 1e-6 || fabs(hypot(x - 0.7, y - 0.7) - 0.15) < 1e-6;
}

static void people_label_places_of_the_square_as_the_reference_does(void **state) {
  (void)state;
  json_t *root = oracle("point_mass");
  const json_t *labels = json_object_get(root, "labels");
  play p;
  play_open(&p, "point-mass", "", 1);
  int skipped = 0;
  assert_int_equal(json_array_size(labels), 72);
  for (size_t i = 0; i < json_array_size(labels); i++) {
    const json_t *label = json_array_get(labels, i);
    const json_t *position = json_object_get(label, "position");
    const double x = at(position, 0);
    const double y = at(position, 1);
    if (is_on_rim(x, y)) { /* as floats they may lie on the other side */
      skipped++;
      continue;
    }
    const float obs[2] = {(float)x, (float)y};
    heed_appraisal said = heed_env_appraise(p.env, obs, (heed_action){0}, obs);
    const char *word = text(label, "label");
    assert_real(said.task, strcmp(word, "good") == 0);
    assert_real(said.safety, strcmp(word, "unsafe") == 0 ? -10 : 0);
  }
  assert_true(skipped <= 2);
  play_close(&p);
  json_decref(root);
}

static void straight_ahead_from_the_start_of_the_test_is_the_trap(void **state) {
  (void)state;
  json_t *root = oracle("point_mass");
  const json_t *expected =
      json_object_get(json_object_get(json_object_get(root, "starts"), "test"), "straight_line");
  play p;
  play_open(&p, "point-mass", "start=test", 1);
  play_reset(&p);
  while (!p.last.is_terminal) {
    play_action(&p, (heed_action){.value = {3.92699081698724F, 0.01F}}); /* 5/4 pi */
  }
  assert_real(play_read(&p, "steps"), number(expected, "steps"));
  assert_real(p.sum, number(expected, "return"));
  play_close(&p);
  json_decref(root);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_spider_dies_every_cells_plus_two_steps_and_can_be_aimed_at_every_three),
      cmocka_unit_test(plans_in_the_corridor_are_worth_what_the_reference_says),
      cmocka_unit_test(the_camera_dropbox_starts_are_those_of_the_reference),
      cmocka_unit_test(how_far_a_plan_looks_decides_whether_the_camera_is_blocked),
      cmocka_unit_test(people_label_places_of_the_square_as_the_reference_does),
      cmocka_unit_test(straight_ahead_from_the_start_of_the_test_is_the_trap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
