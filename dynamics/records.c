#include "dynamics/records.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FLAG_TERMINAL = 1, FLAG_FIRST = 2, FLAG_CONTEXT = 4, FLAGS = 7 };

heed_status heed__records_init(heed__records *records, const heed_space *obs_space,
                               uint32_t action_count, heed_error *err) {
  enum { FIRST_ROWS = 256, FIRST_BYTES = 1 << 20 };
  assert(action_count <= HEED__RECORDS_ACTIONS_MAX);
  records->obs_space = obs_space;
  records->obs_size = heed_space_size(obs_space);
  records->action_count = action_count;

  /* A file may name huge observations and bring none: little room for them at first. */
  size_t fit = FIRST_BYTES / records->obs_size;
  uint32_t rows = fit > FIRST_ROWS ? FIRST_ROWS : (uint32_t)fit + 1;
  heed_status status = heed_intern_init(&records->observations, records->obs_size, rows, err);
  if (status != HEED_OK) {
    return status;
  }
  records->last_record = calloc(rows, sizeof *records->last_record);
  return records->last_record != NULL ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "no memory");
}

void heed__records_deinit(heed__records *records) {
  heed_intern_deinit(&records->observations);
  free(records->last_record);
  free(records->items);
}

heed_status heed__records_number(heed__records *records, const void *obs, uint32_t *number,
                                 heed_error *err) {
  heed_intern *table = &records->observations;
  uint32_t before = table->count;
  if (before == table->capacity && heed_intern_find(table, obs) == HEED_INTERN_NONE) {
    /* The array beside the table grows first: a failure leaves everything as it was. */
    size_t size = 2 * (size_t)table->capacity * sizeof *records->last_record;
    uint32_t *larger = realloc(records->last_record, size);
    if (larger == NULL) {
      return heed_fail(err, HEED_ERR_NOMEM, "%u observations: no memory", 2 * table->capacity);
    }
    records->last_record = larger;
  }
  heed_status status = heed_intern_add(table, obs, number, err);
  if (status == HEED_OK && *number == before) {
    records->last_record[*number] = HEED_INTERN_NONE;
  }
  return status;
}

heed_status heed__records_append(heed__records *records, heed__record record, uint32_t *index,
                                 heed_error *err) {
  if (records->count == records->capacity) {
    if (records->count >= INT32_MAX) {
      return heed_fail(err, HEED_ERR_NOMEM, "more than %d transitions", INT32_MAX);
    }
    uint32_t capacity = records->capacity == 0 ? 1024 : 2 * records->capacity;
    heed__record *larger = realloc(records->items, (size_t)capacity * sizeof *larger);
    if (larger == NULL) {
      return heed_fail(err, HEED_ERR_NOMEM, "%u records: no memory", capacity);
    }
    records->items = larger;
    records->capacity = capacity;
  }
  uint32_t r = records->count++;
  record.episode = r == 0 ? 0 : records->items[r - 1].episode + record.is_first;
  record.previous = records->last_record[record.obs];
  records->items[r] = record;
  records->last_record[record.obs] = r;
  *index = r;
  return HEED_OK;
}

/* ---- experience ------------------------------------------------------------------------------- */

/* Takes in transition t of an experience. */
static heed_status take_one(heed__records *records, const heed_experience *experience, size_t t,
                            bool is_first, bool is_context, heed__record_learner *learn,
                            void *owner, heed_error *err) {
  heed_outcome outcome = heed_experience_outcome(experience, t);
  heed__record record = {.action = (uint16_t)heed_experience_action(experience, t).index,
                         .is_terminal = outcome.is_terminal,
                         .is_first = is_first,
                         .is_context = is_context,
                         .reward = outcome.reward};
  heed_status status =
      heed__records_number(records, heed_experience_obs(experience, t), &record.obs, err);
  if (status == HEED_OK) {
    status = heed__records_number(records, heed_experience_next_obs(experience, t),
                                  &record.next_obs, err);
  }
  return status == HEED_OK ? learn(owner, record, err) : status;
}

/* Does transition t begin where the last record ended? Another experience may lie where the last one that
 * was learned from lay. */
static bool follows(const heed__records *records, const heed_experience *experience, size_t t) {
  return records->count > 0 &&
         records->items[records->count - 1].next_obs ==
             heed_intern_find(&records->observations, heed_experience_obs(experience, t));
}

heed_status heed__records_take(heed__records *records, const heed_experience *experience,
                               size_t first, size_t count,
                               size_t (*look_back)(const void *owner,
                                                   const heed_experience *experience, size_t t,
                                                   size_t begin),
                               heed__record_learner *learn, void *owner,
                               const heed_progress_sink *progress, heed_error *err) {
  heed_status status = HEED_OK;
  for (size_t t = first; t < first + count && status == HEED_OK; t++) {
    size_t episode = heed_experience_episode_of(experience, t);
    size_t begin = heed_experience_episode_begin(experience, episode);
    bool goes_on = t > begin && records->last_experience == experience &&
                   records->last_transition + 1 == t && follows(records, experience, t);
    size_t from = goes_on ? t : look_back == NULL ? begin : look_back(owner, experience, t, begin);
    for (size_t i = from; i <= t && status == HEED_OK; i++) {
      bool is_first = i == from && !goes_on;
      status = take_one(records, experience, i, is_first, i < t, learn, owner, err);
    }
    records->last_experience = experience;
    records->last_transition = t;
    if (t % 4096 == 0 && !heed_progress_report(progress, t - first, count)) {
      break;
    }
  }
  return status;
}

/* ---- files ------------------------------------------------------------------------------------ */

void heed__records_save(const heed__records *records, heed_pack_writer *writer) {
  size_t n = records->count;
  size_t rows_size = records->observations.count * records->obs_size;
  size_t size = rows_size > n * sizeof(double) ? rows_size : n * sizeof(double);
  unsigned char *bytes = malloc(size + 1);
  if (bytes == NULL) {
    heed_pack_writer_fail(writer, HEED_ERR_NOMEM, "no memory for %zu bytes", size);
    return;
  }
  uint32_t *numbers = (uint32_t *)(void *)bytes;
  double *reals = (double *)(void *)bytes;

  heed_pack_map(writer, 6);
  for (uint32_t i = 0; i < records->observations.count; i++) {
    memcpy(bytes + i * records->obs_size, heed__records_obs(records, i), records->obs_size);
  }
  heed_pack_key(writer, "observations");
  heed_pack_numbers(writer, HEED_U8, records->observations.count, records->obs_size, bytes);

  for (size_t i = 0; i < n; i++) {
    numbers[i] = records->items[i].obs;
  }
  heed_pack_key(writer, "obs");
  heed_pack_numbers(writer, HEED_U32, n, 1, numbers);

  for (size_t i = 0; i < n; i++) {
    bytes[i] = (unsigned char)records->items[i].action;
  }
  heed_pack_key(writer, "action");
  heed_pack_numbers(writer, HEED_U8, n, 1, bytes);

  for (size_t i = 0; i < n; i++) {
    numbers[i] = records->items[i].next_obs;
  }
  heed_pack_key(writer, "next_obs");
  heed_pack_numbers(writer, HEED_U32, n, 1, numbers);

  for (size_t i = 0; i < n; i++) {
    const heed__record *r = &records->items[i];
    bytes[i] = (unsigned char)((r->is_terminal ? FLAG_TERMINAL : 0) |
                               (r->is_first ? FLAG_FIRST : 0) | (r->is_context ? FLAG_CONTEXT : 0));
  }
  heed_pack_key(writer, "flags");
  heed_pack_numbers(writer, HEED_U8, n, 1, bytes);

  for (size_t i = 0; i < n; i++) {
    reals[i] = records->items[i].reward;
  }
  heed_pack_key(writer, "reward");
  heed_pack_numbers(writer, HEED_F64, n, 1, reals);
  free(bytes);
}

static heed_status load_observations(heed__records *records, const heed_pack_value *map,
                                     heed_error *err) {
  size_t count;
  const void *data;
  heed_status status = heed_pack_get_numbers(map, "observations", HEED_U8, SIZE_MAX,
                                             records->obs_size, &count, NULL, &data, err);
  for (size_t i = 0; i < count && status == HEED_OK; i++) {
    const unsigned char *row = (const unsigned char *)data + i * records->obs_size;
    uint32_t number = 0;
    status = heed_space_check_row(records->obs_space, row, err);
    if (status != HEED_OK) {
      return heed_fail(err, HEED_ERR_FORMAT, "observations: row %zu is outside its space", i);
    }
    status = heed__records_number(records, row, &number, err);
    if (status == HEED_OK && number != i) {
      status = heed_fail(err, HEED_ERR_FORMAT, "observations: row %zu is row %u again", i, number);
    }
  }
  return status;
}

/* Is a record one that learning could have made? */
static heed_status check_record(const heed__records *records, const heed__record *r, size_t i,
                                unsigned flags, heed_error *err) {
  uint32_t known = records->observations.count;
  if (r->obs >= known || r->next_obs >= known || r->action >= records->action_count ||
      flags > FLAGS) {
    return heed_fail(err, HEED_ERR_FORMAT,
                     "record %zu: obs %u, next_obs %u of %u observations, action %u of %u, flags "
                     "%u of 0 to %d",
                     i, r->obs, r->next_obs, known, r->action, records->action_count, flags, FLAGS);
  }
  if (!r->is_first && (i == 0 || records->items[i - 1].next_obs != r->obs)) {
    return heed_fail(err, HEED_ERR_FORMAT, "record %zu does not follow the one before it", i);
  }
  if (r->reward - r->reward != 0) {
    return heed_fail(err, HEED_ERR_FORMAT, "record %zu: reward %g is not finite", i, r->reward);
  }
  return HEED_OK;
}

heed_status heed__records_load(heed__records *records, const heed_pack_value *map,
                               heed__record_learner *learn, void *owner, heed_error *err) {
  size_t n = 0;
  const void *obs = NULL;
  const void *action = NULL;
  const void *next_obs = NULL;
  const void *flags = NULL;
  const void *reward = NULL;
  heed_status status = load_observations(records, map, err);
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "obs", HEED_U32, SIZE_MAX, 1, &n, NULL, &obs, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "action", HEED_U8, n, 1, NULL, NULL, &action, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "next_obs", HEED_U32, n, 1, NULL, NULL, &next_obs, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "flags", HEED_U8, n, 1, NULL, NULL, &flags, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "reward", HEED_F64, n, 1, NULL, NULL, &reward, err);
  }
  for (size_t i = 0; i < n && status == HEED_OK; i++) {
    unsigned flag = ((const unsigned char *)flags)[i];
    heed__record record = {.obs = ((const uint32_t *)obs)[i],
                           .next_obs = ((const uint32_t *)next_obs)[i],
                           .action = ((const unsigned char *)action)[i],
                           .is_terminal = (flag & FLAG_TERMINAL) != 0,
                           .is_first = (flag & FLAG_FIRST) != 0,
                           .is_context = (flag & FLAG_CONTEXT) != 0,
                           .reward = ((const double *)reward)[i]};
    status = check_record(records, &record, i, flag, err);
    if (status == HEED_OK) {
      status = learn(owner, record, err);
    }
  }
  return status;
}
