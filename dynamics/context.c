/* context.c: what becomes of each cell, from the context that turns out to be enough. */
#include "dynamics/context.h"

#include <stdlib.h>
#include <string.h>

#include "dynamics/registry.h"

static const heed_param params_table[] = {
    {"concentration", HEED_PARAM_REAL, offsetof(context_params, concentration), "1", 1e-6, 1e6,
     NULL, "counts", "weight of what is usual everywhere against what was seen in a context"},
    {"least_probability", HEED_PARAM_REAL, offsetof(context_params, least_probability), "0.005", 0,
     0.5, NULL, "", "what is less probable than this is not imagined"},
};

/* ---- beliefs ---------------------------------------------------------------------------------- */

static void begin(const void *self_, const void *obs, void *belief) {
  const context *self = self_;
  memset(belief, 0, self->belief_size);
  memcpy(belief, obs, self->cells);
}

static void decode(const void *self_, const void *belief, void *obs) {
  const context *self = self_;
  memcpy(obs, belief, self->cells);
}

/* ---- prediction ------------------------------------------------------------------------------- */

/* heed__context_cell_feature, the cells around read here: most reading is of these. */
static inline uint8_t quick_feature(const void *scene_, uint32_t cell, uint32_t feature) {
  const context_scene *scene = scene_;
  if (feature < CELL_NEAR || feature >= CELL_BEHIND_NOW) {
    return heed__context_cell_feature(scene, cell, feature);
  }
  bool is_now = feature >= CELL_NEAR_NOW;
  uint32_t at = scene->model->near[12 * cell + feature - (is_now ? CELL_NEAR_NOW : CELL_NEAR)];
  return at == CONTEXT_OUTSIDE ? 0 : (uint8_t)((is_now ? scene->after : scene->before)[at] + 1);
}

static uint16_t imagine_event(const heed__context_tree *tree, const context_scene *scene,
                              uint32_t cell, const heed__context_tree_draw *draw, bool is_quick) {
  int32_t sure = is_quick ? heed__context_tree_sure(tree, quick_feature, scene, cell) : -1;
  return sure >= 0 ? (uint16_t)sure
                   : heed__context_tree_sample(tree, heed__context_cell_feature, scene, cell, draw);
}

/* The node of its tree at which cells of a value begin to differ: what was looked at before is the same for all of
 * them. NULL: no sample was like this. */
static const heed__context_tree_node *first_that_differs(const context *self,
                                                         const context_scene *scene,
                                                         uint8_t value) {
  const heed__context_tree *tree = &self->trees[value];
  const heed__context_tree_node *node = &tree->nodes[0];
  while (node->feature >= 0 && node->stop < tree->least &&
         heed__context_is_global(self, (uint32_t)node->feature)) {
    uint8_t read = heed__context_cell_feature(scene, 0, (uint32_t)node->feature);
    uint32_t child = heed__context_tree_child(tree, node, read);
    if (child == 0) {
      return NULL;
    }
    node = &tree->nodes[child];
  }
  return node;
}

/* What tells at a glance that cells of a value stay: of most values what matters first is one cell beside each, and
 * most of what can be seen there lets it stay. */
typedef struct glance {
  bool all_stay; /* whatever is there */
  uint64_t stay; /* set of what may be seen there, as features tell it; empty: it tells nothing */
  const uint8_t *seen;  /* the scene's cells before, or as decided so far */
  const uint16_t *near; /* [12 * cell] the cell beside each */
} glance;

/* The glance at a value whose cells need not be remembered where they stay. */
static glance glance_at(const context *self, const context_scene *scene, uint8_t value) {
  const heed__context_tree *tree = &self->trees[value];
  const heed__context_tree_node *node = first_that_differs(self, scene, value);
  glance g = {.all_stay = node != NULL && node->feature < 0 && node->sure == EVENT_STAY};
  if (node == NULL || node->feature < CELL_NEAR || node->feature >= CELL_BEHIND_NOW ||
      node->stop >= tree->least) {
    return g;
  }
  bool is_now = node->feature >= CELL_NEAR_NOW;
  g.seen = is_now ? scene->after : scene->before;
  g.near = self->near + (node->feature - (is_now ? CELL_NEAR_NOW : CELL_NEAR));
  for (uint32_t read = node->low; read <= node->high; read++) {
    uint32_t child = heed__context_tree_child(tree, node, (uint8_t)read);
    const heed__context_tree_node *next = &tree->nodes[child];
    bool stays = child != 0 && next->feature < 0 && next->sure == EVENT_STAY;
    g.stay |= (uint64_t)stays << read; /* at most CONTEXT_VALUES_MAX */
  }
  return g;
}

static inline bool stays_at_a_glance(const glance *g, uint32_t cell) {
  if (g->stay == 0) {
    return false;
  }
  uint32_t at = g->near[12 * (size_t)cell];
  uint32_t read = at == CONTEXT_OUTSIDE ? 0 : g->seen[at] + 1U;
  return (g->stay >> read & 1) != 0;
}

static void imagine_board(const context *self, context_scene *scene,
                          const heed__context_tree_draw *draw) {
  bool is_quick = draw->seed == NULL && draw->uncertainty == NULL;
  uint8_t order[CONTEXT_VALUES_MAX];
  uint32_t count = heed__context_order(scene, order);
  for (uint32_t v = 0; v < count; v++) {
    const heed__context_tree *tree = &self->trees[order[v]];
    if (heed__context_tree_is_empty(tree)) {
      continue; /* no sample of it: it was seen to change only in what was no more than context */
    }
    bool is_noted = v == 0 || (scene->tried_values >> order[v] & 1) != 0; /* even where it stays */
    glance g = {0};
    if (is_quick && !is_noted) {
      g = glance_at(self, scene, order[v]);
    }
    uint32_t left = g.all_stay ? 0 : scene->count_before[order[v]];
    for (uint32_t i = 0; left > 0; i++) {
      if (scene->before[i] != order[v]) {
        continue;
      }
      left--;
      if (stays_at_a_glance(&g, i)) {
        continue; /* most cells of most steps */
      }
      uint16_t event = imagine_event(tree, scene, i, draw, is_quick);
      if (event == EVENT_STAY && !is_noted) {
        continue;
      }
      if (heed__context_apply(scene, i, event)) {
        const heed__context_tree *shown =
            scene->under_before[i] != 0 ? &self->uncover : &self->reveal;
        event = heed__context_tree_is_empty(shown) ? EVENT_UNCOVER
                                                   : imagine_event(shown, scene, i, draw, is_quick);
        heed__context_uncover(scene, i, event);
      }
    }
  }
}

static void imagine_factors(const context *self, context_scene *scene,
                            const heed__context_tree_draw *draw) {
  for (uint32_t i = 0; i < self->cells; i++) {
    if (self->is_open[i] && !heed__context_tree_is_empty(&self->trees[i])) {
      uint16_t event =
          heed__context_tree_sample(&self->trees[i], heed__context_factor_feature, scene, i, draw);
      scene->after[i] = event == EVENT_STAY ? scene->before[i] : (uint8_t)(event - EVENT_TURN);
    }
  }
}

/* Its reward, or its end. */
static uint16_t imagine_of_step(const heed__context_tree *tree, const context_scene *scene,
                                const heed__context_tree_draw *draw) {
  const context *self = scene->model;
  heed__feature_reader *read =
      self->width > 0 ? heed__context_step_feature : heed__context_factor_feature;
  bool is_quick = draw->seed == NULL && draw->uncertainty == NULL;
  int32_t sure = is_quick ? heed__context_tree_sure(tree, read, scene, self->cells) : -1;
  return sure >= 0 ? (uint16_t)sure
                   : heed__context_tree_sample(tree, read, scene, self->cells, draw);
}

static void predict_one(const context *self, heed_prediction *p) {
  context_scene scene;
  p->uncertainty = 0;
  heed__context_tree_draw draw = {.rng = p->rng,
                                  .seed = p->hypothesis,
                                  .uncertainty = p->wants_uncertainty ? &p->uncertainty : NULL};
  heed__context_open(self, &scene, p->belief, (uint32_t)p->action.index, p->next_belief);
  if (heed__context_tree_is_empty(&self->reward) || heed__context_tree_is_empty(&self->terminal)) {
    p->reward = 0;
    p->is_terminal = false;
    p->uncertainty = p->wants_uncertainty ? 1 : 0; /* nothing learned: anything tells something */
    return;
  }
  if (self->width > 0) {
    imagine_board(self, &scene, &draw);
    heed__context_close(&scene);
  } else {
    imagine_factors(self, &scene, &draw);
  }
  p->reward = self->rewards[imagine_of_step(&self->reward, &scene, &draw)];
  p->is_terminal = imagine_of_step(&self->terminal, &scene, &draw) == 1;
}

static void predict(const void *self_, heed_prediction *batch, size_t count, void *workspace) {
  (void)workspace;
  for (size_t i = 0; i < count; i++) {
    predict_one(self_, &batch[i]);
  }
}

static void draw(const void *self_, heed_rng *rng, void *hypothesis) {
  (void)self_;
  uint64_t seed = heed_rng_next(rng);
  memcpy(hypothesis, &seed, sizeof seed);
}

/* ---- the table of functions ------------------------------------------------------------------- */

static void destroy(void *self_) {
  context *self = self_;
  for (uint32_t i = 0; i < self->tree_count && self->trees != NULL; i++) {
    heed__context_tree_deinit(&self->trees[i]);
  }
  heed__context_tree_deinit(&self->uncover);
  heed__context_tree_deinit(&self->reveal);
  heed__context_tree_deinit(&self->reward);
  heed__context_tree_deinit(&self->terminal);
  heed__records_deinit(&self->records);
  free(self->trees);
  free(self->is_open);
  free(self->rewards);
  free(self->ways);
  free(self->moves);
  free(self->balanced);
  free(self->unbalanced);
  free(self->is_still);
  free(self->movements);
  free(self->can_change);
  free(self->can_cover);
  free(self->running);
  free(self->near);
}

static heed_status create_trees(context *self, heed_error *err) {
  double a = self->params.concentration;
  double least = self->params.least_probability;
  uint32_t cell_features = heed__context_cell_features(self);
  uint32_t step_features = heed__context_step_features(self);
  uint32_t places = heed__context_places(self);
  heed_status status =
      heed__context_tree_init(&self->uncover, cell_features, places, EVENT_COUNT, a, least, err);
  if (status == HEED_OK) {
    status =
        heed__context_tree_init(&self->reveal, cell_features, places, EVENT_COUNT, a, least, err);
  }
  if (status == HEED_OK) {
    status = heed__context_tree_init(&self->reward, step_features, places, CONTEXT_REWARDS_MAX, a,
                                     least, err);
  }
  if (status == HEED_OK) {
    status = heed__context_tree_init(&self->terminal, step_features, places, 2, a, least, err);
  }
  for (uint32_t i = 0; i < self->tree_count && status == HEED_OK; i++) {
    status =
        heed__context_tree_init(&self->trees[i], cell_features, places, EVENT_COUNT, a, least, err);
  }
  return status;
}

static heed_status create(void *self_, const void *params, heed_dynamics_spec *spec,
                          heed_error *err) {
  context *self = self_;
  const heed_space *obs = &spec->obs_space;
  bool is_cells = obs->kind == HEED_SPACE_CELLS;
  bool is_board = is_cells && obs->width > 0;
  uint32_t cells_max = is_board ? CONTEXT_CELLS_MAX : CONTEXT_FACTORS_MAX;
  if (!is_cells || obs->count > cells_max || obs->value_count > CONTEXT_VALUES_MAX ||
      spec->action_space.kind != HEED_SPACE_DISCRETE ||
      spec->action_space.count > HEED__RECORDS_ACTIONS_MAX) {
    return heed_fail(
        err, HEED_ERR_ARG,
        "needs cells of at most %d values, at most %d on a board and %d that form none,"
        " and at most %d actions",
        CONTEXT_VALUES_MAX, CONTEXT_CELLS_MAX, CONTEXT_FACTORS_MAX, HEED__RECORDS_ACTIONS_MAX);
  }
  self->params = *(const context_params *)params;
  self->cells = obs->count;
  self->values = obs->value_count;
  self->actions = spec->action_space.count;
  self->height = obs->height;
  self->width = obs->width;
  self->tree_count = is_board ? self->values : self->cells;
  self->belief_size = (3 * (size_t)self->cells + 7) & ~(size_t)7;
  spec->belief_size = self->belief_size;
  spec->hypothesis_size = sizeof(uint64_t);

  size_t changes = (size_t)self->values * self->actions * (self->values + 1);
  self->trees = calloc(self->tree_count, sizeof *self->trees);
  self->is_open = calloc(self->tree_count, sizeof *self->is_open);
  self->rewards = calloc(CONTEXT_REWARDS_MAX, sizeof *self->rewards);
  self->ways = calloc(self->actions, sizeof *self->ways);
  self->moves = calloc((size_t)self->actions * CONTEXT_WIDTH * CONTEXT_WIDTH, sizeof *self->moves);
  self->movements = calloc(self->values, sizeof *self->movements);
  self->balanced = calloc(self->values, sizeof *self->balanced);
  self->unbalanced = calloc(self->values, sizeof *self->unbalanced);
  self->is_still = calloc(self->values, sizeof *self->is_still);
  self->can_change = calloc(changes, sizeof *self->can_change);
  self->can_cover = calloc((size_t)self->values * self->values, sizeof *self->can_cover);
  self->near = calloc(is_board ? self->cells : 1, 12 * sizeof *self->near);
  self->running = calloc(2, self->belief_size);
  if (self->trees == NULL || self->is_open == NULL || self->rewards == NULL || self->ways == NULL ||
      self->moves == NULL || self->balanced == NULL || self->unbalanced == NULL ||
      self->is_still == NULL || self->movements == NULL || self->can_change == NULL ||
      self->can_cover == NULL || self->running == NULL || self->near == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "no memory");
  }
  if (is_board) {
    heed__context_note_near(self);
  }
  heed_status status = heed__records_init(&self->records, obs, self->actions, err);
  return status == HEED_OK ? create_trees(self, err) : status;
}

const heed_dynamics_ops heed__dynamics_context = {
    .name = "context",
    .summary = "what becomes of each cell, from the context that turns out to be enough",
    .params = params_table,
    .param_count = sizeof params_table / sizeof params_table[0],
    .params_size = sizeof(context_params),
    .self_size = sizeof(context),
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .observe = heed__context_observe,
    .predict = predict,
    .decode = decode,
    .learn = heed__context_learn,
    .draw = draw,
    .save = heed__context_save,
    .load = heed__context_load,
};
