/* ensemble.c: networks that learned from the same choices and differ where those say little.
 *
 *     r(step) = mean over M members of net_m(step) + v_m' phi(step),   the spread is their standard deviation
 *
 * as Christiano et al. 2017, "Deep reinforcement learning from human preferences", fit rewards to
 * comparisons, here to every kind of feedback through the one likelihood of choice.h. A linear reward
 * cannot say that one thing is good only where another holds; networks can. What is added to each network is
 * what it may still be wrong about (ensemble_doubt.c), so that the spread is that of a posterior.
 *
 * What goes in, of a board or other cells:
 *
 *     the value of each cell after the step        one-hot
 *     of each cell that changed, what it was       one-hot, nothing where nothing changed
 *     of a board, each change of v to w, anywhere  as often as it happened
 *
 * nearly all of it zeros, so that the first layer is a sum of few rows of its weights; of a box the
 * observation before and after, scaled; and the action, one-hot or scaled. How much of a say each has at first
 * is told in ensemble_groups.c.
 *
 * What is fixed. The likelihood knows rewards only up to what the choices tell apart. Their scale is that
 * of beta: a network's output is in units of 1 / beta, of the geometric mean of what the choices state.
 * What is added to every step shows in no comparison of options of one length; then each member's mean
 * over the steps that people were shown is 0. Where answers do tell it (labels, ratings, an off switch,
 * options of different lengths), it is theirs.
 *
 * A hypothesis is a member. Before anything is learned the mean is 0, the spread 1, and a hypothesis is
 * white noise: each step's reward a standard normal number of its own. */
#include "reward/ensemble.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reward/registry.h"

/* What a file's weights can make of a step is held within this. */
static const double reward_most = 1e30;

static const heed_param param_table[] = {
    {"members", HEED_PARAM_INT, offsetof(ensemble_params, members), "6", 1, 64, NULL, "networks",
     "how many networks learn side by side"},
    {"width", HEED_PARAM_INT, offsetof(ensemble_params, width), "64", 1, 1024, NULL, "units",
     "units of a hidden layer"},
    {"depth", HEED_PARAM_INT, offsetof(ensemble_params, depth), "2", 1,
     HEED__NETWORK_LAYERS_MAX - 1, NULL, "layers", "hidden layers"},
    {"activation", HEED_PARAM_CHOICE, offsetof(ensemble_params, activation), "swish", 0, 0,
     "tanh|relu|swish", "", "function of the hidden units"},
    {"learning_rate", HEED_PARAM_REAL, offsetof(ensemble_params, learning_rate), "0.005", 1e-7, 1,
     NULL, "", "of Adam, at first; falls when progress ends"},
    {"weight_decay", HEED_PARAM_REAL, offsetof(ensemble_params, weight_decay), "2", 0, 100, NULL,
     "", "share of the weights that a step of learning rate 1 would take away"},
    {"batch", HEED_PARAM_INT, offsetof(ensemble_params, batch), "16", 1, 4096, NULL, "choices",
     "choices of a training step"},
    {"epochs", HEED_PARAM_INT, offsetof(ensemble_params, epochs), "300", 0, 1e6, NULL, "passes",
     "passes over the choices at most"},
    {"patience", HEED_PARAM_INT, offsetof(ensemble_params, patience), "20", 1, 1e6, NULL, "passes",
     "passes without progress on held-out choices after which the learning rate falls, or all "
     "ends"},
    {"bootstrap", HEED_PARAM_BOOL, offsetof(ensemble_params, bootstrap), "true", 0, 1, NULL, "",
     "let each member learn from its own resample of the questions; those it misses are held out"},
    {"holdout", HEED_PARAM_REAL, offsetof(ensemble_params, holdout), "0.2", 0, 0.5, NULL, "",
     "share of the questions held out without bootstrap"},
    {"prior_scale", HEED_PARAM_REAL, offsetof(ensemble_params, prior_scale), "0.9", 1e-3, 1e3, NULL,
     "1 / beta", "what a step is taken to be worth before anything is known, give or take"},
    {"discount", HEED_PARAM_REAL, offsetof(ensemble_params, discount), "1", 0, 1, NULL, "",
     "how much less each later step of a segment counts"},
    {"beta_spread", HEED_PARAM_REAL, offsetof(ensemble_params, beta_spread), "1", 0, 10, NULL, "",
     "deviation of the log of a person's rationality around what is stated, where several people "
     "answered; 0: as stated"},
    {"infer_mistakes", HEED_PARAM_BOOL, offsetof(ensemble_params, infer_mistakes), "false", 0, 1,
     NULL, "", "infer how often each person errs, from what is stated on"},
    {"seed", HEED_PARAM_INT, offsetof(ensemble_params, seed), "1", 0, INT32_MAX, NULL, "",
     "of first weights, resamples and shuffling"},
};

/* ---- inputs --------------------------------------------------------------------------------- */

static bool is_cells(const ensemble *self) {
  return self->obs_space->kind == HEED_SPACE_CELLS;
}

static bool is_board(const ensemble *self) {
  return is_cells(self) && self->obs_space->height > 0;
}

/* Values of all cells together. */
static uint64_t all_values(const heed_space *cells) {
  uint64_t sum = 0;
  for (size_t i = 0; i < cells->count; i++) {
    sum += heed_space_values(cells, i);
  }
  return sum;
}

double heed__reward_number(const ensemble *self, const heed_step *step, size_t i) {
  size_t d = is_cells(self) ? 0 : self->obs_space->count;
  const float *obs = i < d ? step->obs : step->next_obs;
  return (double)(i < 2 * d ? obs[i < d ? i : i - d] : step->action.value[i - 2 * d]);
}

/* Cells: the value after, what a changed one was, and each change anywhere. */
static uint32_t cell_places(const ensemble *self, const heed_step *step, uint32_t *places) {
  const heed_space *space = self->obs_space;
  const uint8_t *before = step->obs;
  const uint8_t *after = step->next_obs;
  uint32_t ones = 0;
  uint32_t place = 0;
  for (size_t i = 0; i < space->count; i++) {
    places[ones++] = place + after[i];
    place += heed_space_values(space, i);
  }
  uint32_t changes = 2 * place; /* behind both one-hot tables */
  for (size_t i = 0; i < space->count; i++) {
    if (before[i] != after[i]) {
      places[ones++] = place + before[i];
      if (is_board(self)) {
        places[ones++] = changes + before[i] * space->value_count + after[i];
      }
    }
    place += heed_space_values(space, i);
  }
  return ones;
}

uint32_t heed__reward_inputs(const ensemble *self, const float *scales, const heed_step *step,
                             float *numbers, uint32_t *places) {
  const float far_out = 10; /* networks say nothing sensible of what lies far outside */
  for (size_t i = 0; i < self->dense; i++) {
    float x = (float)heed__reward_number(self, step, i);
    numbers[i] = fmaxf(-far_out, fminf(far_out, (x - scales[i]) * scales[self->dense + i]));
  }
  uint32_t ones = is_cells(self) ? cell_places(self, step, places) : 0;
  if (self->action_space->kind == HEED_SPACE_DISCRETE) {
    uint32_t actions = self->action_space->count;
    places[ones++] = self->sparse - actions + (uint32_t)step->action.index;
  }
  return ones;
}

void heed__reward_layer(const ensemble *self, const float *params, size_t width,
                        const ensemble_inputs *inputs, const uint32_t *rows, size_t count,
                        float *numbers, float *units, float *slopes) {
  const heed__kernel *kernel = heed__kernel_best();
  kernel->fill(count, width, params + self->inputs * width, units);
  if (self->dense > 0) {
    const float *x = inputs->numbers;
    for (size_t i = 0; i < count && rows != NULL; i++) {
      memcpy(numbers + i * self->dense, x + rows[i] * (size_t)self->dense,
             self->dense * sizeof *numbers);
    }
    kernel->product(count, width, self->dense,
                    (heed__matrix){rows != NULL ? numbers : x, self->dense, 1},
                    (heed__matrix){params, width, 1}, true, units);
  }
  const float *table = params + self->dense * width;
  for (size_t i = 0; i < count && self->sparse > 0; i++) {
    size_t row = rows != NULL ? rows[i] : i;
    kernel->gather(width, inputs->ones[row], inputs->places + row * self->active_max, table,
                   units + i * width);
  }
  kernel->activate(self->network.activation, count * width, units, slopes);
}

/* ---- lifecycle ------------------------------------------------------------------------------ */

/* Takes no memory for networks: that is for learning, and for a file that brings them. */
static heed_status create(void *self_, const void *params, heed_reward_spec *spec,
                          heed_error *err) {
  ensemble *self = self_;
  self->params = *(const ensemble_params *)params;
  self->obs_space = &spec->obs_space;
  self->action_space = &spec->action_space;
  bool acts_in_box = spec->action_space.kind == HEED_SPACE_BOX;
  uint64_t values = is_cells(self) ? all_values(&spec->obs_space) : 0;
  uint64_t n = spec->obs_space.value_count;
  uint64_t dense = (is_cells(self) ? 0 : 2 * (uint64_t)spec->obs_space.count) +
                   (acts_in_box ? spec->action_space.count : 0);
  uint64_t sparse =
      2 * values + (is_board(self) ? n * n : 0) + (acts_in_box ? 0 : spec->action_space.count);
  if (dense + sparse > ENSEMBLE_WIDE) {
    return heed_fail(err, HEED_ERR_ARG,
                     "observations and actions come to %" PRIu64 " inputs, at most %d expected",
                     dense + sparse, ENSEMBLE_WIDE);
  }
  const uint64_t groups[ENSEMBLE_GROUPS] = {dense, values, values, is_board(self) ? n * n : 0,
                                            acts_in_box ? 0 : spec->action_space.count};
  for (size_t g = 0; g < ENSEMBLE_GROUPS; g++) {
    self->groups[g] = (uint32_t)groups[g];
  }
  self->inputs = (uint32_t)(dense + sparse);
  self->obs_size = heed_space_size(&spec->obs_space);
  self->dense = (uint32_t)dense;
  self->sparse = (uint32_t)sparse;
  self->active_max = (is_cells(self) ? 3 * spec->obs_space.count : 0) + (acts_in_box ? 0 : 1);
  uint32_t width = (uint32_t)self->params.width;
  uint32_t depth = (uint32_t)self->params.depth;
  heed__activation activation = (heed__activation)self->params.activation;
  self->network = heed__network_of(self->inputs, width, depth, 1, activation);
  self->rest = heed__network_of(width, width, depth - 1, 1, activation);
  self->network_size = heed__network_size(&self->network);
  self->rest_offset = self->network_size - heed__network_size(&self->rest);
  spec->hypothesis_size = sizeof(uint64_t);
  return HEED_OK;
}

static void destroy(void *self_) {
  ensemble *self = self_;
  free(self->scales);
  free(self->weights);
  free(self->features);
  free(self->doubts);
}

static void draw(const void *self_, heed_rng *rng, void *hypothesis) {
  const ensemble *self = self_;
  uint64_t drawn = self->weights != NULL ? heed_rng_choice(rng, (uint32_t)self->params.members)
                                         : heed_rng_next(rng);
  memcpy(hypothesis, &drawn, sizeof drawn);
}

/* ---- scoring -------------------------------------------------------------------------------- */

/* A workspace, cut up for blocks of `rows`. */
typedef struct frame {
  size_t rows;
  float *numbers; /* [rows][dense] */
  float *units;   /* [rows][width] of the first hidden layer */
  float *phi;     /* [rows][ENSEMBLE_FEATURES] */
  float *outputs; /* [members][rows] */
  float *sums;    /* [rows][members] of doubts */
  float *scratch; /* of the rest of the network */
  uint32_t *places, *ones;
} frame;

static size_t frame_floats(const ensemble *self, size_t rows) {
  return rows * (self->dense + (size_t)self->params.width + ENSEMBLE_FEATURES +
                 2 * (size_t)self->params.members) +
         heed__network_infer_size(&self->rest, rows);
}

static size_t workspace_size(const void *self_, size_t count) {
  const ensemble *self = self_;
  size_t rows = count < ENSEMBLE_BLOCK ? count : ENSEMBLE_BLOCK;
  return (frame_floats(self, rows) * sizeof(float) +
          rows * ((size_t)self->active_max + 1) * sizeof(uint32_t) + 7) &
         ~(size_t)7;
}

static frame frame_of(const ensemble *self, size_t count, void *workspace) {
  size_t rows = count < ENSEMBLE_BLOCK ? count : ENSEMBLE_BLOCK;
  frame f = {.rows = rows, .numbers = workspace};
  f.units = f.numbers + rows * self->dense;
  f.phi = f.units + rows * (size_t)self->params.width;
  f.outputs = f.phi + rows * ENSEMBLE_FEATURES;
  f.sums = f.outputs + rows * (size_t)self->params.members;
  f.scratch = f.sums + rows * (size_t)self->params.members;
  f.places = (uint32_t *)(void *)(f.numbers + frame_floats(self, rows));
  f.ones = f.places + rows * self->active_max;
  return f;
}

/* Adds their doubts to what members in [first, end) make of the rows of a block. */
static void add_doubts(const ensemble *self, const ensemble_inputs *inputs, size_t count,
                       size_t first, size_t end, frame *f) {
  size_t members = end - first;
  heed__reward_layer(self, self->features, ENSEMBLE_FEATURES, inputs, NULL, count, NULL, f->phi,
                     NULL);
  heed__kernel_best()->product(
      count, members, ENSEMBLE_FEATURES, (heed__matrix){f->phi, ENSEMBLE_FEATURES, 1},
      (heed__matrix){self->doubts + first * ENSEMBLE_FEATURES, 1, ENSEMBLE_FEATURES}, false,
      f->sums);
  for (size_t m = 0; m < members; m++) {
    for (size_t i = 0; i < count; i++) {
      f->outputs[m * count + i] += f->sums[i * members + m];
    }
  }
}

/* What each member in [first, end) makes of the rows of a block: f->outputs[member - first][count]. */
static void infer(const ensemble *self, size_t count, size_t first, size_t end, frame *f) {
  ensemble_inputs inputs = {f->numbers, f->places, f->ones};
  for (size_t m = first; m < end; m++) {
    const float *params = self->weights + m * self->network_size;
    heed__reward_layer(self, params, (size_t)self->params.width, &inputs, NULL, count, NULL,
                       f->units, NULL);
    heed__network_infer(&self->rest, params + self->rest_offset, count, f->units,
                        f->outputs + (m - first) * count, f->scratch);
  }
  if (self->doubts != NULL) {
    add_doubts(self, &inputs, count, first, end, f);
  }
}

/* NaN, out of an absurd file, becomes the most. */
static double bounded(double x) {
  return fmax(-reward_most, fmin(reward_most, x));
}

/* Mean and deviation of outputs[members][count] at column i. */
static void summarise(const float *outputs, size_t members, size_t count, size_t i, double *mean,
                      double *spread) {
  double sum = 0;
  double squares = 0;
  for (size_t m = 0; m < members; m++) {
    sum += bounded((double)outputs[m * count + i]);
  }
  *mean = sum / (double)members;
  for (size_t m = 0; m < members && spread != NULL; m++) {
    double off = bounded((double)outputs[m * count + i]) - *mean;
    squares += off * off;
  }
  if (spread != NULL) {
    *spread = members > 1 ? sqrt(squares / (double)(members - 1)) : 0;
  }
}

static void score_nothing(const ensemble *self, const heed_step *steps, size_t count,
                          const uint64_t *hypothesis, double *mean, double *spread) {
  for (size_t i = 0; i < count; i++) {
    mean[i] = 0;
    if (hypothesis != NULL) {
      uint64_t key = heed__step_key(HEED__READS_ALL, self->obs_size, self->action_space, &steps[i]);
      mean[i] = heed__step_normal(*hypothesis, key);
    }
    if (spread != NULL) {
      spread[i] = hypothesis != NULL ? 0 : 1;
    }
  }
}

static void score(const void *self_, const heed_step *steps, size_t count, const void *hypothesis,
                  double *mean, double *spread, void *workspace) {
  const ensemble *self = self_;
  uint64_t drawn = 0;
  if (hypothesis != NULL) {
    memcpy(&drawn, hypothesis, sizeof drawn);
  }
  if (self->weights == NULL) {
    score_nothing(self, steps, count, hypothesis != NULL ? &drawn : NULL, mean, spread);
    return;
  }
  size_t members = (size_t)self->params.members;
  size_t first = hypothesis != NULL ? (size_t)(drawn % members) : 0;
  size_t end = hypothesis != NULL ? first + 1 : members;
  frame f = frame_of(self, count, workspace);
  for (size_t begin = 0; begin < count; begin += f.rows) {
    size_t rows = count - begin < f.rows ? count - begin : f.rows;
    for (size_t i = 0; i < rows; i++) {
      f.ones[i] = heed__reward_inputs(self, self->scales, &steps[begin + i],
                                      f.numbers + i * self->dense, f.places + i * self->active_max);
    }
    infer(self, rows, first, end, &f);
    for (size_t i = 0; i < rows; i++) {
      summarise(f.outputs, end - first, rows, i, &mean[begin + i],
                spread != NULL ? &spread[begin + i] : NULL);
    }
  }
}

/* ---- learning and files --------------------------------------------------------------------- */

static heed_status learn(void *self, const heed_choices *choices,
                         const heed_progress_sink *progress, heed_reward_report *report,
                         heed_error *err) {
  return heed__reward_fit(self, choices, progress, report, err);
}

/* {"choices": uint, "scales": float32[2 dense], "weights": float32[members][network_size], "features":
 * float32[inputs + 1][ENSEMBLE_FEATURES], "doubts": float32[members][ENSEMBLE_FEATURES]}; without rows when
 * nothing was learned. Files of before there were doubts lack the last two. */
static void save(const void *self_, heed_pack_writer *writer) {
  const ensemble *self = self_;
  bool is_taught = self->weights != NULL;
  bool has_doubts = self->doubts != NULL;
  size_t members = (size_t)self->params.members;
  heed_pack_map(writer, 5);
  heed_pack_key(writer, "choices");
  heed_pack_uint(writer, self->choices);
  heed_pack_key(writer, "scales");
  heed_pack_numbers(writer, HEED_F32, is_taught ? 2 * (size_t)self->dense : 0, 1, self->scales);
  heed_pack_key(writer, "weights");
  heed_pack_numbers(writer, HEED_F32, is_taught ? members : 0, self->network_size, self->weights);
  heed_pack_key(writer, "features");
  heed_pack_numbers(writer, HEED_F32, has_doubts ? (size_t)self->inputs + 1 : 0, ENSEMBLE_FEATURES,
                    self->features);
  heed_pack_key(writer, "doubts");
  heed_pack_numbers(writer, HEED_F32, has_doubts ? members : 0, ENSEMBLE_FEATURES, self->doubts);
}

/* A copy of `count` floats, which were found in the file. */
static float *copy(const void *data, size_t count) {
  float *floats = calloc(count + 1, sizeof *floats);
  if (floats != NULL && count > 0) {
    memcpy(floats, data, count * sizeof *floats);
  }
  return floats;
}

/* Takes over `count` floats per row of a key; *out is NULL where there are no rows. `rows` is what is expected
 * where there are any. */
static heed_status load_floats(const heed_pack_value *map, const char *key, size_t rows,
                               size_t count, float **out, heed_error *err) {
  size_t found = 0;
  const void *data = NULL;
  heed_status status =
      heed_pack_get_numbers(map, key, HEED_F32, SIZE_MAX, count, &found, NULL, &data, err);
  if (status == HEED_OK && found != 0 && found != rows) {
    status = heed_fail(err, HEED_ERR_FORMAT, "%s: %zu rows, %zu expected", key, found, rows);
  }
  if (status == HEED_OK && found > 0) {
    *out = copy(data, rows * count);
    status = *out != NULL ? HEED_OK
                          : heed_fail(err, HEED_ERR_NOMEM, "%s: no memory for %zu rows", key, rows);
  }
  return status;
}

static heed_status load(void *self_, const heed_pack_value *map, heed_error *err) {
  ensemble *self = self_;
  size_t members = (size_t)self->params.members;
  uint64_t choices = 0;
  const void *scales = NULL;
  bool has_doubts = heed_pack_find(map, "doubts") != NULL;
  heed_status status = heed_pack_get_uint(map, "choices", UINT32_MAX, &choices, err);
  if (status == HEED_OK) {
    status = load_floats(map, "weights", members, self->network_size, &self->weights, err);
  }
  bool is_taught = self->weights != NULL;
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "scales", HEED_F32, is_taught ? 2 * (size_t)self->dense : 0,
                                   1, NULL, NULL, &scales, err);
  }
  if (status == HEED_OK && is_taught && has_doubts) {
    status = load_floats(map, "features", (size_t)self->inputs + 1, ENSEMBLE_FEATURES,
                         &self->features, err);
  }
  if (status == HEED_OK && is_taught && has_doubts) {
    status = load_floats(map, "doubts", members, ENSEMBLE_FEATURES, &self->doubts, err);
  }
  if (status == HEED_OK && (self->features == NULL) != (self->doubts == NULL)) {
    status = heed_fail(err, HEED_ERR_FORMAT, "features without doubts, or doubts without features");
  }
  if (status != HEED_OK || !is_taught) {
    return status;
  }
  self->choices = (size_t)choices;
  self->scales = copy(scales, 2 * (size_t)self->dense);
  return self->scales != NULL ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "scales: no memory");
}

static bool explain(const void *self_, size_t i, char *text, size_t size) {
  const ensemble *self = self_;
  if (i > 0) {
    return false;
  }
  (void)snprintf(text, size, "what %d networks of %zu weights learned from %zu choices",
                 (int)self->params.members, self->network_size, self->choices);
  return true;
}

const heed_reward_ops heed__reward_ensemble = {
    .name = "ensemble",
    .summary = "networks that were taught alike, and disagree where they know little",
    .params = param_table,
    .param_count = sizeof param_table / sizeof param_table[0],
    .params_size = sizeof(ensemble_params),
    .self_size = sizeof(ensemble),
    .create = create,
    .destroy = destroy,
    .workspace_size = workspace_size,
    .score = score,
    .learn = learn,
    .draw = draw,
    .save = save,
    .load = load,
    .explain = explain,
};
