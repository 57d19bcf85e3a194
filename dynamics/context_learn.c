/* context_learn.c: samples of events, and when trees are grown.
 *
 * Each record is told as a story of events (context_parse.c), and each event of a cell that can change is
 * a sample for a tree, with all that could be read when it was decided. How a story is told depends on
 * which values move and which way actions lead; when a record changes what is known of that, all
 * records are told again. So the model is a function of its records in their order. */
#include <stdlib.h>
#include <string.h>

#include "dynamics/context.h"

enum { MOVES = CONTEXT_WIDTH * CONTEXT_WIDTH };

/* ---- what is known of how values move --------------------------------------------------------- */

/* All of what follows is held on to until there is twice as much evidence against it as for it, so that even
 * data which goes to and fro makes few changes of mind: each means that all records are told again. */

/* Takes in how often values moved; true if another one is the actor now. */
static bool update_actor(context *self, const context_scene *scene, const context_story *story) {
  uint32_t before = self->actor;
  for (uint32_t i = 0; i < story->move_count; i++) {
    uint8_t value = scene->before[story->moves[i].from];
    self->movements[value]++;
    if (self->movements[value] / 2 >= self->movements[self->actor]) {
      self->actor = value;
    }
  }
  return self->actor != before;
}

/* Takes in how the actor moved; true if the action leads another way now. It leads the way by which it moved
 * the actor in two thirds of the moves; until that holds for less than one third. */
static bool update_way(context *self, const context_scene *scene, const context_story *story) {
  enum { HERE = MOVES / 2 }; /* no displacement: no way */
  uint32_t *moves = self->moves + (size_t)scene->action * MOVES;
  for (uint32_t i = 0; i < story->move_count; i++) {
    context_move move = story->moves[i];
    int32_t rows = (int32_t)(move.to / self->width) - (int32_t)(move.from / self->width);
    int32_t cols = (int32_t)(move.to % self->width) - (int32_t)(move.from % self->width);
    if (scene->before[move.from] == self->actor && abs(rows) <= CONTEXT_NEAR &&
        abs(cols) <= CONTEXT_NEAR) {
      moves[(rows + CONTEXT_NEAR) * CONTEXT_WIDTH + cols + CONTEXT_NEAR]++;
    }
  }
  uint32_t sum = 0;
  int32_t best = 0;
  for (int32_t m = 0; m < MOVES; m++) {
    sum += moves[m];
    best = moves[m] > moves[best] ? m : best;
  }
  int32_t *way = self->ways[scene->action];
  int32_t before = (way[0] + CONTEXT_NEAR) * CONTEXT_WIDTH + way[1] + CONTEXT_NEAR;
  int32_t now = before;
  if (before != HERE && 3 * (uint64_t)moves[before] < sum) {
    now = HERE;
  }
  if (sum > 0 && 3 * (uint64_t)moves[best] >= 2 * (uint64_t)sum) {
    now = best;
  }
  way[0] = now / CONTEXT_WIDTH - CONTEXT_NEAR;
  way[1] = now % CONTEXT_WIDTH - CONTEXT_NEAR;
  return now != before;
}

/* Takes in which values were balanced; true if one is now told of otherwise. */
static bool update_balance(context *self, const context_story *story) {
  bool is_new = false;
  for (uint32_t v = 0; v < self->values; v++) {
    self->balanced[v] += story->balance[v] > 0;
    self->unbalanced[v] += story->balance[v] < 0;
    bool before = self->is_still[v];
    if (before ? self->balanced[v] / 2 > self->unbalanced[v]
               : self->unbalanced[v] > self->balanced[v]) {
      self->is_still[v] = !before;
      is_new = true;
    }
  }
  return is_new;
}

/* Opens the trees of cells that something happened to, and notes what made it possible; true if one was
 * closed. */
static bool update_open(context *self, const context_scene *scene, const context_story *story) {
  bool is_new = false;
  for (uint32_t i = 0; i < self->cells; i++) {
    if (story->events[i] == EVENT_STAY) {
      continue;
    }
    uint32_t tree = self->width > 0 ? scene->before[i] : i;
    is_new = is_new || !self->is_open[tree];
    self->is_open[tree] = true;
    if (self->width > 0) {
      uint8_t ahead = heed__context_cell_feature(scene, i, CELL_AHEAD);
      size_t row = ((size_t)scene->before[i] * self->actions + scene->action) * (self->values + 1);
      self->can_change[row + ahead] = true;
    }
  }
  for (uint32_t i = 0; i < story->move_count; i++) {
    context_move move = story->moves[i];
    size_t pair = (size_t)scene->before[move.from] * self->values + scene->before[move.to];
    self->can_cover[pair] = true;
  }
  return is_new;
}

/* ---- samples ---------------------------------------------------------------------------------- */

/* Once a tree knows MANY samples, of what it knows already one in EACH stands for all. */
enum { MANY = 256, EACH = 8 };

/* What is done with samples while stories are told. */
typedef struct teller {
  context *model;
  uint32_t turn; /* which of EACH places stand for all in this record */
  bool takes;    /* samples are taken */
  bool counts;   /* and counted at once: else the trees are grown later */
  heed_error *err;
  heed_status status;
} teller;

static bool knows_many(const heed__context_tree *tree) {
  return tree->weight >= MANY && !heed__context_tree_is_empty(tree);
}

/* How much a sample counts. What a tree is sure of has little to tell, and so have cells with nothing going on
 * beside them. */
static uint32_t weight_of(const teller *t, const heed__context_tree *tree,
                          heed__feature_reader *read, const void *scene, uint32_t place,
                          uint16_t symbol, bool is_near) {
  if (!knows_many(tree) ||
      (is_near && heed__context_tree_sure(tree, read, scene, place) != symbol)) {
    return 1;
  }
  return (place + t->turn) % EACH == 0 ? EACH : 0;
}

static void take(teller *t, heed__context_tree *tree, heed__feature_reader *read, const void *scene,
                 uint32_t place, uint16_t symbol, bool is_near) {
  uint8_t features[HEED__CONTEXT_TREE_FEATURES_MAX];
  if (!t->takes || t->status != HEED_OK) {
    return;
  }
  uint32_t weight = weight_of(t, tree, read, scene, place, symbol, is_near);
  if (weight == 0) {
    return;
  }
  if (read == heed__context_cell_feature) {
    heed__context_cell_row(scene, place, features);
  } else if (read == heed__context_step_feature) {
    heed__context_step_row(scene, features);
  } else {
    for (uint32_t f = 0; f < tree->features; f++) {
      features[f] = read(scene, place, f);
    }
  }
  t->status = t->counts ? heed__context_tree_add(tree, features, symbol, weight, t->err)
                        : heed__context_tree_put(tree, features, symbol, weight, t->err);
}

static void tell_cell(teller *t, context_scene *scene, uint32_t cell, const context_story *story) {
  context *self = t->model;
  if (self->width == 0) {
    take(t, &self->trees[cell], heed__context_factor_feature, scene, cell, story->events[cell],
         true);
    if (story->events[cell] != EVENT_STAY) {
      scene->after[cell] = (uint8_t)(story->events[cell] - EVENT_TURN);
    }
    return;
  }
  uint8_t own = scene->before[cell];
  take(t, &self->trees[own], heed__context_cell_feature, scene, cell, story->events[cell],
       story->is_near[cell]);
  if (heed__context_apply(scene, cell, story->events[cell])) {
    uint16_t event = story->uncovers[cell];
    heed__context_tree *tree = scene->under_before[cell] != 0 ? &self->uncover : &self->reveal;
    take(t, tree, heed__context_cell_feature, scene, cell, event, true);
    heed__context_uncover(scene, cell, event);
  }
}

/* Tells all cells that show a value. Most of most boards are told nothing of: they are passed over. */
static void tell_value(teller *t, context_scene *scene, uint8_t value, const context_story *story) {
  const context *self = t->model;
  bool is_known = !t->takes || knows_many(&self->trees[value]);
  size_t row = ((size_t)value * self->actions + scene->action) * (self->values + 1);
  bool may_go = memchr(self->can_change + row, true, self->values + 1) != NULL;
  uint32_t left = scene->count_before[value];
  for (uint32_t i = 0; left > 0; i++) {
    if (scene->before[i] != value) {
      continue;
    }
    left--;
    bool is_quiet = story->events[i] == EVENT_STAY && !story->is_near[i];
    if (is_known && is_quiet && scene->first != UINT32_MAX && (i + t->turn) % EACH != 0) {
      if (may_go) {
        heed__context_stay(scene, i);
      }
    } else {
      tell_cell(t, scene, i, story);
    }
  }
}

/* Goes through the events in the order in which they are predicted. What no event explains is set right. */
static void tell(teller *t, context_scene *scene, const context_story *story, const uint8_t *obs) {
  context *self = t->model;
  if (self->width == 0) {
    for (uint32_t i = 0; i < self->cells; i++) {
      if (self->is_open[i]) {
        tell_cell(t, scene, i, story);
      }
    }
  } else {
    uint8_t order[CONTEXT_VALUES_MAX];
    uint32_t count = heed__context_order(scene, order);
    for (uint32_t v = 0; v < count; v++) {
      tell_value(t, scene, order[v], story);
    }
  }
  for (uint32_t i = 0; i < self->cells; i++) {
    if (scene->after[i] != obs[i]) {
      scene->after[i] = obs[i];
      scene->under[i] = 0;
    }
  }
  heed__context_close(scene);
}

void heed__context_observe(const void *self_, void *belief, heed_action action, const void *obs) {
  const context *self = self_;
  context_scene scene;
  context_story story;
  unsigned char before[3 * CONTEXT_CELLS_MAX + 8];
  memcpy(before, belief, self->belief_size);
  heed__context_open(self, &scene, before, (uint32_t)action.index, belief);
  heed__context_parse(self, &scene, obs, &story);
  teller t = {.model = (context *)self}; /* takes nothing: the model is only read */
  tell(&t, &scene, &story, obs);
}

/* ---- rewards and ends ------------------------------------------------------------------------- */

/* The number of a reward, added when new; when there are too many, that of the nearest. */
static uint16_t number_of_reward(context *self, double reward) {
  uint32_t nearest = 0;
  for (uint32_t i = 0; i < self->reward_count; i++) {
    double distance = self->rewards[i] - reward;
    double least = self->rewards[nearest] - reward;
    if (distance == 0) {
      return (uint16_t)i;
    }
    nearest = distance * distance < least * least ? i : nearest;
  }
  if (self->reward_count < CONTEXT_REWARDS_MAX) {
    nearest = self->reward_count++;
    self->rewards[nearest] = reward;
  }
  return (uint16_t)nearest;
}

static void tell_outcome(teller *t, const context_scene *scene, const heed__record *record) {
  context *self = t->model;
  heed__feature_reader *read =
      self->width > 0 ? heed__context_step_feature : heed__context_factor_feature;
  take(t, &self->reward, read, scene, self->cells, number_of_reward(self, record->reward), true);
  take(t, &self->terminal, read, scene, self->cells, record->is_terminal, true);
}

/* ---- records ---------------------------------------------------------------------------------- */

/* A tree looks at a feature of cells that show one of `own` and cover one of `under`. */
static void note_feature(context *self, int16_t feature, uint32_t own, uint32_t under) {
  self->tried_values |= feature == CELL_TRIED ? own : 0;
  self->visited_values |= feature == CELL_VISITED ? under : 0;
  self->uses_lost |= feature == CELL_LOST || feature == CELL_LOST_BEHIND;
}

/* Which of its memory a tree looks at: walks the tree with the set of values that a node can be about. */
static void note_memory(context *self, const heed__context_tree *tree, uint32_t node_id,
                        uint32_t own, uint32_t under) {
  const heed__context_tree_node *node = &tree->nodes[node_id];
  if (node->feature < 0) {
    return;
  }
  note_feature(self, node->feature, own, under);
  for (uint32_t i = 0; i < node->surrogate_count; i++) {
    note_feature(self, tree->surrogates[node->surrogates + i].feature, own, under);
  }
  for (uint32_t value = node->low; value <= node->high; value++) {
    uint32_t child = tree->children[node->children + value - node->low];
    if (child == 0) {
      continue;
    }
    uint32_t known = under;
    if (node->feature == CELL_UNDER) {
      known = value == 0 ? 0 : UINT32_C(1) << (value - 1);
    }
    note_memory(self, tree, child, own, known);
  }
}

/* How many times trees were grown that memory is noted for. */
static uint64_t count_growths(const context *self) {
  uint64_t growths = 0;
  for (uint32_t v = 0; v < self->tree_count; v++) {
    growths += self->trees[v].growths;
  }
  return growths;
}

/* Which features a tree looks at changes only when it is grown. */
static void note_all_memory(context *self) {
  uint64_t growths = self->width > 0 ? count_growths(self) : 0;
  if (growths == self->growths) {
    return;
  }
  self->growths = growths;
  self->tried_values = self->visited_values = 0;
  self->uses_lost = false;
  for (uint32_t v = 0; v < self->tree_count; v++) {
    if (!heed__context_tree_is_empty(&self->trees[v])) {
      note_memory(self, &self->trees[v], 0, UINT32_C(1) << v, UINT32_MAX);
    }
  }
}

/* The story of record r goes on from the running belief, which moves on with it. */
static heed_status tell_record(context *self, uint32_t r, bool counts, bool *is_new,
                               heed_error *err) {
  const heed__record *record = &self->records.items[r];
  const uint8_t *obs = heed__records_obs(&self->records, record->next_obs);
  unsigned char *now = self->running;
  unsigned char *next = self->running + self->belief_size;
  if (record->is_first) {
    memset(now, 0, self->belief_size);
    memcpy(now, heed__records_obs(&self->records, record->obs), self->cells);
  }
  context_scene scene;
  context_story story;
  heed__context_open(self, &scene, now, record->action, next);
  scene.tried_values = scene.visited_values = UINT32_MAX;
  scene.uses_lost = true;
  heed__context_parse(self, &scene, obs, &story);
  if (is_new != NULL) {
    if (self->width > 0 && !record->is_context) {
      *is_new = update_actor(self, &scene, &story);
      *is_new = update_way(self, &scene, &story) || *is_new;
      *is_new = update_balance(self, &story) || *is_new;
    }
    *is_new = update_open(self, &scene, &story) || *is_new;
    if (*is_new) {
      return HEED_OK; /* all is told again, this record too */
    }
  }
  teller t = {.model = self,
              .turn = (uint32_t)(heed_mix64(r, 0) % EACH),
              .takes = !record->is_context,
              .counts = counts,
              .err = err,
              .status = HEED_OK};
  tell(&t, &scene, &story, obs);
  tell_outcome(&t, &scene, record);
  memcpy(now, next, self->belief_size);
  return t.status;
}

/* Calls `act` for every tree. */
static heed_status each_tree(context *self,
                             heed_status (*act)(heed__context_tree *tree, heed_error *err),
                             heed_error *err) {
  heed_status status = act(&self->uncover, err);
  status = status == HEED_OK ? act(&self->reveal, err) : status;
  status = status == HEED_OK ? act(&self->reward, err) : status;
  status = status == HEED_OK ? act(&self->terminal, err) : status;
  for (uint32_t i = 0; i < self->tree_count && status == HEED_OK; i++) {
    status = act(&self->trees[i], err);
  }
  return status;
}

static heed_status clear(heed__context_tree *tree, heed_error *err) {
  (void)err;
  heed__context_tree_clear(tree);
  return HEED_OK;
}

static heed_status grow_now(heed__context_tree *tree, heed_error *err) {
  return tree->samples.count > 0 ? heed__context_tree_grow(tree, err) : HEED_OK;
}

static heed_status grow_when_due(heed__context_tree *tree, heed_error *err) {
  return tree->samples.count > 0 ? heed__context_tree_grow_when_due(tree, err) : HEED_OK;
}

/* Tells all records again, from the first. */
static heed_status tell_again(context *self, heed_error *err) {
  heed_status status = each_tree(self, clear, err);
  for (uint32_t r = 0; r < self->records.count && status == HEED_OK; r++) {
    status = tell_record(self, r, false, NULL, err);
  }
  return status == HEED_OK ? each_tree(self, grow_now, err) : status;
}

static heed_status learn_record(void *self_, heed__record record, heed_error *err) {
  context *self = self_;
  uint32_t r = 0;
  bool is_new = false;
  heed_status status = heed__records_append(&self->records, record, &r, err);
  if (status == HEED_OK) {
    status = tell_record(self, r, true, &is_new, err);
  }
  if (status == HEED_OK) {
    status = is_new ? tell_again(self, err) : each_tree(self, grow_when_due, err);
  }
  if (status == HEED_OK) {
    note_all_memory(self);
  }
  return status;
}

heed_status heed__context_learn(void *self_, const heed_experience *experience, size_t first,
                                size_t count, const heed_progress_sink *progress, heed_error *err) {
  context *self = self_;
  return heed__records_take(&self->records, experience, first, count, NULL, learn_record, self,
                            progress, err);
}

void heed__context_save(const void *self_, heed_pack_writer *writer) {
  const context *self = self_;
  heed__records_save(&self->records, writer);
}

heed_status heed__context_load(void *self_, const heed_pack_value *map, heed_error *err) {
  context *self = self_;
  return heed__records_load(&self->records, map, learn_record, self, err);
}
