#include "tests/envs/recorded_control.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmocka_all.h"

/* The registered ids of the originals: heed's name, and the parameters that the id stands for. */
static const struct {
  const char *id, *name, *params;
} ids[] = {
    {"CartPole-v0", "cartpole", "{\"max_steps\":200}"},
    {"CartPole-v1", "cartpole", "{}"},
    {"Pendulum-v1", "pendulum", "{}"},
    {"MountainCar-v0", "mountain-car", "{}"},
    {"MountainCarContinuous-v0", "mountain-car-continuous", "{}"},
    {"Acrobot-v1", "acrobot", "{}"},
    {"FrozenLake-v1", "frozen-lake", "{\"max_steps\":100}"}, /* whatever the map */
    {"FrozenLake8x8-v1", "frozen-lake", "{\"map_name\":\"8x8\"}"},
    {"CliffWalking-v1", "cliff-walking", "{}"},
    {"CliffWalkingSlippery-v1", "cliff-walking", "{\"is_slippery\":true}"},
    {"Taxi-v3", "taxi", "{\"version\":\"v3\"}"},
    {"Taxi-v4", "taxi", "{}"},
};

/* Parameters that heed calls by another name. */
static const char *const renamed[][2] = {
    {"max_episode_steps", "max_steps"},
    {"kinematics_integrator", "integrator"},
    {"book_or_nips", "dynamics"},
    {"desc", "map"},
};

/* ---- parameters ----------------------------------------------------------------------------- */

static const char *name_of(const char *original) {
  for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++) {
    if (strcmp(original, renamed[i][0]) == 0) {
      return renamed[i][1];
    }
  }
  return original;
}

static void put(recorded *r, const char *text) {
  size_t used = strlen(r->params);
  assert_true(used + strlen(text) < sizeof r->params);
  memcpy(r->params + used, text, strlen(text) + 1);
}

/* A list as its elements with '/' in between. */
static void put_value(recorded *r, const json_t *value) {
  char text[64];
  size_t i;
  json_t *element;
  switch (json_typeof(value)) {
    case JSON_TRUE:
      put(r, "true");
      break;
    case JSON_FALSE:
      put(r, "false");
      break;
    case JSON_STRING:
      put(r, json_string_value(value));
      break;
    case JSON_ARRAY:
      json_array_foreach(value, i, element) {
        put(r, i > 0 ? "/" : "");
        put_value(r, element);
      }
      break;
    default:
      assert_true(json_is_number(value));
      (void)snprintf(text, sizeof text, "%.17g", json_number_value(value));
      put(r, text);
  }
}

/* The schedule of frozen lake is three parameters of heed's. */
static void gather_rewards(json_t *all, const json_t *schedule) {
  static const char *const names[3] = {"goal_reward", "hole_reward", "step_reward"};
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(json_object_set(all, names[i], json_array_get(schedule, i)), 0);
  }
}

/* Adds the members of `from` (may be NULL) to `all`, by heed's names; the later ones win. */
static void gather(json_t *all, const json_t *from) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)from, key, value) {
    if (strcmp(key, "reward_schedule") == 0) {
      gather_rewards(all, value);
    } else {
      assert_int_equal(json_object_set(all, name_of(key), value), 0);
    }
  }
}

static void read_params(recorded *r, const json_t *line, const char *id_params) {
  json_t *all = json_loads(id_params, 0, NULL);
  assert_non_null(all);
  gather(all, json_object_get(line, "params"));
  gather(all, json_object_get(line, "options"));
  gather(all, json_object_get(line, "attributes"));
  json_t *numerics = json_object_get(line, "numerics");
  if (numerics != NULL) {
    assert_int_equal(json_object_set(all, "numerics", numerics), 0);
  }
  const char *key;
  json_t *value;
  r->params[0] = '\0';
  json_object_foreach(all, key, value) {
    put(r, r->params[0] != '\0' ? "," : "");
    put(r, key);
    put(r, "=");
    put_value(r, value);
  }
  json_decref(all);
}

void heed__recorded_world(recorded *r, const void *line) {
  r->id = json_string_value(json_object_get(line, "env"));
  assert_non_null(r->id);
  for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
    if (strcmp(r->id, ids[i].id) == 0) {
      r->name = ids[i].name;
      read_params(r, line, ids[i].params);
      return;
    }
  }
  fail_msg("no world is known for %s", r->id);
}

/* ---- arrays --------------------------------------------------------------------------------- */

static void *zeros(size_t count, size_t size) {
  void *block = calloc(count > 0 ? count : 1, size);
  assert_non_null(block);
  return block;
}

static double number_at(const json_t *list, size_t i) {
  const json_t *value = json_array_get(list, i);
  assert_true(json_is_number(value));
  return json_number_value(value);
}

static json_t *list_of(const json_t *line, const char *field, size_t count) {
  json_t *list = json_object_get(line, field);
  assert_true(json_is_array(list));
  assert_int_equal(json_array_size(list), count);
  return list;
}

static void read_actions(recorded *r, const json_t *line) {
  json_t *list = json_object_get(line, "actions");
  assert_true(json_is_array(list));
  r->steps = (uint32_t)json_array_size(list);
  r->actions = zeros(r->steps, sizeof *r->actions);
  bool is_float =
      strcmp(r->name, "pendulum") == 0 || strcmp(r->name, "mountain-car-continuous") == 0;
  for (uint32_t k = 0; k < r->steps; k++) {
    if (is_float) {
      r->actions[k].value[0] = (float)number_at(list, k);
    } else {
      r->actions[k].index = (int32_t)number_at(list, k);
    }
  }
}

/* Numbers of a frame: a list, or one alone. */
static uint32_t frame_dim(const json_t *frame) {
  return json_is_array(frame) ? (uint32_t)json_array_size(frame) : 1;
}

static double frame_number(const json_t *frame, uint32_t i) {
  return json_is_array(frame) ? number_at(frame, i) : json_number_value(frame);
}

static void read_obs(recorded *r, const json_t *line) {
  json_t *list = list_of(line, "obs", r->steps + 1);
  r->obs_dim = frame_dim(json_array_get(list, 0));
  r->obs = zeros(((size_t)r->steps + 1) * r->obs_dim, sizeof *r->obs);
  for (size_t frame = 0; frame <= r->steps; frame++) {
    const json_t *row = json_array_get(list, frame);
    assert_int_equal(frame_dim(row), r->obs_dim);
    for (uint32_t i = 0; i < r->obs_dim; i++) {
      r->obs[frame * r->obs_dim + i] = (float)frame_number(row, i);
    }
  }
}

/* After the reset from `state0`, then from `state`; where that is absent, the state is the
 * observation. */
static void read_states(recorded *r, const json_t *line) {
  const json_t *first = json_object_get(line, "state0");
  const json_t *rest = json_object_get(line, "state");
  if (first == NULL) {
    return;
  }
  r->state_dim = frame_dim(first);
  r->states = zeros(((size_t)r->steps + 1) * r->state_dim, sizeof *r->states);
  assert_true(rest == NULL || json_array_size(rest) == r->steps);
  assert_true(rest != NULL || r->state_dim == r->obs_dim);
  for (size_t frame = 0; frame <= r->steps; frame++) {
    const json_t *row = frame == 0 ? first : json_array_get(rest, frame - 1);
    for (uint32_t i = 0; i < r->state_dim; i++) {
      r->states[frame * r->state_dim + i] =
          row != NULL ? number_at(row, i) : (double)r->obs[frame * r->obs_dim + i];
    }
  }
}

static bool *read_flags(const recorded *r, const json_t *line, const char *field) {
  bool *flags = zeros(r->steps, sizeof *flags);
  const json_t *list = json_object_get(line, field);
  assert_true(json_is_array(list));
  for (size_t i = 0; i < json_array_size(list); i++) {
    size_t step = (size_t)number_at(list, i);
    assert_true(step < r->steps);
    flags[step] = true;
  }
  return flags;
}

/* NULL where the field is absent. */
static int32_t *read_integers(const json_t *line, const char *field, size_t count) {
  if (json_object_get(line, field) == NULL) {
    return NULL;
  }
  const json_t *list = list_of(line, field, count);
  int32_t *integers = zeros(count, sizeof *integers);
  for (size_t i = 0; i < count; i++) {
    integers[i] = (int32_t)number_at(list, i);
  }
  return integers;
}

/* A number is uniform; a pair [i, m] is index i of m. */
static heed_draw draw_from(const json_t *value) {
  if (json_is_array(value)) {
    assert_int_equal(json_array_size(value), 2);
    return (heed_draw){.index = (uint32_t)number_at(value, 0),
                       .choices = (uint32_t)number_at(value, 1)};
  }
  assert_true(json_is_number(value));
  return (heed_draw){.uniform = json_number_value(value)};
}

/* Frames beyond the list drew nothing. */
static void read_draws(recorded *r, const json_t *line) {
  const json_t *list = json_object_get(line, "draws");
  assert_true(json_is_array(list) && json_array_size(list) <= (size_t)r->steps + 1);
  r->first_draw = zeros((size_t)r->steps + 2, sizeof *r->first_draw);
  for (size_t frame = 0; frame <= r->steps; frame++) {
    size_t count = json_array_size(json_array_get(list, frame));
    r->first_draw[frame + 1] = r->first_draw[frame] + count;
  }
  r->draws = zeros(r->first_draw[r->steps + 1], sizeof *r->draws);
  size_t frame;
  json_t *drawn;
  json_array_foreach(list, frame, drawn) {
    size_t i;
    json_t *value;
    json_array_foreach(drawn, i, value) {
      r->draws[r->first_draw[frame] + i] = draw_from(value);
    }
  }
}

/* ---- episodes ------------------------------------------------------------------------------- */

FILE *heed__recorded_open(const char *file) {
  char path[512];
  (void)snprintf(path, sizeof path, HEED_TEST_DATA "/control/%s.jsonl", file);
  FILE *stream = fopen(path, "r");
  assert_non_null(stream);
  return stream;
}

void *heed__recorded_line(FILE *file) {
  int c = getc(file);
  if (c == EOF) {
    return NULL;
  }
  (void)ungetc(c, file);
  json_error_t why;
  json_t *line = json_loadf(file, JSON_DISABLE_EOF_CHECK, &why);
  if (line == NULL) {
    fail_msg("%s", why.text);
  }
  (void)getc(file); /* the end of the line */
  return line;
}

bool heed__recorded_next(FILE *file, recorded *r) {
  memset(r, 0, sizeof *r);
  json_t *line = heed__recorded_line(file);
  if (line == NULL) {
    return false;
  }
  r->line = line;
  heed__recorded_world(r, line);
  r->tag = json_string_value(json_object_get(line, "tag"));
  assert_non_null(r->tag);
  read_actions(r, line);
  read_obs(r, line);
  read_states(r, line);
  const json_t *rewards = list_of(line, "rewards", r->steps);
  r->rewards = zeros(r->steps, sizeof *r->rewards);
  for (uint32_t k = 0; k < r->steps; k++) {
    r->rewards[k] = number_at(rewards, k);
  }
  r->is_terminal = read_flags(r, line, "terminated");
  r->is_truncated = read_flags(r, line, "truncated");
  r->outcomes = read_integers(line, "outcome", r->steps);
  r->masks = read_integers(line, "mask", (size_t)r->steps + 1);
  r->fickle = read_integers(line, "fickle", (size_t)r->steps + 1);
  read_draws(r, line);
  return true;
}

void heed__recorded_deinit(recorded *r) {
  free(r->actions);
  free(r->obs);
  free(r->states);
  free(r->rewards);
  free(r->is_terminal);
  free(r->is_truncated);
  free(r->outcomes);
  free(r->masks);
  free(r->fickle);
  free(r->draws);
  free(r->first_draw);
  json_decref(r->line);
}

void heed__recorded_draws(const recorded *r, uint32_t frame, heed_tape *tape) {
  heed_tape_clear(tape);
  for (size_t i = r->first_draw[frame]; i < r->first_draw[frame + 1]; i++) {
    assert_int_equal(heed_tape_append(tape, r->draws[i], NULL), HEED_OK);
  }
}
