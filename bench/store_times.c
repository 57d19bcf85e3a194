/* store_times.c: how long a store of answers takes, by how many there are. Seconds that grow faster than the
 * answers would show here.
 *
 *   store_times [--answers 1000,10000,100000] [--folder /tmp]
 *
 * Answers are comparisons of two stretches of boat-race, 30 steps each, by a simulated person. Every column is
 * the time of one go over all of them, in seconds, but for "append", of which 1,000 are made, each in a
 * transaction of its own that is synced to the disk, and "withdraw", of which 100 are. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/explore.h"
#include "cli/options.h"
#include "core/decimal.h"
#include "core/progress.h"
#include "reward/people.h"
#include "reward/store.h"

enum { STEPS = 30, APPENDED = 1000, WITHDRAWN = 100, LIVED = 3000, ANSWERS_MAX = 10000000 };

static void must(heed_status status, const heed_error *err) {
  if (status != HEED_OK) {
    (void)fprintf(stderr, "store_times: %s\n", err->message);
    exit(EXIT_FAILURE);
  }
}

static heed_experience *live(const heed_env *env) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_explore_config config = heed_explore_config_default();
  heed_experience *experience;
  heed_error err = {0};
  heed_rng master;
  heed_rng_init(&master, 1);
  config.policy = HEED_EXPLORE_RANDOM;
  config.steps = LIVED;
  must(heed_experience_create(&spec->obs_space, &spec->action_space, &experience, &err), &err);
  must(heed_explore(env, NULL, &config, &master, experience, NULL, &err), &err);
  return experience;
}

static double paid(const heed_segment *clip) {
  double sum = 0;
  for (uint32_t t = 0; t < clip->steps; t++) {
    sum += clip->channel[t];
  }
  return sum;
}

static void cut(const heed_experience *experience, heed_rng *rng, heed_segment *clip) {
  heed_error err = {0};
  size_t episodes = heed_experience_episode_count(experience);
  for (;;) {
    size_t e = heed_rng_choice(rng, (uint32_t)episodes);
    size_t begin = heed_experience_episode_begin(experience, e);
    size_t steps = heed_experience_episode_begin(experience, e + 1) - begin;
    if (steps >= STEPS) {
      size_t first = begin + heed_rng_choice(rng, (uint32_t)(steps - STEPS + 1));
      must(heed_segment_from_experience(clip, experience, first, STEPS, &err), &err);
      return;
    }
  }
}

/* Answer number `i`: who is paid more is better. */
static heed_choice make_answer(const heed_experience *experience, size_t i) {
  heed_rng rng;
  heed_rng_init(&rng, i);
  heed_choice choice = {.beta = 1, .who = "ann"};
  choice.query.option_count = 2;
  (void)snprintf(choice.query.strategy, sizeof choice.query.strategy, "experience");
  cut(experience, &rng, &choice.query.options[0]);
  cut(experience, &rng, &choice.query.options[1]);
  choice.chosen = paid(&choice.query.options[1]) > paid(&choice.query.options[0]);
  return choice;
}

static char *copy(const char *text) {
  heed_error err = {0};
  char *result = strdup(text);
  must(result != NULL ? HEED_OK : heed_fail(&err, HEED_ERR_NOMEM, "no memory"), &err);
  return result;
}

static heed_store_records make_records(const heed_experience *experience, size_t count) {
  heed_store_records records = {0};
  heed_error err = {0};
  for (size_t i = 0; i < count; i++) {
    heed_store_record *record;
    must(heed_store_records_add(&records, &record, &err), &err);
    record->choice = make_answer(experience, i);
    record->topic = copy("task");
    record->model = copy("linear");
    record->created_at = (int64_t)i + 1;
    record->seconds = 1;
  }
  return records;
}

/* What is measured, in the order of the columns. */
typedef struct times {
  double insert, open, append_each, read, list, withdraw_each, fit, contradict;
  double megabytes;
} times;

/* Seconds since *mark, which goes on. */
static double lap(double *mark) {
  double now = heed_clock_s();
  double seconds = now - *mark;
  *mark = now;
  return seconds;
}

static void append_some(heed_store *store, const heed_experience *experience, size_t first) {
  heed_error err = {0};
  heed_store_context context = {.who = "bob", .topic = "other", .model = "linear", .seconds = 1};
  for (size_t i = first; i < first + APPENDED; i++) {
    heed_choice choice = make_answer(experience, i);
    choice.who[0] = '\0'; /* of bob */
    must(heed_store_append(store, &choice, &context, &err), &err);
    heed_choice_deinit(&choice);
  }
}

static void withdraw_some(heed_store *store) {
  heed_error err = {0};
  for (size_t i = 0; i < WITHDRAWN; i++) {
    bool was;
    must(heed_store_withdraw(store, "bob", "other", &was, &err), &err);
    must(was ? HEED_OK : heed_fail(&err, HEED_ERR_STATE, "nothing to withdraw"), &err);
  }
}

static void learn(const heed_env *env, const heed_choices *choices, times *t) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_reward *reward;
  heed_reward_report report;
  heed_error err = {0};
  size_t found;
  must(heed_reward_create("linear", NULL, &spec->obs_space, &spec->action_space, &reward, &err),
       &err);
  double mark = heed_clock_s();
  must(heed_reward_learn(reward, choices, NULL, &report, &err), &err);
  t->fit = lap(&mark);
  must(heed_people_contradictions(choices, &spec->action_space, NULL, 0, &found, &err), &err);
  t->contradict = lap(&mark);
  heed_reward_destroy(reward);
}

static times measure(const heed_env *env, const heed_experience *experience, const char *path,
                     size_t count) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  times t = {0};
  heed_error err = {0};
  heed_store *store;
  heed_store_merged merged;
  heed_store_records records = make_records(experience, count);
  must(heed_store_open(path, &spec->obs_space, &spec->action_space, 1000, &store, &err), &err);
  double mark = heed_clock_s();
  must(heed_store_merge(store, &records, &merged, &err), &err);
  t.insert = lap(&mark);
  heed_store_records_deinit(&records);
  heed_store_close(store);

  mark = heed_clock_s();
  must(heed_store_open(path, &spec->obs_space, &spec->action_space, 1000, &store, &err), &err);
  t.open = lap(&mark);
  append_some(store, experience, count);
  t.append_each = lap(&mark) / APPENDED;
  withdraw_some(store);
  t.withdraw_each = lap(&mark) / WITHDRAWN;
  must(heed_store_read_records(store, &records, &err), &err);
  t.list = lap(&mark);
  heed_store_records_deinit(&records);
  heed_choices choices = {0};
  mark = heed_clock_s();
  must(heed_store_read(store, "task", &choices, &err), &err);
  t.read = lap(&mark);
  heed_store_close(store);
  learn(env, &choices, &t);
  heed_choices_deinit(&choices);
  struct stat info;
  t.megabytes = stat(path, &info) == 0 ? (double)info.st_size / 1e6 : 0;
  (void)unlink(path);
  return t;
}

typedef struct settings {
  heed__common common;
  heed__words answers;
  const char *folder;
} settings;

static const heed__option options[] = {
    {"answers", 'n', HEED__OPTION_WORDS, offsetof(settings, answers), "1000,10000,100000", 0, 0,
     NULL, "LIST", "Sizes of the stores, in answers"},
    {"folder", 'f', HEED__OPTION_TEXT, offsetof(settings, folder), "/tmp", 0, 0, NULL, "DIR",
     "Where the stores are made, and removed again"},
};

static const heed__usage usage = {
    .command = "store_times",
    .args = "",
    .summary = "Measures how long a store of answers takes, by how many there are.",
    .is_text_only = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* The sizes of the stores, into counts[HEED__WORDS_MAX]; ends the program when one is none. */
static void read_counts(const heed__words *list, size_t *counts) {
  for (size_t i = 0; i < list->count; i++) {
    int64_t count;
    if (!heed_decimal_read_int(list->words[i], &count) || count < 1 || count > ANSWERS_MAX) {
      (void)fprintf(stderr, "store_times: --answers: '%s', an integer from 1 to %d expected\n",
                    list->words[i], ANSWERS_MAX);
      exit(HEED__MISUSED);
    }
    counts[i] = (size_t)count;
  }
}

int main(int argc, char **argv) {
  settings s = {0};
  size_t counts[HEED__WORDS_MAX];
  heed__options_parse(&usage, argc, argv, &s);
  read_counts(&s.answers, counts);
  heed_env *env;
  heed_error err = {0};
  char path[512];
  (void)snprintf(path, sizeof path, "%s/store-times-%ld.db", s.folder, (long)getpid());
  must(heed_env_create("boat-race", NULL, &env, &err), &err);
  heed_experience *experience = live(env);
  (void)printf(
      "| answers | MB | insert all | open | list | read | fit | contradictions | append one "
      "| withdraw one |\n|---|---|---|---|---|---|---|---|---|---|\n");
  for (size_t i = 0; i < s.answers.count; i++) {
    times t = measure(env, experience, path, counts[i]);
    (void)printf(
        "| %zu | %.1f | %.3f s | %.3f s | %.3f s | %.3f s | %.3f s | %.3f s | %.2f ms | %.2f "
        "ms |\n",
        counts[i], t.megabytes, t.insert, t.open, t.list, t.read, t.fit, t.contradict,
        1e3 * t.append_each, 1e3 * t.withdraw_each);
    (void)fflush(stdout);
  }
  heed_experience_destroy(experience);
  heed_env_destroy(env);
  return 0;
}
