/* test_experience.c: transitions in episodes, in memory and in files. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/experience.h"
#include "core/pack_internal.h"
#include "core/scratch.h"

static const float low[2] = {-1.0F, -1.0F};
static const float high[2] = {1.0F, 1.0F};

static heed_experience *empty(void) {
  heed_error err = {0};
  heed_space board = heed_space_board(1, 3, 4);
  heed_space moves = heed_space_discrete(5);
  heed_experience *e;
  assert_ok(heed_experience_create(&board, &moves, &e, &err), &err);
  return e;
}

static void begin(heed_experience *e, uint8_t cell) {
  heed_error err = {0};
  const uint8_t obs[3] = {cell, 0, 3};
  assert_ok(heed_experience_begin(e, obs, &err), &err);
}

static heed_status append(heed_experience *e, int32_t action, uint8_t cell, heed_outcome outcome,
                          heed_error *err) {
  const uint8_t obs[3] = {cell, 0, 3};
  return heed_experience_append(e, (heed_action){.index = action}, obs, outcome, err);
}

static void go(heed_experience *e, int32_t action, uint8_t cell, heed_outcome outcome) {
  heed_error err = {0};
  assert_ok(append(e, action, cell, outcome, &err), &err);
}

/* Episodes of 3 transitions (terminal), 0, 1 (truncated) and 1 (open). */
static heed_experience *four_episodes(void) {
  heed_experience *e = empty();
  begin(e, 0);
  go(e, 1, 1, (heed_outcome){.reward = 0.5});
  go(e, 2, 2, (heed_outcome){.reward = -1});
  go(e, 4, 3, (heed_outcome){.reward = 10, .is_terminal = true});
  begin(e, 3);
  begin(e, 2);
  go(e, 0, 0, (heed_outcome){.is_truncated = true});
  begin(e, 1);
  go(e, 3, 2, (heed_outcome){.reward = 7});
  return e;
}

static uint8_t cell(const void *obs) {
  return *(const uint8_t *)obs;
}

static void transitions_come_back_with_their_observations(void **state) {
  (void)state;
  heed_experience *e = four_episodes();
  assert_int_equal(heed_experience_count(e), 5);
  const uint8_t before[5] = {0, 1, 2, 2, 1};
  const uint8_t after[5] = {1, 2, 3, 0, 2};
  const int32_t actions[5] = {1, 2, 4, 0, 3};
  const double rewards[5] = {0.5, -1, 10, 0, 7};
  for (size_t t = 0; t < 5; t++) {
    assert_int_equal(cell(heed_experience_obs(e, t)), before[t]);
    assert_int_equal(cell(heed_experience_next_obs(e, t)), after[t]);
    assert_int_equal(heed_experience_action(e, t).index, actions[t]);
    heed_outcome outcome = heed_experience_outcome(e, t);
    assert_true(outcome.reward == rewards[t]);
    assert_int_equal(outcome.is_terminal, t == 2);
    assert_int_equal(outcome.is_truncated, t == 3);
  }
  heed_experience_destroy(e);
}

static void episodes_are_ranges_of_transitions(void **state) {
  (void)state;
  heed_experience *e = four_episodes();
  const size_t begins[] = {0, 3, 3, 4, 5};
  const size_t episode_of[] = {0, 0, 0, 2, 3};
  assert_int_equal(heed_experience_episode_count(e), 4);
  for (size_t i = 0; i <= 4; i++) {
    assert_int_equal(heed_experience_episode_begin(e, i), begins[i]);
  }
  for (size_t t = 0; t < 5; t++) {
    assert_int_equal(heed_experience_episode_of(e, t), episode_of[t]);
  }
  heed_experience_destroy(e);
}

static void a_transition_needs_an_open_episode(void **state) {
  (void)state;
  heed_experience *e = empty();
  heed_error err = {0};
  heed_outcome end = {.is_terminal = true};
  heed_outcome limit = {.is_truncated = true};
  assert_fails(append(e, 0, 0, end, &err), HEED_ERR_STATE, &err, "no episode is open");
  begin(e, 0);
  go(e, 0, 0, end);
  assert_fails(append(e, 0, 0, end, &err), HEED_ERR_STATE, &err, "transition 1");
  begin(e, 0);
  go(e, 0, 0, limit);
  assert_fails(append(e, 0, 0, end, &err), HEED_ERR_STATE, &err, "transition 2");
  assert_int_equal(heed_experience_count(e), 2);
  heed_experience_destroy(e);
}

static void it_grows_without_losing_anything(void **state) {
  (void)state;
  heed_experience *e = empty();
  size_t t = 0;
  for (int32_t episode = 0; episode < 500; episode++) {
    begin(e, (uint8_t)(episode % 4));
    for (int32_t i = 0; i < episode % 7; i++, t++) {
      go(e, episode % 5, (uint8_t)(t % 4), (heed_outcome){.reward = (double)t});
    }
  }
  assert_int_equal(heed_experience_count(e), t);
  for (size_t i = 0; i < t; i++) {
    assert_true(heed_experience_outcome(e, i).reward == (double)i);
    assert_int_equal(cell(heed_experience_next_obs(e, i)), i % 4);
    size_t episode = heed_experience_episode_of(e, i);
    assert_int_equal(heed_experience_action(e, i).index, episode % 5);
    assert_in_range(i, heed_experience_episode_begin(e, episode),
                    heed_experience_episode_begin(e, episode + 1) - 1);
  }
  heed_experience_destroy(e);
}

static void spaces_that_do_not_go_together_are_refused(void **state) {
  (void)state;
  heed_space board = heed_space_board(1, 3, 4);
  heed_experience *e;
  heed_error err = {0};
  assert_fails(heed_experience_create(&board, &board, &e, &err), HEED_ERR_ARG, &err, "actions");
  heed_experience_destroy(NULL);
}

/* ---- hash ----------------------------------------------------------------------------------- */

static void the_hash_is_the_same_on_every_machine(void **state) {
  (void)state;
  /* From a separate program that folds these arrays, written out by hand, with XXH3. */
  heed_experience *e = four_episodes();
  assert_true(heed_experience_hash(e) == UINT64_C(0xd1fb0df8224da768));
  heed_experience_destroy(e);
}

static void everything_that_is_stored_changes_the_hash(void **state) {
  (void)state;
  heed_experience *variants[9];
  size_t n = 0;
  variants[n++] = empty();
  for (size_t i = 0; i < 6; i++) {
    heed_experience *e = empty();
    begin(e, i == 1);
    go(e, i == 2, i == 3, (heed_outcome){.reward = i == 4, .is_terminal = i == 5});
    variants[n++] = e;
  }
  heed_experience *two = empty(); /* the same rows, split into episodes otherwise */
  begin(two, 0);
  begin(two, 0);
  variants[n++] = two;
  heed_error err = {0};
  heed_space wider = heed_space_board(1, 3, 5);
  heed_space moves = heed_space_discrete(5);
  assert_ok(heed_experience_create(&wider, &moves, &variants[n++], &err), &err);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < i; j++) {
      assert_true(heed_experience_hash(variants[i]) != heed_experience_hash(variants[j]));
    }
  }
  for (size_t i = 0; i < n; i++) {
    heed_experience_destroy(variants[i]);
  }
}

/* ---- files ---------------------------------------------------------------------------------- */

/* Saved and loaded, it must be the same; returns what was loaded. */
static heed_experience *reloaded(const heed_experience *e, const char *path) {
  heed_error err = {0};
  heed_card card = {0};
  heed_card_text(&card, "environment", "boat");
  assert_ok(heed_experience_save(e, &card, path, &err), &err);
  heed_experience *back;
  heed_card back_card;
  assert_ok(heed_experience_load(path, &back, &back_card, &err), &err);
  assert_string_equal(heed_card_find(&back_card, "environment")->text, "boat");
  assert_true(heed_experience_hash(back) == heed_experience_hash(e));
  assert_true(heed_space_equal(heed_experience_obs_space(back), heed_experience_obs_space(e)));
  assert_true(
      heed_space_equal(heed_experience_action_space(back), heed_experience_action_space(e)));
  assert_int_equal(heed_experience_count(back), heed_experience_count(e));
  assert_int_equal(heed_experience_episode_count(back), heed_experience_episode_count(e));
  for (size_t t = 0; t < heed_experience_count(e); t++) {
    assert_int_equal(heed_experience_episode_of(back, t), heed_experience_episode_of(e, t));
    assert_memory_equal(heed_experience_next_obs(back, t), heed_experience_next_obs(e, t),
                        heed_space_size(heed_experience_obs_space(e)));
  }
  return back;
}

static void it_survives_a_file_and_can_go_on(void **state) {
  heed_experience *e = four_episodes();
  heed_experience *back = reloaded(e, scratch_path(*state, "e.heed"));
  go(e, 1, 1, (heed_outcome){.is_terminal = true});
  go(back, 1, 1, (heed_outcome){.is_terminal = true});
  assert_true(heed_experience_hash(back) == heed_experience_hash(e));
  heed_experience_destroy(back);
  heed_experience_destroy(e);
}

static void nothing_survives_a_file(void **state) {
  heed_experience *e = empty();
  heed_experience_destroy(reloaded(e, scratch_path(*state, "e.heed")));
  heed_experience_destroy(e);
}

static void boxes_survive_a_file(void **state) {
  heed_error err = {0};
  heed_space box = heed_space_box(2, low, high);
  heed_experience *e;
  assert_ok(heed_experience_create(&box, &box, &e, &err), &err);
  assert_ok(heed_experience_begin(e, (const float[]){0.25F, -1.0F}, &err), &err);
  heed_action action = {.value = {0.5F, 1.0F}};
  assert_ok(heed_experience_append(e, action, (const float[]){1.0F, 0.125F},
                                   (heed_outcome){.reward = 0.1, .is_truncated = true}, &err),
            &err);
  heed_experience *back = reloaded(e, scratch_path(*state, "e.heed"));
  assert_true(heed_experience_action(back, 0).value[0] == 0.5F);
  assert_true(heed_experience_action(back, 0).value[1] == 1.0F);
  assert_true(heed_experience_action(back, 0).value[2] == 0.0F);
  heed_experience_destroy(back);
  heed_experience_destroy(e);
}

static void a_card_is_not_needed(void **state) {
  heed_error err = {0};
  const char *path = scratch_path(*state, "e.heed");
  heed_experience *e = four_episodes();
  assert_ok(heed_experience_save(e, NULL, path, &err), &err);
  heed_experience *back;
  heed_card card;
  assert_ok(heed_experience_load(path, &back, NULL, &err), &err);
  heed_experience_destroy(back);
  assert_ok(heed_experience_load(path, &back, &card, &err), &err);
  assert_int_equal(card.count, 0);
  heed_experience_destroy(back);
  heed_experience_destroy(e);
}

static void loading_names_the_file(void **state) {
  heed_error err = {0};
  heed_experience *e;
  assert_fails(heed_experience_load(scratch_path(*state, "none"), &e, NULL, &err), HEED_ERR_IO,
               &err, "none': No such file");
  heed_experience *saved = empty();
  const char *path = scratch_path(*state, "e.heed");
  assert_ok(heed_experience_save(saved, NULL, path, &err), &err);
  heed_experience_destroy(saved);
  assert_int_equal(truncate(path, 30), 0);
  assert_fails(heed_experience_load(path, &e, NULL, &err), HEED_ERR_FORMAT, &err, "e.heed'");
}

/* ---- hostile files -------------------------------------------------------------------------- */

/* What a file says; each case below tells one lie. */
typedef struct claim {
  uint64_t begins[3];
  size_t episodes;
  uint8_t obs[6][3];
  size_t rows;
  int32_t actions[3];
  size_t action_rows;
  double rewards[3];
  size_t count;
  uint8_t flags[3];
  const heed_space *obs_space;
} claim;

static heed_status load_claim(const claim *c, heed_error *err) {
  static const uint16_t values[3] = {4, 1, 4};
  heed_space cells = {
      .kind = HEED_SPACE_CELLS, .count = 3, .value_count = 4, .value_counts = values};
  heed_space moves = heed_space_discrete(5);
  heed_pack_writer *writer;
  assert_ok(heed_pack_writer_create(&writer, err), err);
  heed_pack_map(writer, 7);
  heed_pack_key(writer, "obs_space");
  heed_pack_space(writer, c->obs_space != NULL ? c->obs_space : &cells);
  heed_pack_key(writer, "action_space");
  heed_pack_space(writer, &moves);
  heed_pack_key(writer, "episodes");
  heed_pack_numbers(writer, HEED_U64, c->episodes, 1, c->begins);
  heed_pack_key(writer, "obs");
  heed_pack_numbers(writer, HEED_U8, c->rows, 3, c->obs);
  heed_pack_key(writer, "actions");
  heed_pack_numbers(writer, HEED_I32, c->action_rows, 1, c->actions);
  heed_pack_key(writer, "rewards");
  heed__pack_any_numbers(writer, HEED_F64, c->count, 1, c->rewards);
  heed_pack_key(writer, "flags");
  heed_pack_numbers(writer, HEED_U8, c->count, 1, c->flags);
  unsigned char *bytes;
  size_t size;
  assert_ok(heed_pack_save_memory(writer, "experience", 1, &bytes, &size, err), err);
  heed_pack_writer_destroy(writer);
  heed_experience *e = NULL;
  heed_status status = heed_experience_load_memory(bytes, size, &e, NULL, err);
  free(bytes);
  heed_experience_destroy(e);
  return status;
}

/* Two episodes of two and one transitions. */
static const claim honest = {
    .begins = {0, 2},
    .episodes = 2,
    .rows = 5,
    .actions = {4, 0, 1},
    .action_rows = 3,
    .rewards = {1, 2, 3},
    .count = 3,
    .flags = {0, 1, 2},
};

static void files_that_lie_are_refused(void **state) {
  (void)state;
  heed_error err = {0};
  assert_ok(load_claim(&honest, &err), &err);
  heed_space discrete = heed_space_discrete(3);
  struct {
    claim claim;
    const char *message;
  } cases[16];
  size_t n = 0;
#define LIE(change, text)  \
  cases[n].claim = honest; \
  cases[n].claim.change;   \
  cases[n++].message = text
  LIE(begins[0] = 1, "episode 0 has transitions 1 to 2");
  LIE(begins[1] = 4, "episode 0 has transitions 0 to 4 of 3");
  LIE(begins[1] = UINT64_MAX, "episode 0 has transitions 0 to 18446744073709551615");
  LIE(rows = 4, "key 'obs': 4 rows, 5 expected");
  LIE(rows = 6, "key 'obs': 6 rows, 5 expected");
  LIE(action_rows = 2, "key 'actions': 2 rows, 3 expected");
  LIE(actions[2] = 5, "key 'actions': row 2: action 5");
  LIE(actions[0] = -1, "key 'actions': row 0: action -1");
  LIE(obs[4][2] = 4, "key 'obs': row 4: cell 2 is 4");
  LIE(obs[0][1] = 1, "key 'obs': row 0: cell 1 is 1");
  LIE(rewards[1] = (double)NAN, "key 'rewards': number 1 is not finite");
  LIE(flags[0] = 1, "transition 0: flags 1, at most 0");
  LIE(flags[2] = 4, "transition 2: flags 4, at most 3");
  LIE(obs_space = &discrete, "spaces: observations: discrete");
  for (size_t i = 0; i < n; i++) {
    assert_fails(load_claim(&cases[i].claim, &err), HEED_ERR_FORMAT, &err, cases[i].message);
  }

  claim backwards = honest;
  backwards.episodes = 3;
  backwards.begins[2] = 1;
  backwards.rows = 6;
  assert_fails(load_claim(&backwards, &err), HEED_ERR_FORMAT, &err,
               "episode 1 has transitions 2 to 1 of 3");
  claim homeless = {.rows = 3, .action_rows = 3, .count = 3};
  assert_fails(load_claim(&homeless, &err), HEED_ERR_FORMAT, &err, "3 transitions outside");
}

static void files_that_lack_a_key_are_refused(void **state) {
  (void)state;
  const char *const keys[] = {"obs_space", "action_space", "episodes", "rewards", "flags"};
  heed_space cells = heed_space_board(1, 3, 4);
  heed_space moves = heed_space_discrete(5);
  for (uint32_t given = 0; given < 5; given++) {
    heed_error err = {0};
    heed_pack_writer *writer;
    assert_ok(heed_pack_writer_create(&writer, &err), &err);
    heed_pack_map(writer, given);
    for (uint32_t i = 0; i < given; i++) {
      heed_pack_key(writer, keys[i]);
      if (i < 2) {
        heed_pack_space(writer, i == 0 ? &cells : &moves);
      } else {
        heed_pack_numbers(writer, i == 2 ? HEED_U64 : HEED_F64, 0, 1, NULL);
      }
    }
    unsigned char *bytes;
    size_t size;
    assert_ok(heed_pack_save_memory(writer, "experience", 1, &bytes, &size, &err), &err);
    heed_pack_writer_destroy(writer);
    heed_experience *e;
    assert_fails(heed_experience_load_memory(bytes, size, &e, NULL, &err), HEED_ERR_FORMAT, &err,
                 keys[given]);
    free(bytes);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(transitions_come_back_with_their_observations),
      cmocka_unit_test(episodes_are_ranges_of_transitions),
      cmocka_unit_test(a_transition_needs_an_open_episode),
      cmocka_unit_test(it_grows_without_losing_anything),
      cmocka_unit_test(spaces_that_do_not_go_together_are_refused),
      cmocka_unit_test(the_hash_is_the_same_on_every_machine),
      cmocka_unit_test(everything_that_is_stored_changes_the_hash),
      cmocka_unit_test_setup_teardown(it_survives_a_file_and_can_go_on, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(nothing_survives_a_file, scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(boxes_survive_a_file, scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(a_card_is_not_needed, scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(loading_names_the_file, scratch_setup, scratch_teardown),
      cmocka_unit_test(files_that_lie_are_refused),
      cmocka_unit_test(files_that_lack_a_key_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
