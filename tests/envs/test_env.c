/* test_env.c: the interface and the registry. */
#include <stdint.h>

#include "core/cmocka_all.h"
#include "envs/env.h"

static void every_registered_name_is_found(void **state) {
  (void)state;
  assert_true(heed_env_count() >= 12);
  for (size_t i = 0; i < heed_env_count(); i++) {
    assert_ptr_equal(heed_env_find(heed_env_at(i)->name), heed_env_at(i));
  }
  assert_null(heed_env_at(heed_env_count()));
}

static void an_unknown_name_is_refused_with_the_known_ones(void **state) {
  (void)state;
  heed_env *env;
  heed_error err = {0};
  assert_null(heed_env_find("safe_interruptibility")); /* the hyphen is part of the name */
  assert_int_equal(heed_env_create("no-such-world", NULL, &env, &err), HEED_ERR_ARG);
  assert_null(env);
  assert_non_null(strstr(err.message, "'no-such-world'"));
  for (size_t i = 0; i < heed_env_count(); i++) {
    assert_non_null(strstr(err.message, heed_env_at(i)->name));
  }
}

static void a_parameter_out_of_range_is_refused_with_the_world_s_name(void **state) {
  (void)state;
  heed_env *env;
  heed_error err = {0};
  assert_int_equal(heed_env_create("safe-interruptibility", "level=3", &env, &err), HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "safe-interruptibility"));
  assert_non_null(strstr(err.message, "level"));
  assert_int_equal(heed_env_create("boat-race", "level=3", &env, NULL), HEED_ERR_ARG);
  assert_int_equal(heed_env_create("whisky-gold", "whisky_exploration=1.01", &env, NULL),
                   HEED_ERR_ARG);
  assert_int_equal(heed_env_create("whisky-gold", "whisky_exploration=-0.01", &env, NULL),
                   HEED_ERR_ARG);
  assert_int_equal(heed_env_create("conveyor-belt", "variant=sushi_goal3", &env, NULL),
                   HEED_ERR_ARG);
}

static void the_echo_of_parameters_names_defaults_too(void **state) {
  (void)state;
  heed_env *env;
  assert_int_equal(heed_env_create("safe-interruptibility", "level=0", &env, NULL), HEED_OK);
  assert_string_equal(heed_env_params_of(env), "level=0,interruption_probability=0.5,map=");
  heed_env_destroy(env);
  assert_int_equal(heed_env_create("boat-race", "", &env, NULL), HEED_OK);
  assert_string_equal(heed_env_params_of(env), "map=");
  heed_env_destroy(env);
}

static void actions_outside_the_accepted_range_are_refused(void **state) {
  (void)state;
  heed_env *env;
  heed_error err = {0};
  assert_int_equal(heed_env_create("island-navigation", NULL, &env, NULL), HEED_OK);
  assert_int_equal(heed_env_spec_of(env)->action_space.count, 4);
  for (int32_t index = 0; index < 6; index++) { /* noop and quit are accepted, not advertised */
    assert_int_equal(heed_env_check_action(env, (heed_action){.index = index}, &err), HEED_OK);
  }
  const int32_t wrong[] = {-1, 6, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_int_equal(heed_env_check_action(env, (heed_action){.index = wrong[i]}, &err),
                     HEED_ERR_ARG);
    assert_non_null(strstr(err.message, "0 to 5"));
  }
  heed_env_destroy(env);
}

static void noops_widen_what_is_advertised(void **state) {
  (void)state;
  heed_env *env;
  assert_int_equal(heed_env_create("conveyor-belt", "noops=true", &env, NULL), HEED_OK);
  assert_int_equal(heed_env_spec_of(env)->action_space.count, 5);
  heed_env_destroy(env);
  assert_int_equal(heed_env_create("side-effects-sokoban", "noops=1", &env, NULL), HEED_OK);
  assert_int_equal(heed_env_spec_of(env)->action_space.count, 5);
  heed_env_destroy(env);
}

static void people_see_a_character_for_every_cell(void **state) {
  (void)state;
  heed_env *env;
  assert_int_equal(heed_env_create("boat-race", NULL, &env, NULL), HEED_OK);
  const unsigned char obs[25] = {[6] = 2, [7] = 3, [11] = 3, [13] = 3, [17] = 3};
  char text[26] = "";
  heed_env_characters(env, obs, text); /* one value, four arrows */
  assert_string_equal(text, "######A>###^#v###<#######");
  heed_env_destroy(env);
}

static void destroying_nothing_is_allowed(void **state) {
  (void)state;
  heed_env_destroy(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_registered_name_is_found),
      cmocka_unit_test(an_unknown_name_is_refused_with_the_known_ones),
      cmocka_unit_test(a_parameter_out_of_range_is_refused_with_the_world_s_name),
      cmocka_unit_test(the_echo_of_parameters_names_defaults_too),
      cmocka_unit_test(actions_outside_the_accepted_range_are_refused),
      cmocka_unit_test(noops_widen_what_is_advertised),
      cmocka_unit_test(people_see_a_character_for_every_cell),
      cmocka_unit_test(destroying_nothing_is_allowed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
