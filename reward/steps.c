#include "reward/steps.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/rng.h"
#include "reward/response.h"

/* ---- hashes --------------------------------------------------------------------------------- */

uint64_t heed__step_key(unsigned reads, size_t obs_size, const heed_space *action_space,
                        const heed_step *step) {
  uint64_t key = reads;
  if ((reads & HEED__READS_OBS) != 0) {
    key = XXH3_64bits_withSeed(step->obs, obs_size, key);
  }
  if ((reads & HEED__READS_ACTION) != 0) {
    unsigned char row[sizeof(heed_action)] = {0};
    heed_action_to_row(action_space, step->action, row);
    key = XXH3_64bits_withSeed(row, sizeof row, key);
  }
  if ((reads & HEED__READS_NEXT) != 0) {
    key = XXH3_64bits_withSeed(step->next_obs, obs_size, key);
  }
  return key;
}

/* Box and Muller 1958, from two hashes. */
double heed__step_normal(uint64_t seed, uint64_t key) {
  uint64_t a = heed_mix64(seed, key);
  uint64_t b = heed_mix64(a, 1);
  double u = ((double)(a >> 11) + 1) * 0x1.0p-53; /* in (0, 1] */
  double v = (double)(b >> 11) * 0x1.0p-53;
  const double two_pi = 6.283185307179586;
  return sqrt(-2 * log(u)) * cos(two_pi * v);
}

/* ---- building ------------------------------------------------------------------------------- */

/* What is needed while a table is filled. */
typedef struct builder {
  heed__steps *steps;
  const heed_space *action_space;
  unsigned reads;
  double discount;
  uint32_t *slots; /* owned, [slot_count]: number of a step + 1, 0: free; open addressing */
  size_t slot_count;
  size_t *last; /* owned, [steps]: entry + 1 by which the step last came up */
  size_t option_count, entry_count;
} builder;

void heed__steps_deinit(heed__steps *steps) {
  free(steps->items);
  free(steps->keys);
  free(steps->occurrences);
  free(steps->option_of);
  free(steps->first);
  free(steps->step);
  free(steps->weight);
  free(steps->option_key);
  *steps = (heed__steps){0};
}

/* The number of a step, which is added if it is new. */
static uint32_t number_of(builder *b, const heed_step *step, uint64_t key) {
  heed__steps *s = b->steps;
  assert(b->slots != NULL && s->keys != NULL && s->items != NULL);
  size_t i = key & (b->slot_count - 1);
  for (; b->slots[i] != 0; i = (i + 1) & (b->slot_count - 1)) {
    if (s->keys[b->slots[i] - 1] == key) {
      return b->slots[i] - 1;
    }
  }
  s->items[s->count] = *step;
  s->keys[s->count] = key;
  b->slots[i] = (uint32_t)++s->count;
  return (uint32_t)s->count - 1;
}

/* Adds an option; a step that comes up in it again adds to the weight of its entry. */
static void add_option(builder *b, const heed_segment *option) {
  heed__steps *s = b->steps;
  size_t begin = b->entry_count;
  double weight = 1;
  uint64_t hash = XXH3_64bits_withSeed(option->obs, option->obs_size, option->steps);
  s->first[b->option_count] = begin;
  for (uint32_t t = 0; t < option->steps; t++) {
    heed_step step = heed_segment_step(option, t);
    uint64_t key = heed__step_key(b->reads, option->obs_size, b->action_space, &step);
    uint32_t number = number_of(b, &step, key);
    hash = heed_mix64(hash, heed__step_key(HEED__READS_ACTION | HEED__READS_NEXT, option->obs_size,
                                           b->action_space, &step));
    if (b->last[number] <= begin) {
      s->step[b->entry_count] = number;
      s->weight[b->entry_count] = 0;
      b->last[number] = ++b->entry_count;
    }
    s->weight[b->last[number] - 1] += weight;
    s->occurrences[number]++;
    weight *= b->discount;
  }
  s->option_key[b->option_count++] = hash;
}

static heed_status reserve(builder *b, const heed_choices *choices, heed_error *err) {
  heed__steps *s = b->steps;
  size_t options = 0;
  size_t entries = 0;
  for (size_t q = 0; q < choices->count; q++) {
    const heed_query *query = &choices->items[q].query;
    options += query->option_count;
    for (size_t i = 0; i < query->option_count; i++) {
      entries += query->options[i].steps;
    }
  }
  if (entries > UINT32_MAX / 4) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu steps of options: too many", entries);
  }
  b->slot_count = 16;
  while (b->slot_count < 2 * entries) {
    b->slot_count *= 2;
  }
  size_t n = entries + 1;
  b->slots = calloc(b->slot_count, sizeof *b->slots);
  b->last = calloc(n, sizeof *b->last);
  s->items = calloc(n, sizeof *s->items);
  s->keys = calloc(n, sizeof *s->keys);
  s->occurrences = calloc(n, sizeof *s->occurrences);
  s->option_of = calloc(choices->count + 1, sizeof *s->option_of);
  s->first = calloc(options + 1, sizeof *s->first);
  s->step = calloc(n, sizeof *s->step);
  s->weight = calloc(n, sizeof *s->weight);
  s->option_key = calloc(options + 1, sizeof *s->option_key);
  bool has_all = b->slots != NULL && b->last != NULL && s->items != NULL && s->keys != NULL &&
                 s->occurrences != NULL && s->option_of != NULL && s->first != NULL &&
                 s->step != NULL && s->weight != NULL && s->option_key != NULL;
  return has_all ? HEED_OK
                 : heed_fail(err, HEED_ERR_NOMEM, "%zu steps of options: no memory", entries);
}

heed_status heed__steps_init(heed__steps *steps, const heed_choices *choices,
                             const heed_space *action_space, unsigned reads, double discount,
                             heed_error *err) {
  builder b = {.steps = steps, .action_space = action_space, .reads = reads, .discount = discount};
  *steps = (heed__steps){0};
  heed_status status = reserve(&b, choices, err);
  for (size_t q = 0; q < choices->count && status == HEED_OK; q++) {
    const heed_query *query = &choices->items[q].query;
    steps->option_of[q] = b.option_count;
    for (size_t i = 0; i < query->option_count; i++) {
      add_option(&b, &query->options[i]);
    }
  }
  if (status == HEED_OK) {
    steps->option_of[choices->count] = b.option_count;
    steps->first[b.option_count] = b.entry_count;
  } else {
    heed__steps_deinit(steps);
  }
  free(b.slots);
  free(b.last);
  return status;
}

/* ---- reading -------------------------------------------------------------------------------- */

void heed__steps_returns(const heed__steps *steps, size_t q, const double *values,
                         double *returns) {
  size_t option = steps->option_of[q];
  for (size_t i = option; i < steps->option_of[q + 1]; i++) {
    double sum = 0;
    for (size_t e = steps->first[i]; e < steps->first[i + 1]; e++) {
      sum += steps->weight[e] * values[steps->step[e]];
    }
    returns[i - option] = sum;
  }
}

static double length_of(const heed__steps *steps, size_t option) {
  double sum = 0;
  for (size_t e = steps->first[option]; e < steps->first[option + 1]; e++) {
    sum += steps->weight[e];
  }
  return sum;
}

bool heed__steps_offset_is_free(const heed__steps *steps, const heed_choices *choices) {
  for (size_t q = 0; q < choices->count; q++) {
    const heed_choice *choice = &choices->items[q];
    double length = length_of(steps, steps->option_of[q]);
    bool says_something = choice->chosen != HEED_CHOICE_SKIP;
    if (says_something && heed__is_absolute(choice)) {
      return false;
    }
    for (size_t i = steps->option_of[q]; i < steps->option_of[q + 1] && says_something; i++) {
      if (fabs(length_of(steps, i) - length) > 1e-9 * length) {
        return false;
      }
    }
  }
  return true;
}
