/* test_store_kill.c: several writers at once are killed at random moments, 200 times: what was acknowledged
 * is there. */
#include <poll.h>
#include <signal.h>

#include "reward/store_writers.h"

enum { WRITERS = 3, ROUNDS = 200, STORES = 8, LONGEST_US = 40000, AWAIT_EVERY = 4 };

static const char *const topics[WRITERS] = {"one", "two", "three"};

/* Each writer has stored choices 0 .. stored-1 on its topic. At least `confirmed` of them are new; one more
 * may have been stored than there was time to confirm. */
static void check_topic(heed_store *store, size_t writer, size_t confirmed, size_t *stored) {
  heed_choices choices = read_all(store, topics[writer]);
  assert_in_range(choices.count, *stored + confirmed, *stored + confirmed + 1);
  for (size_t i = 0; i < choices.count; i++) {
    assert_is_number(&choices.items[i], i);
  }
  *stored = choices.count;
  heed_choices_deinit(&choices);
}

/* Waits until a writer confirms its first answer, however busy the machine is. */
static void await_confirmation(int confirmations) {
  struct pollfd ready = {.fd = confirmations, .events = POLLIN};
  assert_int_equal(poll(&ready, 1, -1), 1);
}

/* Starts them all, waits for one of them (WRITERS: for none) to have stored something, and kills one after the
 * other, the last while the others' logs lie about. */
static void kill_writers(size_t stored[WRITERS], size_t awaited, heed_rng *rng) {
  pid_t children[WRITERS];
  int confirmations[WRITERS];
  for (size_t w = 0; w < WRITERS; w++) {
    children[w] = start_writer(topics[w], stored[w], 100000, &confirmations[w]);
  }
  if (awaited < WRITERS) {
    await_confirmation(confirmations[awaited]);
  }
  for (size_t w = 0; w < WRITERS; w++) {
    usleep(heed_rng_choice(rng, LONGEST_US)); /* it may not even have opened the store */
    assert_int_equal(kill(children[w], SIGKILL), 0);
  }
  for (size_t w = 0; w < WRITERS; w++) {
    assert_int_equal(waitpid(children[w], NULL, 0), children[w]);
  }
  heed_store *store = open_store();
  for (size_t w = 0; w < WRITERS; w++) {
    check_topic(store, w, count_confirmations(confirmations[w]), &stored[w]);
  }
  heed_store_close(store);
}

static void killed_writers_lose_no_confirmed_answer(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 99);
  size_t stored[WRITERS] = {0};
  size_t all[WRITERS] = {0};
  size_t kills = 0;
  for (size_t round = 0; kills < ROUNDS; round++, kills += WRITERS) {
    if (round % (ROUNDS / STORES / WRITERS) == 0) { /* the making of a store is interrupted, too */
      remove_store();
      memset(stored, 0, sizeof stored);
    }
    size_t before[WRITERS];
    memcpy(before, stored, sizeof before);
    size_t awaited = round % AWAIT_EVERY == 1 ? round / AWAIT_EVERY % WRITERS : WRITERS;
    kill_writers(stored, awaited, &rng);
    for (size_t w = 0; w < WRITERS; w++) {
      all[w] += stored[w] - before[w];
    }
  }
  for (size_t w = 0; w < WRITERS; w++) {
    assert_true(all[w] >= ROUNDS / WRITERS / WRITERS / AWAIT_EVERY); /* it was awaited so often */
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(killed_writers_lose_no_confirmed_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
