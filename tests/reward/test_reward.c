/* test_reward.c: making reward models by name, and files that are not what they should be. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "reward/fixture.h"
#include "reward/reward.h"

static heed_status create(const char *name, const char *params, heed_reward **model,
                          heed_error *err) {
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  return heed_reward_create(name, params, &obs_space, &action_space, model, err);
}

static void unknown_names_are_refused_with_a_list(void **state) {
  (void)state;
  heed_reward *model = NULL;
  heed_error err = {0};
  assert_int_equal(create("lineal", "", &model, &err), HEED_ERR_ARG);
  assert_string_equal(
      err.message,
      "no reward model 'lineal'; there is: linear, ensemble, tabular, formula, channel, "
      "sum, scale, clip, pessimistic");
  assert_null(model);
}

static void wrong_parameters_are_refused_by_name(void **state) {
  (void)state;
  heed_reward *model = NULL;
  heed_error err = {0};
  assert_int_equal(create("linear", "prior_scale=0", &model, &err), HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "prior_scale"));
  assert_int_equal(create("channel", "scale=1", &model, &err), HEED_ERR_ARG);
  assert_int_equal(create("formula", "formula={1 +}", &model, &err), HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "reward 'formula': formula, column 4"));
  assert_null(model);
}

static void wrong_spaces_are_refused(void **state) {
  (void)state;
  heed_space discrete = heed_space_discrete(3);
  heed_space board = fixture_obs_space();
  heed_reward *model = NULL;
  assert_int_equal(heed_reward_create("linear", "", &discrete, &discrete, &model, NULL),
                   HEED_ERR_ARG);
  assert_int_equal(heed_reward_create("channel", "", &board, &board, &model, NULL), HEED_ERR_ARG);
  assert_null(model);
}

static void parameters_in_force_can_be_read(void **state) {
  (void)state;
  heed_reward *model = NULL;
  assert_int_equal(create("linear", "discount=0.5", &model, NULL), HEED_OK);
  assert_string_equal(heed_reward_params_of(model),
                      "prior_scale=40,lasting_steps=30,place_scale=0,discount=0.5,beta_spread=1,"
                      "infer_mistakes=false,samples=0,moments=false,features=");
  heed_reward_destroy(model);
  heed_reward_destroy(NULL);
}

static void channel_takes_the_world_at_its_word(void **state) {
  (void)state;
  heed_reward *model = NULL;
  assert_int_equal(create("channel", NULL, &model, NULL), HEED_OK);
  const uint8_t cells[FIXTURE_CELLS] = {0};
  heed_step steps[2] = {{.obs = cells, .next_obs = cells, .channel = 1e6},
                        {.obs = cells, .next_obs = cells, .channel = -2}};
  double mean[2];
  double spread[2] = {1, 1};
  heed_reward_score(model, steps, 2, NULL, mean, spread, NULL);
  assert_near(mean[0], 1e6, 0);
  assert_near(mean[1], -2, 0);
  assert_near(spread[0], 0, 0);
  assert_near(spread[1], 0, 0);
  heed_reward_destroy(model);
}

static void formula_scores_as_it_says(void **state) {
  (void)state;
  heed_reward *model = NULL;
  assert_int_equal(create("formula", "formula={50*change[0,1] - one}", &model, NULL), HEED_OK);
  const uint8_t before[FIXTURE_CELLS] = {0};
  const uint8_t after[FIXTURE_CELLS] = {1};
  heed_step steps[2] = {{.obs = before, .next_obs = after}, {.obs = after, .next_obs = after}};
  double mean[2];
  heed_reward_score(model, steps, 2, NULL, mean, NULL, NULL);
  assert_near(mean[0], 49, 0);
  assert_near(mean[1], -1, 0);
  heed_reward_destroy(model);
}

/* ---- files ---------------------------------------------------------------------------------- */

/* A document of kind "reward" with the given contents. */
static heed_status load_document(const char *name, const char *params, bool is_linear_state,
                                 size_t active_count, const uint32_t *active, const double *mode,
                                 const double *factor, heed_error *err) {
  heed_pack_writer *writer;
  assert_int_equal(heed_pack_writer_create(&writer, NULL), HEED_OK);
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  heed_pack_map(writer, 5);
  heed_pack_key(writer, "model");
  heed_pack_text(writer, name);
  heed_pack_key(writer, "params");
  heed_pack_text(writer, params);
  heed_pack_key(writer, "obs_space");
  heed_pack_space(writer, &obs_space);
  heed_pack_key(writer, "action_space");
  heed_pack_space(writer, &action_space);
  heed_pack_key(writer, "state");
  heed_pack_map(writer, is_linear_state ? 4 : 0);
  if (is_linear_state) {
    heed_pack_key(writer, "choices");
    heed_pack_uint(writer, 3);
    heed_pack_key(writer, "active");
    heed_pack_numbers(writer, HEED_U32, active_count, 1, active);
    heed_pack_key(writer, "mode");
    heed_pack_numbers(writer, HEED_F64, active_count, 1, mode);
    heed_pack_key(writer, "factor");
    heed_pack_numbers(writer, HEED_F64, active_count * active_count, 1, factor);
  }
  unsigned char *bytes = NULL;
  size_t size = 0;
  assert_int_equal(heed_pack_save_memory(writer, "reward", 1, &bytes, &size, NULL), HEED_OK);
  heed_pack_writer_destroy(writer);
  heed_reward *model = NULL;
  heed_status status = heed_reward_load_memory(bytes, size, &model, NULL, err);
  assert_true((status == HEED_OK) == (model != NULL));
  heed_reward_destroy(model);
  free(bytes);
  return status;
}

static heed_status load_linear(const uint32_t *active, const double *mode, const double *factor,
                               heed_error *err) {
  return load_document("linear", "", true, 2, active, mode, factor, err);
}

static void files_about_unknown_things_are_format_errors(void **state) {
  (void)state;
  heed_error err = {0};
  assert_int_equal(load_document("channel", "", false, 0, NULL, NULL, NULL, &err), HEED_OK);
  assert_int_equal(load_document("lineal", "", false, 0, NULL, NULL, NULL, &err), HEED_ERR_FORMAT);
  assert_int_equal(err.status, HEED_ERR_FORMAT);
  assert_int_equal(load_document("linear", "x=1", false, 0, NULL, NULL, NULL, &err),
                   HEED_ERR_FORMAT);
  assert_int_equal(load_document("linear", "", false, 0, NULL, NULL, NULL, &err), HEED_ERR_FORMAT);
}

static void impossible_posteriors_are_format_errors(void **state) {
  (void)state;
  heed_error err = {0};
  const uint32_t active[2] = {3, 5};
  const uint32_t unordered[2] = {5, 3};
  const uint32_t beyond[2] = {3, 99999};
  const double mode[2] = {1, -2};
  const double huge[2] = {1, 1e101};
  const double factor[4] = {1, 0.5, 0, 2};
  const double negative[4] = {1, 0.5, 0, -2};
  const double singular[4] = {1, 0.5, 0, 0};
  const double full[4] = {1, 0.5, 0.5, 2};
  assert_int_equal(load_linear(active, mode, factor, &err), HEED_OK);
  assert_int_equal(load_linear(unordered, mode, factor, &err), HEED_ERR_FORMAT);
  assert_int_equal(load_linear(beyond, mode, factor, &err), HEED_ERR_FORMAT);
  assert_int_equal(load_linear(active, huge, factor, &err), HEED_ERR_FORMAT);
  assert_int_equal(load_linear(active, mode, negative, &err), HEED_ERR_FORMAT);
  assert_int_equal(load_linear(active, mode, singular, &err), HEED_ERR_FORMAT);
  assert_int_equal(load_linear(active, mode, full, &err), HEED_ERR_FORMAT);
  assert_non_null(strstr(err.message, "factor[1,0]"));
}

static void missing_files_are_named(void **state) {
  (void)state;
  heed_reward *model = NULL;
  heed_error err = {0};
  assert_int_equal(heed_reward_load("/no/such/file.heed", &model, NULL, &err), HEED_ERR_IO);
  assert_non_null(strstr(err.message, "/no/such/file.heed"));
}

static void files_cut_anywhere_are_refused(void **state) {
  (void)state;
  heed_reward *model = NULL;
  assert_int_equal(create("linear", "", &model, NULL), HEED_OK);
  char path[] = "/tmp/heed-reward-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  (void)close(descriptor);
  assert_int_equal(heed_reward_save(model, NULL, path, NULL), HEED_OK);
  heed_reward_destroy(model);

  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  unsigned char bytes[4096];
  size_t size = fread(bytes, 1, sizeof bytes, file);
  (void)fclose(file);
  (void)unlink(path);
  assert_in_range(size, 100, sizeof bytes - 1);
  for (size_t length = 0; length < size; length++) {
    heed_error err = {0};
    assert_int_equal(heed_reward_load_memory(bytes, length, &model, NULL, &err), HEED_ERR_FORMAT);
    assert_true(err.message[0] != '\0');
  }
  assert_int_equal(heed_reward_load_memory(bytes, size, &model, NULL, NULL), HEED_OK);
  heed_reward_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unknown_names_are_refused_with_a_list),
      cmocka_unit_test(wrong_parameters_are_refused_by_name),
      cmocka_unit_test(wrong_spaces_are_refused),
      cmocka_unit_test(parameters_in_force_can_be_read),
      cmocka_unit_test(channel_takes_the_world_at_its_word),
      cmocka_unit_test(formula_scores_as_it_says),
      cmocka_unit_test(files_about_unknown_things_are_format_errors),
      cmocka_unit_test(impossible_posteriors_are_format_errors),
      cmocka_unit_test(missing_files_are_named),
      cmocka_unit_test(files_cut_anywhere_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
