/* test_value_network.c: values and policies that are learned from searches. */
#include <math.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/near.h"
#include "core/scratch.h"
#include "value/inside.h"

enum { CELLS = 3, VALUES = 4, ACTIONS = 3, ROWS = 64 };

static heed_value_network *make(const char *params) {
  heed_space obs = heed_space_board(1, CELLS, VALUES);
  heed_space actions = heed_space_discrete(ACTIONS);
  heed_value_network *n = NULL;
  heed_error err = {0};
  assert_ok(heed_value_network_create(params, &obs, &actions, &n, &err), &err);
  return n;
}

/* All boards; what a search is said to have found there: an action by the first cell, with a share of 0.7,
 * and a value by the others. */
typedef struct examples {
  uint8_t obs[ROWS][CELLS];
  float policies[ROWS][ACTIONS];
  float values[ROWS];
  heed_value_examples all;
} examples;

static void fill(examples *e) {
  for (uint32_t i = 0; i < ROWS; i++) {
    uint8_t cells[CELLS] = {(uint8_t)(i % 4), (uint8_t)(i / 4 % 4), (uint8_t)(i / 16)};
    memcpy(e->obs[i], cells, sizeof cells);
    for (uint32_t a = 0; a < ACTIONS; a++) {
      e->policies[i][a] = a == cells[0] % ACTIONS ? 0.7F : 0.15F;
    }
    e->values[i] = 10.0F + 2.0F * (float)cells[1] - (float)(cells[2] == 3);
  }
  e->all = (heed_value_examples){ROWS, e->obs, &e->policies[0][0], e->values};
}

static void evaluate(const heed_value_network *n, const examples *e, heed_evaluation *rows,
                     double (*priors)[ACTIONS], size_t first, size_t count) {
  heed_evaluator evaluator = heed_value_network_evaluator(n);
  void *workspace = malloc(evaluator.workspace_size(n, count));
  assert_non_null(workspace);
  for (size_t i = first; i < first + count; i++) {
    rows[i] =
        (heed_evaluation){.obs = e->obs[i % ROWS], .action_count = ACTIONS, .prior = priors[i]};
  }
  evaluator.evaluate(n, rows + first, count, workspace);
  free(workspace);
}

/* ---- the loss ---------------------------------------------------------------------------------- */

/* Worked out by hand: c (y - z)^2 = 3 * 0.25; softmax of 0, log 2, log 3 is 1/6, 1/3, 1/2. */
static void the_loss_is_that_of_the_paper(void **state) {
  (void)state;
  heed_value_network *n = make("value_weight=3");
  float y[] = {1.5F, 0, (float)log(2), (float)log(3)};
  float dy[4];
  static const float policy[] = {0.5F, 0.5F, 0};
  const float *policies[] = {policy};
  static const float value[] = {1};
  assert_near(heed__value_loss(n, 1, y, policies, value, dy), 0.75 + 0.5 * log(6) + 0.5 * log(3),
              1e-6);
  assert_near((double)dy[0], 3, 1e-6);
  assert_near((double)dy[1], 1 / 6.0 - 0.5, 1e-6);
  assert_near((double)dy[2], 1 / 3.0 - 0.5, 1e-6);
  assert_near((double)dy[3], 0.5, 1e-6);
  heed_value_network_destroy(n);
}

/* The mean loss of some rows with weights as they are. */
static double loss_of(const heed_value_network *n, const float *x, const float *const *policies,
                      const float *values, size_t rows) {
  static float y[ROWS * (1 + ACTIONS)];
  static float trace[1 << 14];
  assert_true(heed__network_trace_size(&n->shape, rows) <= sizeof trace / sizeof *trace);
  heed__network_forward(&n->shape, n->weights, rows, x, y, trace);
  return heed__value_loss(n, rows, y, policies, values, y) / (double)rows;
}

/* Central differences of 2^-7: single precision leaves about 1e-4 of error. */
static void gradients_are_those_of_differences(void **state) {
  (void)state;
  enum { BATCH = 8 };
  static const char *const params[] = {"width=5,depth=1,activation=tanh",
                                       "width=4,depth=2,activation=swish,value_weight=2"};
  static examples e;
  fill(&e);
  for (int k = 0; k < 2; k++) {
    heed_value_network *n = make(params[k]);
    static float x[BATCH * CELLS * VALUES];
    static float y[BATCH * (1 + ACTIONS)];
    static float trace[1 << 12];
    static float gradient[1 << 10];
    const float *policies[BATCH];
    float values[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
      heed__value_inputs(n, e.obs[7 * i], x + i * CELLS * VALUES);
      policies[i] = e.policies[7 * i];
      values[i] = e.values[7 * i] - 12;
    }
    heed__network_forward(&n->shape, n->weights, BATCH, x, y, trace);
    (void)heed__value_loss(n, BATCH, y, policies, values, y);
    heed__network_backward(&n->shape, n->weights, BATCH, x, y, trace, gradient, NULL);
    for (size_t i = 0; i < n->size; i++) {
      float was = n->weights[i];
      n->weights[i] = was + 0x1p-7F;
      double above = loss_of(n, x, policies, values, BATCH);
      n->weights[i] = was - 0x1p-7F;
      double below = loss_of(n, x, policies, values, BATCH);
      n->weights[i] = was;
      assert_near((double)gradient[i], (above - below) / 0x1p-6, 2e-3);
    }
    heed_value_network_destroy(n);
  }
}

/* ---- evaluation -------------------------------------------------------------------------------- */

static void a_row_depends_on_itself_alone(void **state) {
  (void)state;
  enum { MANY = 150 };
  static examples e;
  static heed_evaluation together[MANY];
  static heed_evaluation alone[MANY];
  static double priors[2][MANY][ACTIONS];
  heed_value_network *n = make("width=33,activation=swish");
  fill(&e);
  evaluate(n, &e, together, priors[0], 0, MANY);
  for (size_t i = 0; i < MANY; i++) {
    evaluate(n, &e, alone, priors[1], i, 1);
    assert_true(together[i].value == alone[i].value);
    double sum = 0;
    for (int a = 0; a < ACTIONS; a++) {
      assert_true(priors[0][i][a] == priors[1][i][a]);
      sum += priors[0][i][a];
    }
    assert_near(sum, 1, 1e-6);
  }
  heed_value_network_destroy(n);
}

/* ---- learning ---------------------------------------------------------------------------------- */

static void what_was_searched_is_learned(void **state) {
  (void)state;
  static examples e;
  fill(&e);
  heed_value_network *n[2] = {make("width=32"), make("width=32")};
  heed_error err = {0};
  heed_value_report before;
  heed_value_report after;
  assert_ok(heed_value_network_assess(n[0], &e.all, &before, &err), &err);
  for (int k = 0; k < 2; k++) {
    heed_rng rng;
    heed_rng_init(&rng, 4);
    assert_ok(heed_value_network_fit(n[k], &e.all, 1500, &rng, &err), &err);
  }
  assert_memory_equal(n[0]->weights, n[1]->weights, n[0]->size * sizeof(float));
  assert_ok(heed_value_network_assess(n[0], &e.all, &after, &err), &err);
  print_message(
      "             values off by %.4f (%.2f before), policies %.4f nats (%.4f at least)\n",
      after.value_error, before.value_error, after.policy_loss, after.policy_least);
  /* by hand: 2 * variance of 0..3 and 1/4 * 3/4 of the last cell; -(0.7 log 0.7 + 0.3 log 0.15) */
  assert_near(after.value_spread, sqrt(4 * 1.25 + 3 / 16.0), 1e-6);
  assert_near(after.policy_least, -(0.7 * log(0.7) + 0.3 * log(0.15)), 1e-6);
  assert_true(before.value_error > 5 && after.value_error < 0.05);
  assert_true(after.policy_loss < after.policy_least + 0.005);
  assert_true(after.agreement == 1);
  heed_value_network_destroy(n[0]);
  heed_value_network_destroy(n[1]);
}

/* Van Hasselt et al. 2016, section 2.2: outputs are preserved exactly when targets change their scale. */
static void a_change_of_scale_leaves_values_as_they_are(void **state) {
  (void)state;
  static examples e;
  static heed_evaluation before[ROWS];
  static heed_evaluation after[ROWS];
  static double priors[ROWS][ACTIONS];
  fill(&e);
  heed_value_network *n = make("learning_rate=1e-9,weight_decay=0");
  heed_rng rng;
  heed_rng_init(&rng, 4);
  heed_error err = {0};
  assert_ok(heed_value_network_fit(n, &e.all, 1, &rng, &err), &err);
  evaluate(n, &e, before, priors, 0, ROWS);
  for (int i = 0; i < ROWS; i++) {
    e.values[i] = 100 * e.values[i] - 3000;
  }
  assert_ok(heed_value_network_fit(n, &e.all, 1, &rng, &err), &err);
  evaluate(n, &e, after, priors, 0, ROWS);
  assert_near(n->value_deviation, 100 * sqrt(4 * 1.25 + 3 / 16.0), 1e-3);
  for (int i = 0; i < ROWS; i++) {
    assert_near(after[i].value, before[i].value, 1e-3);
  }
  heed_value_network_destroy(n);
}

/* Numbers of any size, one of them constant; a box of actions has no policy. */
static void boxes_are_scaled(void **state) {
  (void)state;
  enum { COUNT = 200 };
  static float obs[COUNT][3];
  static float values[COUNT];
  heed_rng rng;
  heed_rng_init(&rng, 9);
  for (int i = 0; i < COUNT; i++) {
    double u = 2 * heed_rng_uniform(&rng) - 1;
    double v = 2 * heed_rng_uniform(&rng) - 1;
    float row[3] = {(float)(1e5 + 1e4 * u), 7, (float)(1e-4 * v)};
    memcpy(obs[i], row, sizeof row);
    values[i] = (float)(u - 2 * v);
  }
  static const float low[] = {-HUGE_VALF, -HUGE_VALF, -HUGE_VALF};
  static const float high[] = {HUGE_VALF, HUGE_VALF, HUGE_VALF};
  heed_space space = heed_space_box(3, low, high);
  heed_space actions = heed_space_box(1, low, high);
  heed_value_network *n = NULL;
  heed_error err = {0};
  assert_ok(heed_value_network_create("width=32", &space, &actions, &n, &err), &err);
  heed_value_examples all = {COUNT, obs, NULL, values};
  heed_value_report report;
  assert_ok(heed_value_network_fit(n, &all, 1500, &rng, &err), &err);
  assert_ok(heed_value_network_assess(n, &all, &report, &err), &err);
  assert_true(report.value_error < 0.1);
  assert_true(report.policy_loss == 0);
  heed_value_network_destroy(n);
}

/* ---- files ------------------------------------------------------------------------------------- */

static void a_file_gives_the_same_network(void **state) {
  scratch *s = *state;
  static examples e;
  static heed_evaluation before[ROWS];
  static heed_evaluation after[ROWS];
  static double priors[2][ROWS][ACTIONS];
  fill(&e);
  heed_value_network *n = make("width=8,depth=1,seed=5");
  heed_rng rng;
  heed_rng_init(&rng, 4);
  heed_error err = {0};
  heed_card card = {0};
  heed_card_text(&card, "env", "boards");
  assert_ok(heed_value_network_fit(n, &e.all, 20, &rng, &err), &err);
  evaluate(n, &e, before, priors[0], 0, ROWS);
  const char *path = scratch_path(s, "value.heed");
  assert_ok(heed_value_network_save(n, &card, path, &err), &err);
  heed_value_network *loaded = NULL;
  card = (heed_card){0};
  assert_ok(heed_value_network_load(path, &loaded, &card, &err), &err);
  evaluate(loaded, &e, after, priors[1], 0, ROWS);
  for (int i = 0; i < ROWS; i++) {
    assert_true(before[i].value == after[i].value);
  }
  assert_memory_equal(priors[0], priors[1], sizeof priors[0]);
  assert_string_equal(heed_value_network_params_of(loaded), heed_value_network_params_of(n));
  assert_string_equal(heed_card_find(&card, "env")->text, "boards");
  assert_ok(heed_value_network_fit(loaded, &e.all, 20, &rng, &err), &err); /* and it goes on */

  /* cut anywhere it is refused */
  unsigned char bytes[4096];
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  size_t size = fread(bytes, 1, sizeof bytes, file);
  (void)fclose(file);
  assert_in_range(size, 500, sizeof bytes - 1);
  for (size_t cut = 0; cut < size; cut++) {
    heed_value_network *none = NULL;
    assert_true(heed_value_network_load_memory(bytes, cut, &none, NULL, &err) != HEED_OK);
    assert_null(none);
  }
  heed_value_network *whole = NULL;
  assert_ok(heed_value_network_load_memory(bytes, size, &whole, NULL, &err), &err);
  heed_value_network_destroy(whole);
  heed_value_network_destroy(loaded);
  heed_value_network_destroy(n);
}

/* ---- what is refused --------------------------------------------------------------------------- */

static void what_is_no_network_is_refused(void **state) {
  (void)state;
  heed_space wide = heed_space_board(300, 300, 2);
  heed_space obs = heed_space_board(1, 1, 2);
  heed_space actions = heed_space_discrete(2);
  heed_value_network *n = NULL;
  heed_error err = {0};
  assert_fails(heed_value_network_create(NULL, &wide, &actions, &n, &err), HEED_ERR_ARG, &err,
               "65536");
  assert_fails(heed_value_network_create("width=0", &obs, &actions, &n, &err), HEED_ERR_ARG, &err,
               "width");
  assert_null(n);
  n = make(NULL);
  heed_value_examples none = {0};
  heed_value_report report;
  assert_fails(heed_value_network_assess(n, &none, &report, &err), HEED_ERR_ARG, &err,
               "no examples");
  /* too fast to stay finite */
  static examples e;
  fill(&e);
  heed_value_network *fast = make("learning_rate=1,weight_decay=10,depth=8");
  heed_rng rng;
  heed_rng_init(&rng, 1);
  assert_fails(heed_value_network_fit(fast, &e.all, 400, &rng, &err), HEED_ERR_NUMERIC, &err,
               "learning_rate");
  heed_value_network_destroy(fast);
  heed_value_network_destroy(n);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_loss_is_that_of_the_paper),
      cmocka_unit_test(gradients_are_those_of_differences),
      cmocka_unit_test(a_row_depends_on_itself_alone),
      cmocka_unit_test(what_was_searched_is_learned),
      cmocka_unit_test(a_change_of_scale_leaves_values_as_they_are),
      cmocka_unit_test(boxes_are_scaled),
      cmocka_unit_test_setup_teardown(a_file_gives_the_same_network, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test(what_is_no_network_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
