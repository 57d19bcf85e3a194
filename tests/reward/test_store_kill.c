/* test_store_kill.c: writers are killed at random moments, 200 times: what was acknowledged is there. */
#include <signal.h>

#include "reward/store_writers.h"

/* Kills a writer that starts with choice `stored`; returns how many there are then. */
static size_t kill_writer(size_t stored, useconds_t delay_us) {
  int confirmations;
  pid_t child = start_writer(stored, 100000, &confirmations);
  usleep(delay_us); /* it may not even have opened the store */
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, NULL, 0), child);
  size_t confirmed = count_confirmations(confirmations);

  /* One more may have been stored than there was time to confirm. */
  heed_store *store = open_store();
  heed_choices choices = read_all(store, "task");
  assert_in_range(choices.count, stored + confirmed, stored + confirmed + 1);
  for (size_t i = 0; i < choices.count; i++) {
    assert_is_number(&choices.items[i], i);
  }
  size_t count = choices.count;
  heed_choices_deinit(&choices);
  heed_store_close(store);
  return count;
}

static void killed_writers_lose_no_confirmed_answer(void **state) {
  (void)state;
  enum { ROUNDS = 200, STORES = 8, LONGEST_US = 25000 };
  heed_rng rng;
  heed_rng_init(&rng, 99);
  size_t stored = 0;
  size_t all = 0;
  for (size_t round = 0; round < ROUNDS; round++) {
    if (round % (ROUNDS / STORES) == 0) { /* the making of a store is interrupted, too */
      remove_store();
      stored = 0;
    }
    size_t before = stored;
    stored = kill_writer(stored, heed_rng_choice(&rng, LONGEST_US));
    all += stored - before;
  }
  assert_true(all > ROUNDS / 4); /* it was not killed too early every time */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(killed_writers_lose_no_confirmed_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
