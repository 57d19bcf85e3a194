/* context_parse.c: what happened between two observations, told in events.
 *
 * A value that left one cell and came up in another has moved, if it is of the kind that does: in most
 * changes so far as many cells lost it as took it. Values of few cells come first, because what they
 * explain (the agent went there, floor shows where it was) must not be told again of the floor. */
#include <stdlib.h>
#include <string.h>

#include "dynamics/context.h"

/* What is explained so far. */
typedef struct parse {
  const context *model;
  const context_scene *scene;
  const uint8_t *obs;
  uint32_t changed_count;
  uint32_t changed[CONTEXT_CELLS_MAX];
  bool came[CONTEXT_CELLS_MAX]; /* [cells] something moved here: what shows is explained */
  bool left[CONTEXT_CELLS_MAX]; /* [cells] its value moved away */
} parse;

static int32_t row_of(const context *self, uint32_t cell) {
  return (int32_t)(cell / self->width);
}

static int32_t col_of(const context *self, uint32_t cell) {
  return (int32_t)(cell % self->width);
}

/* The actor, and what is pushed, goes the action's way; what moves by itself goes its own. */
static uint16_t move_event(const parse *p, uint32_t from, uint32_t to) {
  const context *self = p->model;
  const int32_t *way = self->ways[p->scene->action];
  int32_t rows = row_of(self, to) - row_of(self, from);
  int32_t cols = col_of(self, to) - col_of(self, from);
  bool follows = p->scene->before[from] == self->actor || p->came[from];
  if (follows && rows == way[0] && cols == way[1]) {
    return EVENT_AHEAD;
  }
  if (abs(rows) <= CONTEXT_NEAR && abs(cols) <= CONTEXT_NEAR) {
    return (uint16_t)(EVENT_MOVE + (rows + CONTEXT_NEAR) * CONTEXT_WIDTH + cols + CONTEXT_NEAR);
  }
  return (uint16_t)(EVENT_GO + to);
}

/* The nearest changed cell that now shows `value` and that nothing has moved to; UINT32_MAX: none. */
static uint32_t nearest_arrival(const parse *p, uint8_t value, uint32_t from, bool may_be_left) {
  const context *self = p->model;
  uint32_t best = UINT32_MAX;
  int32_t best_distance = INT32_MAX;
  for (uint32_t i = 0; i < p->changed_count; i++) {
    uint32_t cell = p->changed[i];
    if (p->obs[cell] != value || p->came[cell] || (p->left[cell] && !may_be_left)) {
      continue;
    }
    int32_t distance = abs(row_of(self, cell) - row_of(self, from)) +
                       abs(col_of(self, cell) - col_of(self, from)) +
                       (p->left[cell] ? 1 << 16 : 0); /* rather one that nothing explains */
    if (distance < best_distance) {
      best = cell;
      best_distance = distance;
    }
  }
  return best;
}

/* May what was covered in one cell be what came up in another? What is pushed goes no further than next to where
 * it was. */
static bool is_pushed(const parse *p, uint32_t from, uint32_t to) {
  return to != UINT32_MAX && abs(row_of(p->model, to) - row_of(p->model, from)) <= 1 &&
         abs(col_of(p->model, to) - col_of(p->model, from)) <= 1;
}

/* Matches the cells that lost a value with those that took it. What has been covered may have moved on, if
 * it came up where nothing else explains it. */
static void match_moves(parse *p, uint8_t value, context_story *story) {
  for (int covered = 0; covered < 2; covered++) {
    for (uint32_t i = 0; i < p->changed_count; i++) {
      uint32_t cell = p->changed[i];
      if (p->scene->before[cell] != value || p->left[cell] || p->came[cell] != (covered == 1)) {
        continue;
      }
      uint32_t to = nearest_arrival(p, value, cell, covered == 0);
      if (to != UINT32_MAX && (covered == 0 || is_pushed(p, cell, to))) {
        story->events[cell] = move_event(p, cell, to);
        story->moves[story->move_count++] = (context_move){cell, to};
        p->left[cell] = true;
        p->came[to] = true;
      }
    }
  }
}

/* Did as many cells lose a value as took it, besides what is explained? 0: nothing to tell, 1: yes, -1: no. */
static int balance_of(const parse *p, uint8_t value) {
  uint32_t lost = 0;
  uint32_t covered = 0;
  uint32_t taken = 0;
  int32_t more = 0; /* cells on the whole board */
  for (uint32_t i = 0; i < p->changed_count; i++) {
    uint32_t cell = p->changed[i];
    bool had = p->scene->before[cell] == value;
    lost += had && !p->came[cell];
    covered += had && p->came[cell] && is_pushed(p, cell, nearest_arrival(p, value, cell, false));
    taken += p->obs[cell] == value && !p->came[cell] && !p->left[cell];
    more += (p->obs[cell] == value) - had;
  }
  if (lost + taken == 0) {
    return 0;
  }
  return taken > 0 && lost <= taken && taken <= lost + covered && more == 0 ? 1 : -1;
}

/* Values of the changed cells in the order in which they are decided. */
static uint32_t order_of_changes(const parse *p, uint8_t *order) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < p->changed_count; i++) {
    uint8_t v = p->scene->before[p->changed[i]];
    if (memchr(order, v, count) != NULL) {
      continue;
    }
    uint32_t j = count++;
    for (; j > 0 && heed__context_precedes(p->scene, v, order[j - 1]); j--) {
      order[j] = order[j - 1];
    }
    order[j] = v;
  }
  return count;
}

/* Notes a cell and those beside it. */
static void note_near(const context *self, uint32_t cell, bool *is_near) {
  int32_t row = row_of(self, cell);
  int32_t col = col_of(self, cell);
  for (int32_t r = row - 1; r <= row + 1; r++) {
    int32_t reach = 1 - abs(r - row);
    for (int32_t c = col - reach; c <= col + reach; c++) {
      if (r >= 0 && r < (int32_t)self->height && c >= 0 && c < (int32_t)self->width) {
        is_near[(uint32_t)r * self->width + (uint32_t)c] = true;
      }
    }
  }
}

void heed__context_parse(const context *self, const context_scene *scene, const uint8_t *obs,
                         context_story *story) {
  parse p;
  p.model = self;
  p.scene = scene;
  p.obs = obs;
  p.changed_count = 0;
  memset(story->events, 0, self->cells * sizeof story->events[0]);
  memset(story->balance, 0, self->values);
  story->move_count = 0;
  for (uint32_t i = 0; i < self->cells; i++) {
    if (scene->before[i] != obs[i]) {
      p.changed[p.changed_count++] = i;
      p.came[i] = p.left[i] = false;
      story->events[i] = (uint16_t)(EVENT_TURN + obs[i]);
    }
  }
  if (self->width == 0) {
    return;
  }
  memset(story->is_near, 0, self->cells * sizeof story->is_near[0]);
  for (uint32_t i = 0; i < self->cells; i++) {
    if (scene->before[i] != obs[i] || scene->before[i] == self->actor) {
      note_near(self, i, story->is_near);
    }
  }
  uint8_t order[CONTEXT_VALUES_MAX];
  uint32_t count = order_of_changes(&p, order);
  for (uint32_t i = 0; i < count; i++) {
    uint8_t v = order[i];
    story->balance[v] = (int8_t)balance_of(&p, v);
    if (!self->is_still[v]) {
      match_moves(&p, v, story);
    }
  }
  for (uint32_t i = 0; i < p.changed_count; i++) {
    uint32_t cell = p.changed[i];
    bool is_uncovered = obs[cell] + 1 == scene->under_before[cell];
    uint16_t shows = is_uncovered ? EVENT_UNCOVER : (uint16_t)(EVENT_TURN + obs[cell]);
    if (p.left[cell]) {
      story->uncovers[cell] = shows;
    } else {
      story->events[cell] = p.came[cell] ? EVENT_STAY : shows;
    }
  }
}
