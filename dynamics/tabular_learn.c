/* tabular_learn.c: counting. See tabular.c for what is counted.
 *
 * Every transition is kept as a record of numbers. When an action is first seen to change an
 * observation, attempts of it that were in vain are part of the history from then on, and what was
 * counted at that observation is forgotten, and counted again from its records. The counts are therefore a function of
 * the records in their order: learning one by one, at once, or from a file gives the same model. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/pages.h"
#include "dynamics/tabular.h"

/* Grows an array from `old` to `capacity` elements of `size` bytes; zeroes nothing. */
static heed_status grow(void **array, uint32_t old, uint32_t capacity, size_t size,
                        const char *what, heed_error *err) {
  void *larger = heed__grow_block(*array, old * size, capacity * size);
  if (larger == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%u %s: no memory", capacity, what);
  }
  *array = larger;
  return HEED_OK;
}

heed_status heed__tabular_fit_slots(tabular *self, uint32_t before, uint32_t capacity,
                                    heed_error *err) {
  /* On lines of the cache, which malloc does not promise. */
  enum { LINE = 64 };
  size_t row = self->action_count * sizeof *self->slots;
  size_t size = (capacity * row + LINE - 1) & ~(size_t)(LINE - 1);
  tabular_slot *larger = aligned_alloc(LINE, size);
  if (larger == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%u histories: no memory", capacity);
  }
  heed__huge_pages(larger, size);
  if (before > 0) {
    memcpy(larger, self->slots, before * row);
  }
  free(self->slots);
  self->slots = larger;
  return HEED_OK;
}

/* The number of a history, added when new. */
static heed_status add_history(tabular *self, const uint32_t *numbers, uint32_t *id,
                               heed_error *err) {
  heed_intern *table = &self->histories;
  *id = heed_intern_find(table, numbers);
  if (*id != HEED_INTERN_NONE) {
    return HEED_OK;
  }
  heed_status status = HEED_OK;
  if (table->count == table->capacity) {
    status = heed__tabular_fit_slots(self, table->count, 2 * table->capacity, err);
  }
  if (status == HEED_OK) {
    status = heed_intern_add(table, numbers, id, err);
  }
  for (uint32_t action = 0; action < self->action_count && status == HEED_OK; action++) {
    *heed__tabular_slot(self, *id, action) =
        (tabular_slot){.history = HEED_INTERN_NONE, .context = HEED_INTERN_NONE};
  }
  return status;
}

static heed_status add_context(tabular *self, uint32_t *id, heed_error *err) {
  if (self->context_count == self->context_capacity) {
    uint32_t capacity = self->context_capacity == 0 ? 256 : 2 * self->context_capacity;
    heed_status status = grow((void **)&self->contexts, self->context_capacity, capacity,
                              sizeof *self->contexts, "contexts", err);
    if (status != HEED_OK) {
      return status;
    }
    self->context_capacity = capacity;
  }
  *id = self->context_count++;
  self->contexts[*id] = (tabular_context){.first = HEED_INTERN_NONE, .shorter = HEED_INTERN_NONE};
  return HEED_OK;
}

/* The longest context of a history and an action, added when new. */
static heed_status longest_context(tabular *self, uint32_t history, uint32_t action, uint32_t *id,
                                   heed_error *err) {
  tabular_slot *slot = heed__tabular_slot(self, history, action);
  heed_status status = HEED_OK;
  if (slot->context == HEED_INTERN_NONE) {
    status = add_context(self, &slot->context, err);
  }
  *id = slot->context;
  return status;
}

/* A shorter context, added when new. */
static heed_status shorter_context(tabular *self, const uint32_t *key, uint32_t *id,
                                   heed_error *err) {
  uint32_t row = heed_intern_find(&self->keys, key);
  if (row != HEED_INTERN_NONE) {
    *id = self->keyed[row];
    return HEED_OK;
  }
  heed_status status = HEED_OK;
  uint32_t capacity = self->keys.capacity;
  if (self->keys.count == capacity) {
    status =
        grow((void **)&self->keyed, capacity, 2 * capacity, sizeof *self->keyed, "contexts", err);
  }
  if (status == HEED_OK) {
    status = add_context(self, id, err);
  }
  if (status == HEED_OK) {
    status = heed_intern_add(&self->keys, key, &row, err);
  }
  if (status == HEED_OK) {
    self->keyed[row] = *id;
  }
  return status;
}

static heed_status add_outcome(tabular *self, const heed__record *record, uint32_t history,
                               uint32_t *id, heed_error *err) {
  if (self->outcome_count == self->outcome_capacity) {
    uint32_t capacity = self->outcome_capacity == 0 ? 1024 : 2 * self->outcome_capacity;
    heed_status status = grow((void **)&self->outcomes, self->outcome_capacity, capacity,
                              sizeof *self->outcomes, "outcomes", err);
    if (status != HEED_OK) {
      return status;
    }
    self->outcome_capacity = capacity;
  }
  *id = self->outcome_count++;
  self->outcomes[*id] = (tabular_outcome){.obs = record->next_obs,
                                          .is_terminal = record->is_terminal,
                                          .next = HEED_INTERN_NONE,
                                          .history = history};
  return HEED_OK;
}

/* Closes the weights of the episode that a context was last visited in. */
static void close_episode(tabular *self, tabular_context *c) {
  for (uint32_t i = c->first; i != HEED_INTERN_NONE && c->visits > 0; i = self->outcomes[i].next) {
    self->outcomes[i].closed = heed__tabular_weight(c, &self->outcomes[i]);
    self->outcomes[i].visits = 0;
  }
  c->visits = 0;
}

/* Finds the outcome of a record at a context, or adds it. */
static heed_status find_outcome(tabular *self, tabular_context *c, const heed__record *record,
                                uint32_t history, uint32_t *id, bool *is_new, heed_error *err) {
  uint32_t last = HEED_INTERN_NONE;
  uint32_t i = c->first;
  while (i != HEED_INTERN_NONE && (self->outcomes[i].obs != record->next_obs ||
                                   self->outcomes[i].is_terminal != record->is_terminal)) {
    last = i;
    i = self->outcomes[i].next;
  }
  *is_new = i == HEED_INTERN_NONE;
  if (*is_new) {
    heed_status status = add_outcome(self, record, history, &i, err);
    if (status != HEED_OK) {
      return status;
    }
    *(last == HEED_INTERN_NONE ? &c->first : &self->outcomes[last].next) = i;
  }
  *id = i;
  return HEED_OK;
}

/* Counts a record at one context. At the longest, from where it leads to `history`, an episode weighs 1; at a
 * shorter one (HEED_INTERN_NONE) an outcome weighs 1 for each longer context that it is new to (`is_type`).
 * *is_new: it had never come up here. */
static heed_status count_at(tabular *self, tabular_context *c, const heed__record *record,
                            uint32_t history, bool is_type, bool *is_new, heed_error *err) {
  bool is_longest = history != HEED_INTERN_NONE;
  uint32_t i = HEED_INTERN_NONE;
  heed_status status = find_outcome(self, c, record, history, &i, is_new, err);
  if (status != HEED_OK) {
    return status;
  }
  tabular_outcome *o = &self->outcomes[i];
  o->samples++;
  o->channel += (record->reward - o->channel) / o->samples;
  if (!is_longest || !self->params.by_episode) {
    o->closed += is_longest || is_type;
    c->total += is_longest || is_type;
    return HEED_OK;
  }
  if (c->visits == 0 || c->episode != record->episode) {
    close_episode(self, c);
    c->episode = record->episode;
    c->total += 1;
  }
  o->visits++;
  c->visits++;
  return HEED_OK;
}

/* The least uniform draw u, a multiple of 2^-53, for which u times `total` is no longer below `weight`, in
 * floating point as pick_by_count has it: the product never decreases with u, so one comparison says the
 * same. */
static double least_not_below(double weight, double total) {
  double n = fmin(floor(weight / total * 0x1p53), 0x1p53);
  while (n > 0 && !((n - 1) * 0x1p-53 * total - weight < 0)) {
    n--;
  }
  while (n < 0x1p53 && n * 0x1p-53 * total - weight < 0) {
    n++;
  }
  return n * 0x1p-53;
}

/* Brings a slot in step with its context. */
static void refresh(const tabular *self, tabular_slot *slot) {
  uint32_t id = slot->context;
  *slot = (tabular_slot){.history = HEED_INTERN_NONE, .context = id};
  const tabular_context *c = &self->contexts[id];
  if (c->first == HEED_INTERN_NONE) {
    return;
  }
  const tabular_outcome *o = &self->outcomes[c->first];
  slot->below = least_not_below(heed__tabular_weight(c, o), c->total + self->params.concentration);
  slot->channel = o->channel;
  slot->obs = o->obs;
  slot->history = o->history;
  slot->is_terminal = o->is_terminal != 0;
  /* The only level is of one observation without attempts: where nothing changes, the history is the same. */
  slot->is_only = self->levels == 1 && o->next == HEED_INTERN_NONE;
}

/* The history that record r was made in, from as many records before it as matter. */
static void history_of(const tabular *self, uint32_t r, uint32_t *numbers) {
  uint32_t from = r;
  uint32_t changes = 0;
  while (!self->records.items[from].is_first && changes < self->history) {
    from--;
    changes +=
        !self->params.runs || self->records.items[from].obs != self->records.items[from].next_obs;
  }
  memset(numbers, 0, 2 * (size_t)self->history * sizeof *numbers);
  for (uint32_t i = 0; i + 1 < self->history; i++) {
    numbers[i] = TABULAR_START;
  }
  numbers[self->history - 1] = self->records.items[from].obs;
  for (uint32_t i = from; i < r; i++) {
    heed__tabular_shift(self, numbers, self->records.items[i].action,
                        self->records.items[i].next_obs);
  }
  numbers[2 * self->history - 1] &= heed__tabular_changes(self, self->records.items[r].obs);
}

/* The histories that a record was made in and leads to, added when new. */
static heed_status add_histories(tabular *self, const heed__record *record, uint32_t *numbers,
                                 uint32_t *from, uint32_t *to, heed_error *err) {
  uint32_t next[TABULAR_NUMBERS_MAX];
  heed__tabular_follow(self, numbers, record->action, record->next_obs, next);
  heed_status status = add_history(self, numbers, from, err);
  return status == HEED_OK ? add_history(self, next, to, err) : status;
}

/* Counts a record at every context that it has. */
static heed_status count(tabular *self, uint32_t r, heed_error *err) {
  const heed__record record = self->records.items[r];
  if (record.is_context) {
    return HEED_OK;
  }
  uint32_t numbers[TABULAR_NUMBERS_MAX];
  uint32_t key[TABULAR_KEY_WORDS_MAX];
  uint32_t from = HEED_INTERN_NONE;
  uint32_t to = HEED_INTERN_NONE;
  uint32_t longer = HEED_INTERN_NONE;
  bool is_type = true; /* so far new at every longer context */
  history_of(self, r, numbers);
  heed_status status = add_histories(self, &record, numbers, &from, &to, err);
  for (uint32_t level = 0; level < self->levels && status == HEED_OK; level++) {
    uint32_t id = HEED_INTERN_NONE;
    bool is_new = false;
    if (level == 0) {
      status = longest_context(self, from, record.action, &id, err);
    } else {
      heed__tabular_key(self, numbers, record.action, level, key);
      status = shorter_context(self, key, &id, err);
    }
    if (status == HEED_OK && level > 0) {
      self->contexts[longer].shorter = id;
    }
    if (status == HEED_OK) {
      status = count_at(self, &self->contexts[id], &record, level == 0 ? to : HEED_INTERN_NONE,
                        is_type, &is_new, err);
      is_type = is_type && is_new;
      longer = id;
    }
    if (level == 0 && id != HEED_INTERN_NONE) {
      refresh(self, heed__tabular_slot(self, from, record.action));
    }
  }
  return status;
}

/* Forgets what was counted where a record was. */
static void forget(tabular *self, uint32_t r) {
  uint32_t numbers[TABULAR_NUMBERS_MAX];
  history_of(self, r, numbers);
  uint32_t history = heed_intern_find(&self->histories, numbers);
  if (self->records.items[r].is_context || history == HEED_INTERN_NONE) {
    return;
  }
  tabular_slot *slot = heed__tabular_slot(self, history, self->records.items[r].action);
  for (uint32_t id = slot->context; id != HEED_INTERN_NONE; id = self->contexts[id].shorter) {
    tabular_context *c = &self->contexts[id];
    *c = (tabular_context){.first = HEED_INTERN_NONE, .shorter = c->shorter};
  }
  if (slot->context != HEED_INTERN_NONE) {
    refresh(self, slot);
  }
}

/* Counts everything at an observation again, when further actions are seen to change it. */
static heed_status recount(tabular *self, uint32_t obs, uint32_t changes, heed_error *err) {
  /* The chain of records leads backwards: turn it around to count in order. */
  uint32_t before = HEED_INTERN_NONE;
  uint32_t r = self->records.last_record[obs];
  while (r != HEED_INTERN_NONE) {
    uint32_t earlier = self->records.items[r].previous;
    forget(self, r);
    self->records.items[r].previous = before;
    before = r;
    r = earlier;
  }
  self->changes[obs] |= changes;
  heed_status status = HEED_OK;
  uint32_t last = HEED_INTERN_NONE;
  for (r = before; r != HEED_INTERN_NONE;) {
    uint32_t later = self->records.items[r].previous;
    self->records.items[r].previous = last;
    last = r;
    status = status == HEED_OK ? count(self, r, err) : status;
    r = later;
  }
  return status;
}

/* Makes room for what is kept of each observation. */
static heed_status fit_changes(tabular *self, heed_error *err) {
  uint32_t needed = self->records.observations.count;
  if (needed <= self->change_capacity) {
    return HEED_OK;
  }
  uint32_t capacity = self->records.observations.capacity;
  heed_status status = grow((void **)&self->changes, self->change_capacity, capacity,
                            sizeof *self->changes, "observations", err);
  if (status == HEED_OK) {
    size_t added = capacity - self->change_capacity;
    memset(self->changes + self->change_capacity, 0, added * sizeof *self->changes);
    self->change_capacity = capacity;
  }
  return status;
}

static heed_status learn_record(void *self_, heed__record record, heed_error *err) {
  tabular *self = self_;
  uint32_t r = 0;
  heed_status status = fit_changes(self, err);
  if (status == HEED_OK) {
    status = heed__records_append(&self->records, record, &r, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  uint32_t change = UINT32_C(1) << record.action;
  if (self->params.runs && record.obs != record.next_obs &&
      (self->changes[record.obs] & change) == 0) {
    return recount(self, record.obs, change, err);
  }
  return count(self, r, err);
}

/* The first transition before t that its history depends on. */
static size_t look_back(const void *self_, const heed_experience *experience, size_t t,
                        size_t begin) {
  const tabular *self = self_;
  uint32_t changes = 0;
  while (t > begin && changes < self->history) {
    t--;
    changes +=
        !self->params.runs || memcmp(heed_experience_obs(experience, t),
                                     heed_experience_next_obs(experience, t), self->obs_size) != 0;
  }
  return t;
}

heed_status heed__tabular_learn(void *self_, const heed_experience *experience, size_t first,
                                size_t count_, const heed_progress_sink *progress,
                                heed_error *err) {
  tabular *self = self_;
  return heed__records_take(&self->records, experience, first, count_, look_back, learn_record,
                            self, progress, err);
}

/* ---- files ------------------------------------------------------------------------------------ */

void heed__tabular_save(const void *self_, heed_pack_writer *writer) {
  const tabular *self = self_;
  heed__records_save(&self->records, writer);
}

heed_status heed__tabular_load(void *self_, const heed_pack_value *map, heed_error *err) {
  tabular *self = self_;
  return heed__records_load(&self->records, map, learn_record, self, err);
}
