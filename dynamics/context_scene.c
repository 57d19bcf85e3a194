/* context_scene.c: one step as it unfolds: what can be read of it, and what an event does to it. */
#include <string.h>

#include "dynamics/context.h"

#define NOWHERE UINT32_MAX
#define NO_WAY  UINT32_MAX

/* Cells around, in the order of CELL_NEAR: rows, cols. */
static const int8_t near_cells[12][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {-1, 1},
                                         {1, -1}, {1, 1}, {-2, 0}, {2, 0}, {0, -2},  {0, 2}};

/* The cell that lies so far away, or NOWHERE. */
static uint32_t shifted(const context *self, uint32_t cell, int32_t rows, int32_t cols) {
  uint32_t row = cell / self->width;
  uint32_t col =
      cell - row * self->width + (uint32_t)cols; /* less than 0 wraps, and is outside too */
  row += (uint32_t)rows;
  return row < self->height && col < self->width ? row * self->width + col : NOWHERE;
}

/* The number of a way among the cells around, or NO_WAY. */
static uint32_t number_of_way(const int32_t *way) {
  static const uint32_t numbers[3][3] = {{4, 0, 5}, {2, NO_WAY, 3}, {6, 1, 7}};
  return numbers[way[0] + 1][way[1] + 1];
}

void heed__context_note_near(context *self) {
  for (uint32_t cell = 0; cell < self->cells; cell++) {
    for (uint32_t i = 0; i < 12; i++) {
      uint32_t at = shifted(self, cell, near_cells[i][0], near_cells[i][1]);
      self->near[12 * cell + i] = (uint16_t)(at == NOWHERE ? CONTEXT_OUTSIDE : at);
    }
  }
}

void heed__context_open(const context *self, context_scene *scene, const void *belief,
                        uint32_t action, void *next_belief) {
  uint32_t n = self->cells;
  memcpy(next_belief, belief, self->belief_size);
  scene->model = self;
  scene->action = action;
  scene->before = belief;
  scene->under_before = scene->before + n;
  scene->memory_before = scene->under_before + n;
  scene->after = next_belief;
  scene->under = scene->after + n;
  scene->memory = scene->under + n;
  scene->first = scene->first_to = NOWHERE;
  scene->first_event = 0;
  scene->tried_values = self->tried_values;
  scene->visited_values = self->visited_values;
  scene->uses_lost = self->uses_lost;
  if (self->width == 0) {
    return;
  }
  scene->way = number_of_way(self->ways[action]);
  memset(scene->landed, 0, n);
  memset(scene->landed_on, 0, self->values);
  memset(scene->count_before, 0, self->values * sizeof scene->count_before[0]);
  for (uint32_t i = 0; i < n; i++) {
    scene->count_before[scene->before[i]]++;
  }
  memcpy(scene->count_after, scene->count_before, sizeof scene->count_after);
}

/* Is value a decided before value b? */
bool heed__context_precedes(const context_scene *scene, uint8_t a, uint8_t b) {
  uint32_t actor = scene->model->actor;
  const uint16_t *counts = scene->count_before;
  return a == actor || (b != actor && (counts[a] < counts[b] || (counts[a] == counts[b] && a < b)));
}

uint32_t heed__context_order(const context_scene *scene, uint8_t *order) {
  const context *self = scene->model;
  uint32_t count = 0;
  for (uint32_t v = 0; v < self->values; v++) {
    if (scene->count_before[v] == 0 || !self->is_open[v]) {
      continue;
    }
    uint32_t i = count++;
    for (; i > 0 && heed__context_precedes(scene, (uint8_t)v, order[i - 1]); i--) {
      order[i] = order[i - 1];
    }
    order[i] = (uint8_t)v;
  }
  return count;
}

/* ---- reading ---------------------------------------------------------------------------------- */

/* The cell that lies one or two steps the action's way, or one against it (-1); NOWHERE outside, or when the
 * action has no way. */
static inline uint32_t cell_ahead(const context_scene *scene, uint32_t cell, int32_t steps) {
  const context *self = scene->model;
  uint32_t way = scene->way;
  if (way == NO_WAY) {
    return NOWHERE;
  }
  if (steps == 2 && way >= 4) {
    const int32_t *by = self->ways[scene->action];
    return shifted(self, cell, 2 * by[0], 2 * by[1]);
  }
  uint32_t opposite = way < 4 ? way ^ 1 : 11 - way;
  uint16_t at = self->near[12 * cell + (steps == 1 ? way : steps == 2 ? 8 + way : opposite)];
  return at == CONTEXT_OUTSIDE ? NOWHERE : at;
}

/* The value of a cell + 1; 0 for none. */
static inline uint8_t value_at(const uint8_t *cells, uint32_t at) {
  return at == NOWHERE ? 0 : (uint8_t)(cells[at] + 1);
}

static inline uint8_t value_ahead(const context_scene *scene, const uint8_t *cells, uint32_t cell,
                                  int32_t steps) {
  return value_at(cells, cell_ahead(scene, cell, steps));
}

/* Was the actor lost one step against the action's way? */
static bool lost_behind(const context_scene *scene, uint32_t cell) {
  uint32_t behind = cell_ahead(scene, cell, -1);
  return behind != NOWHERE && (scene->memory_before[behind] & CONTEXT_LOST) != 0;
}

uint32_t heed__context_cell_features(const context *self) {
  return self->width > 0 ? CELL_PRESENT + self->values + PLACES : FACTOR_BEFORE + 2 * self->cells;
}

bool heed__context_is_global(const context *self, uint32_t feature) {
  return feature == CELL_ACTION || feature == CELL_FIRST || feature == CELL_FIRST_UNDER ||
         feature == CELL_OWN || (feature >= CELL_PRESENT && feature < CELL_PRESENT + self->values);
}

uint32_t heed__context_step_features(const context *self) {
  return self->width > 0 ? STEP_VALUES + 3 * self->values + PLACES
                         : FACTOR_BEFORE + 2 * self->cells;
}

uint32_t heed__context_places(const context *self) {
  return self->width > 0 ? PLACES : 0;
}

static uint8_t place_of(const context_scene *scene, uint32_t cell, uint32_t place) {
  const context *self = scene->model;
  switch (place) {
    case PLACE_ROW:
      return (uint8_t)(cell / self->width);
    case PLACE_COL:
      return (uint8_t)(cell % self->width);
    case PLACE_CELL:
      return (uint8_t)cell;
    default:
      return (uint8_t)(cell * self->actions + scene->action);
  }
}

uint8_t heed__context_cell_feature(const void *scene_, uint32_t cell, uint32_t feature) {
  const context_scene *scene = scene_;
  const context *self = scene->model;
  switch (feature) {
    case CELL_AHEAD:
      return value_ahead(scene, scene->before, cell, 1);
    case CELL_AHEAD_2:
      return value_ahead(scene, scene->before, cell, 2);
    case CELL_BEHIND:
      return value_ahead(scene, scene->before, cell, -1);
    case CELL_BEHIND_NOW:
      return value_ahead(scene, scene->after, cell, -1);
    case CELL_ACTION:
      return (uint8_t)scene->action;
    case CELL_LANDED:
      return scene->landed[cell];
    case CELL_UNDER:
      return scene->under_before[cell];
    case CELL_TRIED:
      return (scene->memory_before[cell] & CONTEXT_TRIED) != 0;
    case CELL_VISITED:
      return (scene->memory_before[cell] & CONTEXT_VISITED) != 0;
    case CELL_LOST:
      return (scene->memory_before[cell] & CONTEXT_LOST) != 0;
    case CELL_LOST_BEHIND:
      return lost_behind(scene, cell);
    case CELL_OWN:
      return scene->before[cell];
    case CELL_FIRST:
      return scene->first_event;
    case CELL_FIRST_UNDER:
      return scene->first != NOWHERE ? scene->under_before[scene->first] : 0;
    default:
      break;
  }
  if (feature >= CELL_PRESENT + self->values) {
    return place_of(scene, cell, feature - CELL_PRESENT - self->values);
  }
  if (feature >= CELL_PRESENT) {
    uint16_t count = scene->count_after[feature - CELL_PRESENT];
    return (uint8_t)(count < 2 ? count : 2);
  }
  bool is_now = feature >= CELL_NEAR_NOW;
  uint32_t at = self->near[12 * cell + feature - (is_now ? CELL_NEAR_NOW : CELL_NEAR)];
  return at == CONTEXT_OUTSIDE ? 0 : (uint8_t)((is_now ? scene->after : scene->before)[at] + 1);
}

/* The order of features is that of heed__context_cell_feature, which tests hold this against. */
void heed__context_cell_row(const context_scene *scene, uint32_t cell, uint8_t *features) {
  const context *self = scene->model;
  const uint16_t *near = self->near + 12 * (size_t)cell;
  uint32_t behind = cell_ahead(scene, cell, -1);
  uint8_t *f = features;
  f[CELL_AHEAD] = value_ahead(scene, scene->before, cell, 1);
  f[CELL_AHEAD_2] = value_ahead(scene, scene->before, cell, 2);
  f[CELL_BEHIND] = value_at(scene->before, behind);
  f[CELL_BEHIND_NOW] = value_at(scene->after, behind);
  f[CELL_LOST_BEHIND] = behind != NOWHERE && (scene->memory_before[behind] & CONTEXT_LOST) != 0;
  uint8_t memory = scene->memory_before[cell];
  f[CELL_ACTION] = (uint8_t)scene->action;
  f[CELL_LANDED] = scene->landed[cell];
  f[CELL_UNDER] = scene->under_before[cell];
  f[CELL_TRIED] = (memory & CONTEXT_TRIED) != 0;
  f[CELL_VISITED] = (memory & CONTEXT_VISITED) != 0;
  f[CELL_LOST] = (memory & CONTEXT_LOST) != 0;
  f[CELL_OWN] = scene->before[cell];
  f[CELL_FIRST] = scene->first_event;
  f[CELL_FIRST_UNDER] = scene->first != NOWHERE ? scene->under_before[scene->first] : 0;
  for (uint32_t i = 0; i < 12; i++) {
    f[CELL_NEAR + i] = near[i] == CONTEXT_OUTSIDE ? 0 : (uint8_t)(scene->before[near[i]] + 1);
  }
  for (uint32_t i = 0; i < 4; i++) {
    f[CELL_NEAR_NOW + i] = near[i] == CONTEXT_OUTSIDE ? 0 : (uint8_t)(scene->after[near[i]] + 1);
  }
  for (uint32_t v = 0; v < self->values; v++) {
    f[CELL_PRESENT + v] = (uint8_t)(scene->count_after[v] < 2 ? scene->count_after[v] : 2);
  }
  uint8_t *place = f + CELL_PRESENT + self->values;
  uint32_t row = cell / self->width;
  place[PLACE_ROW] = (uint8_t)row;
  place[PLACE_COL] = (uint8_t)(cell - row * self->width);
  place[PLACE_CELL] = (uint8_t)cell;
  place[PLACE_CELL_ACTION] = (uint8_t)(cell * self->actions + scene->action);
}

/* How many cells show a value now, and how many more than before, + 128; as far as a byte goes. */
static uint8_t count_read(const context_scene *scene, uint32_t value) {
  uint16_t count = scene->count_after[value];
  return (uint8_t)(count < 255 ? count : 255);
}

static uint8_t change_read(const context_scene *scene, uint32_t value) {
  int32_t change = scene->count_after[value] - scene->count_before[value];
  return (uint8_t)(change < -127 ? 1 : change > 127 ? 255 : change + 128);
}

uint8_t heed__context_step_feature(const void *scene_, uint32_t place, uint32_t feature) {
  const context_scene *scene = scene_;
  const context *self = scene->model;
  (void)place;
  bool has_first = scene->first != NOWHERE;
  bool went = scene->first_to != NOWHERE;
  switch (feature) {
    case STEP_ACTION:
      return (uint8_t)scene->action;
    case STEP_FIRST:
      return scene->first_event;
    case STEP_UNDER:
      return has_first ? scene->under_before[scene->first] : 0;
    case STEP_AHEAD:
      return has_first ? value_ahead(scene, scene->before, scene->first, 1) : 0;
    default:
      break;
  }
  if (feature >= STEP_VALUES + 3 * self->values) {
    return (
        uint8_t)(went ? place_of(scene, scene->first_to, feature - STEP_VALUES - 3 * self->values) +
                            1
                      : 0);
  }
  uint32_t value = (feature - STEP_VALUES) % self->values;
  uint32_t kind = (feature - STEP_VALUES) / self->values;
  return kind == 0   ? scene->landed_on[value]
         : kind == 1 ? count_read(scene, value)
                     : change_read(scene, value);
}

/* The order of features is that of heed__context_step_feature, which tests hold this against. */
void heed__context_step_row(const context_scene *scene, uint8_t *features) {
  const context *self = scene->model;
  uint32_t n = self->values;
  for (uint32_t f = 0; f < STEP_VALUES; f++) {
    features[f] = heed__context_step_feature(scene, 0, f);
  }
  uint8_t *f = features + STEP_VALUES;
  for (uint32_t v = 0; v < n; v++) {
    f[v] = scene->landed_on[v];
    f[n + v] = count_read(scene, v);
    f[2 * n + v] = change_read(scene, v);
  }
  for (uint32_t i = 0; i < PLACES; i++) {
    f[3 * n + i] = heed__context_step_feature(scene, 0, STEP_VALUES + 3 * n + i);
  }
}

uint8_t heed__context_factor_feature(const void *scene_, uint32_t place, uint32_t feature) {
  const context_scene *scene = scene_;
  uint32_t n = scene->model->cells;
  if (feature == FACTOR_ACTION) {
    return (uint8_t)scene->action;
  }
  uint32_t cell = (feature - FACTOR_BEFORE) % n;
  if (feature - FACTOR_BEFORE < n) {
    return scene->before[cell];
  }
  return cell < place ? (uint8_t)(scene->after[cell] + 1) : 0;
}

/* ---- changing --------------------------------------------------------------------------------- */

/* What stands in a cell changes; what is covered there, if something moved onto it. */
static void turn(context_scene *scene, uint32_t cell, uint8_t value) {
  if (scene->landed[cell] != 0) {
    scene->under[cell] = (uint8_t)(value + 1);
    return;
  }
  scene->count_after[scene->after[cell]]--;
  scene->count_after[value]++;
  scene->after[cell] = value;
  scene->memory[cell] &= (uint8_t)~CONTEXT_TRIED;
}

/* Where an event takes the value of a cell; NOWHERE if it does not move, or off the board. */
static uint32_t target_of(const context_scene *scene, uint32_t cell, uint16_t event) {
  const context *self = scene->model;
  if (event == EVENT_AHEAD) {
    return cell_ahead(scene, cell, 1);
  }
  if (event >= EVENT_MOVE && event < EVENT_TURN) {
    int32_t by = event - EVENT_MOVE;
    return shifted(self, cell, by / CONTEXT_WIDTH - CONTEXT_NEAR,
                   by % CONTEXT_WIDTH - CONTEXT_NEAR);
  }
  uint32_t to = event >= EVENT_GO ? (uint32_t)event - EVENT_GO : NOWHERE;
  return to < self->cells ? to : NOWHERE;
}

static uint8_t kind_of(uint16_t event) {
  return event >= EVENT_GO     ? 6
         : event >= EVENT_TURN ? 5
         : event >= EVENT_MOVE ? 4
                               : (uint8_t)(event + 1);
}

void heed__context_stay(context_scene *scene, uint32_t cell) {
  const context *self = scene->model;
  uint8_t own = scene->before[cell];
  if (scene->landed[cell] != 0 || (scene->tried_values >> own & 1) == 0) {
    return;
  }
  uint8_t ahead = value_ahead(scene, scene->before, cell, 1);
  size_t row = ((size_t)own * self->actions + scene->action) * (self->values + 1);
  if (self->can_change[row + ahead]) {
    scene->memory[cell] |= CONTEXT_TRIED;
  }
}

void heed__context_close(context_scene *scene) {
  const context *self = scene->model;
  uint32_t actor = self->actor;
  if (self->width == 0 || scene->count_after[actor] > 0) {
    if (self->width > 0 && scene->count_before[actor] == 0) { /* found again */
      for (uint32_t i = 0; i < self->cells; i++) {
        scene->memory[i] &= (uint8_t)~CONTEXT_LOST;
      }
    }
    return;
  }
  uint32_t to = NOWHERE;
  for (uint32_t i = 0; i < self->cells && scene->count_before[actor] == 1; i++) {
    to = scene->before[i] == actor ? (scene->way == NO_WAY ? i : cell_ahead(scene, i, 1)) : to;
  }
  if (to != NOWHERE && scene->uses_lost) {
    scene->memory[to] |= CONTEXT_LOST;
  }
}

/* Would a value cover the actor that was never seen to? Trees decide cell by cell; this keeps a guess
 * about one from making the other disappear. */
static bool is_barred(const context_scene *scene, uint8_t own, uint32_t target) {
  const context *self = scene->model;
  uint8_t there = scene->after[target];
  return there == self->actor && own != there && !self->can_cover[own * self->values + there];
}

bool heed__context_apply(context_scene *scene, uint32_t cell, uint16_t event) {
  bool is_first = scene->first == NOWHERE;
  if (is_first) {
    scene->first = cell;
    scene->first_event = kind_of(event);
  }
  uint8_t own = scene->before[cell];
  if (event == EVENT_STAY) {
    heed__context_stay(scene, cell);
    return false;
  }
  if (event >= EVENT_TURN && event < EVENT_GO) {
    turn(scene, cell, (uint8_t)(event - EVENT_TURN));
    return false;
  }
  if (event == EVENT_UNCOVER && scene->under_before[cell] != 0) {
    turn(scene, cell, (uint8_t)(scene->under_before[cell] - 1));
    scene->under[cell] = 0;
    return false;
  }
  uint32_t target = event >= EVENT_AHEAD ? target_of(scene, cell, event) : NOWHERE;
  if (target == NOWHERE || target == cell || is_barred(scene, own, target)) {
    heed__context_stay(scene, cell);
    return false;
  }
  scene->first_to = is_first ? target : scene->first_to;

  /* Landing: what stands there now is covered. */
  uint8_t covered = scene->after[target];
  scene->count_after[covered]--;
  scene->count_after[own]++;
  scene->after[target] = own;
  scene->under[target] = (uint8_t)(covered + 1);
  scene->landed[target] = (uint8_t)(own + 1);
  scene->landed_on[own] = (uint8_t)(covered + 1);
  scene->memory[target] &= (uint8_t)~CONTEXT_TRIED;
  if (scene->landed[cell] != 0) {
    scene->under[cell] = scene->under_before[cell]; /* what moved here covers what was covered */
    return false;
  }
  scene->memory[cell] &= (uint8_t)~CONTEXT_TRIED;
  return true;
}

void heed__context_uncover(context_scene *scene, uint32_t cell, uint16_t event) {
  const context *self = scene->model;
  uint8_t value = 0;
  if (event == EVENT_UNCOVER && scene->under_before[cell] != 0) {
    value = (uint8_t)(scene->under_before[cell] - 1);
  } else if (event >= EVENT_TURN && event < EVENT_TURN + self->values) {
    value = (uint8_t)(event - EVENT_TURN);
  } else {
    for (uint32_t v = 1; v < self->values; v++) { /* nothing is known: what there is most of */
      value = scene->count_before[v] > scene->count_before[value] ? (uint8_t)v : value;
    }
  }
  turn(scene, cell, value);
  scene->under[cell] = 0;
  if ((scene->visited_values >> value & 1) != 0) {
    scene->memory[cell] |= CONTEXT_VISITED;
  }
}
