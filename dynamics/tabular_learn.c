/* tabular_learn.c: counting. See tabular.c for what is counted.
 *
 * Every transition is kept as a record of numbers. When an action is first seen to change an
 * observation, attempts of it that were in vain are part of the history from then on, and what was
 * counted at that observation is counted again from its records. The counts are therefore a function of
 * the records in their order: learning one by one, at once, or from a file gives the same model. */
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

/* The context of a key, added when new. */
static heed_status add_context(tabular *self, const uint32_t *key, tabular_context **out,
                               heed_error *err) {
  uint32_t before = self->keys.count;
  uint32_t capacity = self->keys.capacity;
  if (before == capacity) {
    heed_status status = grow((void **)&self->contexts, capacity, 2 * capacity,
                              sizeof *self->contexts, "contexts", err);
    if (status != HEED_OK) {
      return status;
    }
  }
  uint32_t id = HEED_INTERN_NONE;
  heed_status status = heed_intern_add(&self->keys, key, &id, err);
  if (status != HEED_OK) {
    return status;
  }
  if (id == before) {
    self->contexts[id] = (tabular_context){.first = HEED_INTERN_NONE};
  }
  *out = &self->contexts[id];
  return HEED_OK;
}

static heed_status add_outcome(tabular *self, const heed__record *record, uint32_t *id,
                               heed_error *err) {
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
  self->outcomes[*id] = (tabular_outcome){
      .obs = record->next_obs, .is_terminal = record->is_terminal, .next = HEED_INTERN_NONE};
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
                                uint32_t *id, bool *is_new, heed_error *err) {
  uint32_t last = HEED_INTERN_NONE;
  uint32_t i = c->first;
  while (i != HEED_INTERN_NONE && (self->outcomes[i].obs != record->next_obs ||
                                   self->outcomes[i].is_terminal != record->is_terminal)) {
    last = i;
    i = self->outcomes[i].next;
  }
  *is_new = i == HEED_INTERN_NONE;
  if (*is_new) {
    heed_status status = add_outcome(self, record, &i, err);
    if (status != HEED_OK) {
      return status;
    }
    *(last == HEED_INTERN_NONE ? &c->first : &self->outcomes[last].next) = i;
  }
  *id = i;
  return HEED_OK;
}

/* Counts a record at one context. At the longest an episode weighs 1; at a shorter one an outcome weighs
 * 1 for each longer context that it is new to (`is_type`). *is_new: it had never come up here. */
static heed_status count_at(tabular *self, const uint32_t *key, const heed__record *record,
                            bool is_longest, bool is_type, bool *is_new, heed_error *err) {
  tabular_context *c = NULL;
  uint32_t i = HEED_INTERN_NONE;
  heed_status status = add_context(self, key, &c, err);
  if (status == HEED_OK) {
    status = find_outcome(self, c, record, &i, is_new, err);
  }
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
}

/* Counts a record at every context that it has. */
static heed_status count(tabular *self, uint32_t r, heed_error *err) {
  const heed__record record = self->records.items[r];
  if (record.is_context) {
    return HEED_OK;
  }
  uint32_t numbers[2 * TABULAR_HISTORY_MAX];
  uint32_t key[TABULAR_KEY_WORDS_MAX];
  history_of(self, r, numbers);
  heed_status status = HEED_OK;
  bool is_type = true; /* so far new at every longer context */
  for (uint32_t level = 0; level < self->levels && status == HEED_OK; level++) {
    bool is_new = false;
    heed__tabular_key(self, numbers, record.action, level, key);
    status = count_at(self, key, &record, level == 0, is_type, &is_new, err);
    is_type = is_type && is_new;
  }
  return status;
}

/* Counts everything at an observation again, after a further action was seen to change it. */
static heed_status recount(tabular *self, uint32_t obs, heed_error *err) {
  for (uint32_t c = 0; c < self->keys.count; c++) {
    const uint32_t *key = heed_intern_row(&self->keys, c);
    if (key[self->history] == obs) {
      self->contexts[c] = (tabular_context){.first = HEED_INTERN_NONE};
    }
  }
  /* The chain of records leads backwards: turn it around to count in order. */
  uint32_t before = HEED_INTERN_NONE;
  uint32_t r = self->records.last_record[obs];
  while (r != HEED_INTERN_NONE) {
    uint32_t earlier = self->records.items[r].previous;
    self->records.items[r].previous = before;
    before = r;
    r = earlier;
  }
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
    self->changes[record.obs] |= change;
    return recount(self, record.obs, err);
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
