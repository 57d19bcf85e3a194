/* context.h: what the files of the context model share. See context.c for the model.
 *
 *   context_scene.c   one step as it unfolds: what can be read of it, what an event does to it
 *   context_parse.c   what happened between two observations, told in events
 *   context_learn.c   samples of events, and when trees are grown
 *   context_tree.c    the trees that predict events */
#ifndef HEED_DYNAMICS_CONTEXT_H
#define HEED_DYNAMICS_CONTEXT_H

#include "dynamics/context_tree.h"
#include "dynamics/records.h"

enum {
  CONTEXT_CELLS_MAX = 4096,
  CONTEXT_VALUES_MAX = 32,    /* of a cell */
  CONTEXT_FACTORS_MAX = 48,   /* cells that form no board */
  CONTEXT_REWARDS_MAX = 4096, /* different rewards */
  CONTEXT_OUTSIDE = UINT16_MAX
};

/* What becomes of a cell, as a symbol. The largest displacement that has a symbol of its own is
 * CONTEXT_NEAR in each direction; farther away a cell is named. */
enum {
  CONTEXT_NEAR = 1,
  CONTEXT_WIDTH = 2 * CONTEXT_NEAR + 1,
  EVENT_STAY = 0, /* nothing */
  EVENT_UNCOVER,  /* it shows what it covers */
  EVENT_AHEAD,    /* its value moves one step the action's way */
  EVENT_MOVE,     /* its value moves by a displacement: + (rows + NEAR) * WIDTH + cols + NEAR */
  EVENT_TURN = EVENT_MOVE + CONTEXT_WIDTH * CONTEXT_WIDTH, /* it turns into a value: + value */
  EVENT_GO = EVENT_TURN + CONTEXT_VALUES_MAX,              /* its value moves to a cell: + cell */
  EVENT_COUNT = EVENT_GO + CONTEXT_CELLS_MAX
};

/* What can be read of a cell of a board. A cell value is read as value + 1, 0 where the board ends or
 * nothing is known. */
enum {
  CELL_AHEAD,       /* what lies one step the action's way, before this step */
  CELL_AHEAD_2,     /* two steps */
  CELL_BEHIND,      /* one step against it */
  CELL_ACTION,      /* the action itself */
  CELL_LANDED,      /* what has moved here in this step */
  CELL_UNDER,       /* what it covers */
  CELL_TRIED,       /* it stayed when it might have gone, since it last changed */
  CELL_VISITED,     /* something has left here in this episode */
  CELL_LOST,        /* the actor was last seen going here, and is seen nowhere */
  CELL_LOST_BEHIND, /* the same of the cell behind */
  CELL_OWN,         /* its value */
  CELL_FIRST,       /* what became of the first cell that was decided: a kind of event */
  CELL_FIRST_UNDER, /* what that cell covered */
  CELL_NEAR, /* 12 cells around, before this step: up, down, left, right, diagonals, two away */
  CELL_NEAR_NOW = CELL_NEAR + 12, /* the first 4 of them as decided so far */
  CELL_BEHIND_NOW = CELL_NEAR_NOW + 4,
  CELL_PRESENT /* + value: how many cells show it, as decided so far; 2 stands for more. Then the four
                  places: */
};
enum { PLACE_ROW, PLACE_COL, PLACE_CELL, PLACE_CELL_ACTION, PLACES };

/* What can be read of a whole step on a board, for its reward and end. */
enum {
  STEP_ACTION,
  STEP_FIRST, /* what became of the first cell that was decided */
  STEP_UNDER, /* what that cell covered */
  STEP_AHEAD, /* what lay ahead of it */
  STEP_VALUES /* for each value: what a mover of it came to cover, + 1; then for each the number of
                 cells that show it afterwards; then how many more these are than before, + 128. Then the
                 four places, + 1, of where the value of the first cell went; 0: nowhere */
};

/* Of cells that form no board: the action, every cell before, every cell as decided so far + 1. */
enum { FACTOR_ACTION, FACTOR_BEFORE };

typedef struct context_params {
  double concentration;
  double least_probability;
} context_params;

/* Bits of a cell's memory in a belief. */
enum { CONTEXT_TRIED = 1, CONTEXT_VISITED = 2, CONTEXT_LOST = 4 };

typedef struct context {
  context_params params;
  heed__records records; /* all else is a function of these */
  uint32_t cells, values, actions;
  uint32_t height, width; /* 0: cells that form no board */
  size_t belief_size;
  uint16_t
      *near; /* [cells][12] the cells around each, of a board; CONTEXT_OUTSIDE beyond its border */

  /* Trees. A board has one for each value, which says what becomes of a cell that shows it; else each
   * cell has its own. */
  heed__context_tree *trees;   /* [tree_count] */
  heed__context_tree uncover;  /* what a cell shows when its value has moved away, */
  heed__context_tree reveal;   /* and where it is not known what was covered */
  heed__context_tree reward;   /* number of the reward */
  heed__context_tree terminal; /* 0 or 1 */
  uint32_t tree_count;
  bool *is_open;   /* [tree_count] something other than STAY has come up: samples are kept */
  double *rewards; /* [CONTEXT_REWARDS_MAX], by number */
  uint32_t reward_count;

  /* What is known of how values move. */
  int32_t (*ways)[2];   /* [actions] rows, cols that an action moves things by; 0, 0: none */
  uint32_t *moves;      /* [actions][WIDTH * WIDTH] how often it moved something by what */
  uint32_t *movements;  /* [values] how often it moved */
  uint32_t actor;       /* the value that moved most often: it is decided first */
  uint32_t *balanced;   /* [values] changes in which as many cells lost it as took it, */
  uint32_t *unbalanced; /* and others */
  bool *is_still;       /* [values] it does not move: it appears and disappears */
  bool *can_change;     /* [values][actions][values + 1] not always STAY, by own, action, ahead */
  bool *can_cover;      /* [values][values] a value was seen to move onto another */
  /* What trees look at, and beliefs therefore remember; sets of values, as bits. */
  uint32_t tried_values;   /* TRIED of cells that show it */
  uint32_t visited_values; /* VISITED of cells where it was uncovered */
  bool uses_lost;
  uint64_t growths; /* of all trees, when that was noted */

  unsigned char *running; /* two beliefs: at the end of the last record, and room for the next */
} context;

/* One step while it is decided, cell by cell. Pointers into beliefs and a workspace. */
typedef struct context_scene {
  const context *model;
  uint32_t action;
  uint32_t way; /* the action's, as a number of the cells around */
  const uint8_t *before, *under_before, *memory_before; /* [cells] */
  uint8_t *after, *under, *memory;                      /* [cells] */
  uint32_t first;      /* the first cell that was decided; UINT32_MAX: none yet */
  uint32_t first_to;   /* where its value went; UINT32_MAX: nowhere */
  uint8_t first_event; /* kind of event + 1 */
  uint16_t count_before[CONTEXT_VALUES_MAX];
  uint16_t count_after[CONTEXT_VALUES_MAX];
  uint8_t landed_on[CONTEXT_VALUES_MAX]; /* what a mover of this value came to cover, + 1 */
  uint32_t tried_values,
      visited_values; /* what is remembered: the model's, or all while learning */
  bool uses_lost;
  uint8_t landed[CONTEXT_CELLS_MAX]; /* [cells] value + 1 of what moved there */
} context_scene;

typedef struct context_move {
  uint32_t from, to;
} context_move;

/* What happened to the cells, found by comparing two observations. */
typedef struct context_story {
  uint16_t events[CONTEXT_CELLS_MAX];   /* [cells] event of each cell */
  uint16_t uncovers[CONTEXT_CELLS_MAX]; /* of what shows where a value moved away */
  int8_t balance[CONTEXT_VALUES_MAX]; /* [values] 1: as many cells lost it as took it; -1: not so */
  context_move moves[CONTEXT_CELLS_MAX];
  uint32_t move_count;
  bool is_near
      [CONTEXT_CELLS_MAX]; /* [cells] of a board: the actor or a change is there or beside it */
} context_story;

/* ---- context_scene.c -------------------------------------------------------------------------- */

/* A belief: cells, what each covers + 1, memory, [cells] each, zeros to a multiple of 8. */
static inline const uint8_t *context_under(const context *self, const void *belief) {
  return (const uint8_t *)belief + self->cells;
}

/* Fills model->near of a board. */
void heed__context_note_near(context *self);

/* Opens a scene: next_belief becomes a copy of the belief. */
void heed__context_open(const context *self, context_scene *scene, const void *belief,
                        uint32_t action, void *next_belief);

/* Values present that can change, the actor's first, then those of fewest cells: order[count], for boards. */
bool heed__context_precedes(const context_scene *scene, uint8_t a, uint8_t b);
uint32_t heed__context_order(const context_scene *scene, uint8_t *order);

heed__feature_reader heed__context_cell_feature;   /* place: a cell of a board */
heed__feature_reader heed__context_step_feature;   /* place is not used */
heed__feature_reader heed__context_factor_feature; /* place: a cell, of those that form no board */
void heed__context_cell_row(const context_scene *scene, uint32_t cell,
                            uint8_t *features); /* all of them */
void heed__context_step_row(const context_scene *scene, uint8_t *features);
uint32_t heed__context_cell_features(const context *self);
bool heed__context_is_global(const context *self,
                             uint32_t feature); /* the same for all cells of a value? */
uint32_t heed__context_step_features(const context *self);
uint32_t heed__context_places(
    const context *self); /* how many of them, the last ones, are places */

/* A value stays; where it might have gone, that is remembered. What applying STAY does to all but the first
 * cell. */
void heed__context_stay(context_scene *scene, uint32_t cell);

/* Does an event to a cell; true if its value moved away and left it uncovered, whose event is next. */
bool heed__context_apply(context_scene *scene, uint32_t cell, uint16_t event);
void heed__context_uncover(context_scene *scene, uint32_t cell, uint16_t event);

/* Ends a scene, when all cells are decided: where the actor was lost is remembered. */
void heed__context_close(context_scene *scene);

/* ---- context_parse.c -------------------------------------------------------------------------- */

/* Tells what led from the scene's `before` to `obs`. */
void heed__context_parse(const context *self, const context_scene *scene, const uint8_t *obs,
                         context_story *story);

/* ---- context_learn.c -------------------------------------------------------------------------- */

heed_status heed__context_learn(void *self, const heed_experience *experience, size_t first,
                                size_t count, const heed_progress_sink *progress, heed_error *err);
void heed__context_observe(const void *self, void *belief, heed_action action, const void *obs);
void heed__context_save(const void *self, heed_pack_writer *writer);
heed_status heed__context_load(void *self, const heed_pack_value *map, heed_error *err);

#endif
