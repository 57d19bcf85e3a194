/* test_allocation.c: each allocation is made to fail in turn. The answer is HEED_ERR_NOMEM, nothing
 * leaks (LeakSanitizer watches), and what was there is unchanged. */
#include <stdlib.h>
#include <string.h>

#include "core/allocations.h"
#include "core/cmocka_all.h"
#include "core/experience.h"
#include "core/scratch.h"
#include "core/tape.h"

/* Runs `work` with its first allocation failing, then its second, ... until none fails. */
static void fail_each(heed_status (*work)(void *context, heed_error *err), void *context,
                      size_t at_least) {
  for (size_t n = 0;; n++) {
    heed_error err = {0};
    until_failure = n;
    heed_status status = work(context, &err);
    bool is_over = until_failure != SIZE_MAX; /* else it ran down, past 0 */
    until_failure = SIZE_MAX;
    if (is_over) {
      assert_ok(status, &err);
      assert_true(n >= at_least);
      return;
    }
    assert_fails(status, HEED_ERR_NOMEM, &err, "memory");
  }
}

static const float bound[2] = {1.0F, 1.0F};
static const float zero[2] = {0.0F, 0.0F};

static heed_status create(void *context, heed_error *err) {
  (void)context;
  heed_space box = heed_space_box(2, zero, bound);
  heed_experience *e;
  heed_status status = heed_experience_create(&box, &box, &e, err);
  if (status == HEED_OK) {
    heed_experience_destroy(e);
  }
  return status;
}

static void creating_experience(void **state) {
  (void)state;
  fail_each(create, NULL, 5); /* itself, and two arrays of bounds for each space */
}

/* An experience of one episode. */
static heed_experience *lived(size_t transitions) {
  heed_error err = {0};
  heed_space box = heed_space_box(2, zero, bound);
  heed_experience *e;
  assert_ok(heed_experience_create(&box, &box, &e, &err), &err);
  assert_ok(heed_experience_begin(e, zero, &err), &err);
  for (size_t t = 0; t < transitions; t++) {
    heed_action action = {.value = {0.5F, 0.5F}};
    assert_ok(heed_experience_append(e, action, bound, (heed_outcome){.reward = 1}, &err), &err);
  }
  return e;
}

static heed_status grow(void *context, heed_error *err) {
  heed_experience *e = context;
  uint64_t before = heed_experience_hash(e);
  heed_action action = {.value = {0.25F, 0.5F}};
  heed_status status = heed_experience_append(e, action, zero, (heed_outcome){.reward = 2}, err);
  if (status != HEED_OK) {
    assert_true(heed_experience_hash(e) == before);
  }
  return status;
}

static heed_status begin(void *context, heed_error *err) {
  heed_experience *e = context;
  uint64_t before = heed_experience_hash(e);
  heed_status status = heed_experience_begin(e, zero, err);
  if (status != HEED_OK) {
    assert_true(heed_experience_hash(e) == before);
  }
  return status;
}

static void growing_experience(void **state) {
  (void)state;
  heed_experience *e = lived(0);
  fail_each(grow, e, 4); /* actions, rewards, flags, episodes */
  heed_experience_destroy(e);
  e = lived(15); /* the rows are full */
  fail_each(begin, e, 1);
  heed_experience_destroy(e);
}

typedef struct place { /* what is saved where */
  heed_experience *experience;
  const char *path;
} place;

static heed_status save(void *context, heed_error *err) {
  place *p = context;
  return heed_experience_save(p->experience, NULL, p->path, err);
}

static heed_status load(void *context, heed_error *err) {
  heed_experience *e;
  heed_card card;
  heed_status status = heed_experience_load(((place *)context)->path, &e, &card, err);
  if (status == HEED_OK) {
    heed_experience_destroy(e);
  }
  return status;
}

static void saving_and_loading(void **state) {
  place p = {lived(3), scratch_path(*state, "e.heed")};
  fail_each(save, &p, 3);
  assert_int_equal(scratch_count(*state), 1);
  fail_each(load, &p, 12);
  heed_experience_destroy(p.experience);
}

static heed_status segment(void *context, heed_error *err) {
  heed_segment first;
  heed_segment second;
  heed_status status = heed_segment_from_experience(&first, context, 0, 3, err);
  if (status != HEED_OK) {
    return status;
  }
  status = heed_segment_copy(&second, &first, err);
  if (status == HEED_OK) {
    heed_pack_writer *writer = NULL;
    status = heed_pack_writer_create(&writer, err);
    if (status == HEED_OK) {
      unsigned char *bytes;
      size_t size;
      const heed_space *box = heed_experience_obs_space(context);
      heed_segment_write(&second, box, box, writer);
      status = heed_pack_save_memory(writer, "segment", 1, &bytes, &size, err);
      if (status == HEED_OK) {
        free(bytes);
      }
    }
    heed_pack_writer_destroy(writer);
    heed_segment_deinit(&second);
  }
  heed_segment_deinit(&first);
  return status;
}

static void segments(void **state) {
  (void)state;
  heed_experience *e = lived(3);
  fail_each(segment, e, 9); /* three arrays twice, rows of actions, writer, bytes */
  heed_experience_destroy(e);
}

static heed_status record(void *context, heed_error *err) {
  (void)context;
  heed_tape tape;
  heed_tape_init(&tape, HEED_TAPE_RECORD);
  heed_status status = heed_tape_append(&tape, (heed_draw){.uniform = 0.5}, err);
  assert_int_equal(tape.mismatch, status != HEED_OK);
  heed_tape_deinit(&tape);
  return status;
}

static void recording(void **state) {
  (void)state;
  fail_each(record, NULL, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(creating_experience),
      cmocka_unit_test(growing_experience),
      cmocka_unit_test_setup_teardown(saving_and_loading, scratch_setup, scratch_teardown),
      cmocka_unit_test(segments),
      cmocka_unit_test(recording),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
