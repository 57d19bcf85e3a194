/* ensemble_fit.c: fitting the members: likelihood, Adam, and stopping when held-out data say so.
 *
 * A member trains until its loss on the transitions held out has not fallen for `patience` passes; then
 * it goes back to its best weights and on with a lower learning rate, a few times. Members train side by
 * side on threads; each has its own random numbers, so that threads change nothing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/ensemble.h"

/* The learning rate falls to these shares of itself, one after the other. */
static const double rate_shares[] = {1, 0.3, 0.1, 0.03};
enum { RATES = sizeof rate_shares / sizeof rate_shares[0] };

/* Purposes of hashes of the seed. */
enum { HASH_HOLDOUT = 1, HASH_BOOTSTRAP = 2 };

/* All members, and what they have in common. */
typedef struct fit_job {
  const ensemble *self;
  ensemble_fit *fit; /* to be filled */
  uint32_t *held;    /* [held_count] records held out; owned */
  size_t held_count;
  const heed_progress_sink *progress;
  uint64_t epochs_done; /* by all members */
  bool is_stopped;      /* the sink asked for it */
  bool is_short_of_memory;
  bool is_not_finite;
} fit_job;

/* One member while it trains. All arrays owned. */
typedef struct trainer {
  const ensemble *self;
  const fit_job *job;
  heed_rng rng;
  heed__adam adam;
  uint32_t *order; /* [count] records to train on, as often as they weigh */
  size_t count;
  float *floats; /* one block for all that follows */
  float *params, *gradient, *moments;
  float *x, *y, *trace; /* of one batch */
} trainer;

/* ---- who learns what -------------------------------------------------------------------------- */

/* A uniform number in [0, 1) that depends on its arguments alone. */
static double hash_uniform(const ensemble *self, uint64_t purpose, uint64_t m, uint64_t i) {
  uint64_t seed = heed_mix64((uint64_t)self->params.seed, purpose);
  return (double)(heed_mix64(heed_mix64(seed, m), i) >> 11) * 0x1.0p-53;
}

bool heed__ensemble_is_held_out(const ensemble *self, size_t i) {
  return hash_uniform(self, HASH_HOLDOUT, 0, i) < self->params.holdout;
}

uint32_t heed__ensemble_multiplicity(const ensemble *self, uint32_t m, size_t i) {
  if (heed__ensemble_is_held_out(self, i)) {
    return 0;
  }
  if (!self->params.bootstrap) {
    return 1;
  }
  /* A resample of n out of n takes each Poisson(1) times, for large n; by inversion. */
  enum { MULTIPLICITY_MAX = 16 };
  double u = hash_uniform(self, HASH_BOOTSTRAP, m, i);
  double p = exp(-1);
  uint32_t k = 0;
  while (u >= p && k < MULTIPLICITY_MAX) {
    u -= p;
    p /= ++k;
  }
  return k;
}

/* ---- scales ----------------------------------------------------------------------------------- */

/* Mean and deviation of numbers read one by one. */
typedef struct moments {
  double count, mean, squares; /* sum of squared deviations (Welford 1962) */
} moments;

static void take(moments *m, double value) {
  double before = value - m->mean;
  m->count++;
  m->mean += before / m->count;
  m->squares += before * (value - m->mean);
}

/* 0 where all numbers are equal but for rounding. */
static double deviation(const moments *m) {
  double d = sqrt(m->squares / m->count);
  return d > 1e-7 * fabs(m->mean) && d > 1e-30 ? d : 0;
}

/* Number i of those that are scaled, of record r. */
static double number_of(const ensemble *self, size_t i, size_t r) {
  bool is_obs = self->obs_space->kind == HEED_SPACE_BOX && i < self->dim;
  size_t actions_from = self->obs_space->kind == HEED_SPACE_BOX ? self->dim : 0;
  float value;
  memcpy(&value,
         is_obs ? self->records.obs + r * self->obs_size + i * sizeof value
                : self->records.actions + r * self->action_size + (i - actions_from) * sizeof value,
         sizeof value);
  return (double)value;
}

/* Change g of record r, or its reward. */
static double change_of(const ensemble *self, size_t g, size_t r) {
  if (g + 1 == self->layout.gaussians) {
    return self->records.rewards[r];
  }
  const float *obs = (const float *)(const void *)(self->records.obs + r * self->obs_size);
  const float *next = (const float *)(const void *)(self->records.next_obs + r * self->obs_size);
  return (double)next[g] - (double)obs[g];
}

static void measure_scales(const ensemble *self, float *block) {
  ensemble_scales scales = heed__ensemble_scales(self, block);
  for (size_t i = 0; i < self->numbers; i++) {
    moments m = {0};
    for (size_t r = 0; r < self->records.count; r++) {
      take(&m, number_of(self, i, r));
    }
    double d = deviation(&m);
    scales.in_mean[i] = (float)m.mean;
    scales.in_scale[i] = d > 0 ? (float)(1 / d) : 0;
  }
  for (size_t g = 0; g < self->layout.gaussians; g++) {
    moments m = {0};
    for (size_t r = 0; r < self->records.count; r++) {
      take(&m, change_of(self, g, r));
    }
    scales.out_mean[g] = (float)m.mean;
    scales.out_scale[g] = (float)deviation(&m);
  }
}

/* ---- one member ------------------------------------------------------------------------------- */

static bool trainer_init(trainer *t, const fit_job *job, uint32_t m) {
  const ensemble *self = job->self;
  heed_rng master;
  heed_rng_init(&master, (uint64_t)self->params.seed);
  *t = (trainer){.self = self, .job = job, .rng = heed_rng_derive(&master, HEED_STREAM_TRAIN, m)};
  size_t size = self->network_size;
  size_t rows = (size_t)self->params.batch;
  for (size_t i = 0; i < self->records.count; i++) {
    t->count += heed__ensemble_multiplicity(self, m, i);
  }
  bool takes_all = t->count == 0; /* a very short life */
  t->count = takes_all ? self->records.count : t->count;
  t->order = malloc((t->count + 1) * sizeof *t->order);
  t->floats = calloc(4 * size + rows * ((size_t)self->features + self->layout.size) +
                         heed__network_trace_size(&self->network, rows),
                     sizeof *t->floats);
  if (t->order == NULL || t->floats == NULL) {
    return false;
  }
  size_t n = 0;
  for (size_t i = 0; i < self->records.count; i++) {
    uint32_t times = takes_all ? 1 : heed__ensemble_multiplicity(self, m, i);
    for (uint32_t k = 0; k < times; k++) {
      t->order[n++] = (uint32_t)i;
    }
  }
  t->params = t->floats;
  t->gradient = t->params + size;
  t->moments = t->gradient + size;
  t->x = t->moments + 2 * size;
  t->y = t->x + rows * self->features;
  t->trace = t->y + rows * self->layout.size;
  return true;
}

static void trainer_deinit(trainer *t) {
  free(t->order);
  free(t->floats);
}

static void read_batch(trainer *t, const uint32_t *records, size_t count) {
  const ensemble *self = t->self;
  for (size_t i = 0; i < count; i++) {
    heed__ensemble_features(
        self, t->job->fit->scales, self->records.obs + records[i] * self->obs_size,
        self->records.actions + records[i] * self->action_size, t->x + i * self->features);
  }
}

/* One step of Adam on a batch. */
static void train_batch(trainer *t, const uint32_t *records, size_t count) {
  const ensemble *self = t->self;
  size_t outputs = self->layout.size;
  read_batch(t, records, count);
  heed__network_forward(&self->network, t->params, count, t->x, t->y, t->trace);
  for (size_t i = 0; i < count; i++) {
    ensemble_target target = heed__ensemble_target(self, records[i]);
    (void)heed__ensemble_loss(self, t->job->fit->scales, &target, t->y + i * outputs);
  }
  for (size_t i = 0; i < count * outputs; i++) {
    t->y[i] /= (float)count;
  }
  heed__network_backward(&self->network, t->params, count, t->x, t->y, t->trace, t->gradient, NULL);
  heed__adam_step(&t->adam, &self->network, t->gradient, t->params, t->moments);
}

static void train_epoch(trainer *t) {
  size_t batch = (size_t)t->self->params.batch;
  for (size_t i = t->count; i > 1; i--) { /* Fisher and Yates */
    size_t j = heed_rng_choice(&t->rng, (uint32_t)i);
    uint32_t swap = t->order[i - 1];
    t->order[i - 1] = t->order[j];
    t->order[j] = swap;
  }
  for (size_t i = 0; i < t->count; i += batch) {
    train_batch(t, t->order + i, t->count - i < batch ? t->count - i : batch);
  }
}

/* Mean loss on what is held out. */
static double held_out_loss(trainer *t, const float *params) {
  const ensemble *self = t->self;
  size_t outputs = self->layout.size;
  size_t batch = (size_t)self->params.batch;
  double loss = 0;
  for (size_t i = 0; i < t->job->held_count; i += batch) {
    const uint32_t *records = t->job->held + i;
    size_t count = t->job->held_count - i < batch ? t->job->held_count - i : batch;
    read_batch(t, records, count);
    heed__network_infer(&self->network, params, count, t->x, t->y, t->trace);
    for (size_t k = 0; k < count; k++) {
      ensemble_target target = heed__ensemble_target(self, records[k]);
      loss += heed__ensemble_loss(self, t->job->fit->scales, &target, t->y + k * outputs);
    }
  }
  return loss / (double)t->job->held_count;
}

/* Tells the sink of one more pass; false when it asks to stop. The section has no name, which would be a
 * symbol of the library. */
static bool report_epoch(fit_job *job) {
  bool goes_on = true;
#pragma omp critical
  {
    uint64_t total = (uint64_t)job->self->params.members * (uint64_t)job->self->params.epochs;
    job->epochs_done++;
    job->is_stopped =
        job->is_stopped || !heed_progress_report(job->progress, job->epochs_done, total);
    goes_on = !job->is_stopped;
  }
  return goes_on;
}

/* Trains until held-out data say that there is no more to gain; best[] receives the weights. */
static double train(trainer *t, fit_job *job, float *best) {
  const ensemble *self = t->self;
  size_t bytes = self->network_size * sizeof *best;
  double best_loss = held_out_loss(t, t->params);
  memcpy(best, t->params, bytes);
  int32_t waited = 0;
  size_t rate = 0;
  t->adam = heed__adam_of(self->params.learning_rate, self->params.weight_decay);
  for (int32_t epoch = 0; epoch < self->params.epochs; epoch++) {
    train_epoch(t);
    double loss = held_out_loss(t, t->params);
    if (loss < best_loss) {
      best_loss = loss;
      memcpy(best, t->params, bytes);
      waited = 0;
    } else if (++waited >= self->params.patience) {
      if (++rate == RATES) {
        break;
      }
      memcpy(t->params, best, bytes);
      memset(t->moments, 0, 2 * bytes);
      t->adam =
          heed__adam_of(self->params.learning_rate * rate_shares[rate], self->params.weight_decay);
      waited = 0;
    }
    if (!report_epoch(job)) {
      break;
    }
  }
  return best_loss;
}

/* The end is as likely as it was, before anything is known of when. */
static void start_end(const ensemble *self, float *params) {
  heed__layer last = heed__network_layer(&self->network, self->network.layer_count - 1);
  double ends = 0.5;
  for (size_t r = 0; r < self->records.count; r++) {
    ends += self->records.is_terminal[r];
  }
  params[last.bias + self->layout.terminal] =
      (float)log(ends / ((double)self->records.count + 1 - ends));
}

static void fit_member(fit_job *job, uint32_t m) {
  const ensemble *self = job->self;
  trainer t;
  bool has_memory = trainer_init(&t, job, m);
  if (has_memory) {
    float *best = job->fit->weights + m * self->network_size;
    heed__network_init(&self->network, &t.rng, t.params);
    start_end(self, t.params);
    double loss = train(&t, job, best);
    if (!isfinite(loss)) {
#pragma omp atomic write
      job->is_not_finite = true;
    }
  }
  if (!has_memory) {
#pragma omp atomic write
    job->is_short_of_memory = true;
  }
  trainer_deinit(&t);
}

/* ---- all of them ------------------------------------------------------------------------------ */

void heed__ensemble_fit_deinit(ensemble_fit *fit) {
  free(fit->scales);
  free(fit->shifts);
  free(fit->weights);
  *fit = (ensemble_fit){0};
}

/* Room for a fit, and the list of what is held out: all records, when none is. */
static bool prepare(fit_job *job) {
  const ensemble *self = job->self;
  size_t members = (size_t)self->params.members;
  size_t n = self->records.count;
  job->fit->count = n;
  job->fit->scales = calloc(heed__ensemble_scales_size(self), sizeof(float));
  job->fit->shifts = calloc(self->layout.gaussians, sizeof(float));
  job->fit->weights = calloc(members * self->network_size, sizeof(float));
  job->held = malloc(n * sizeof *job->held);
  if (job->fit->scales == NULL || job->fit->shifts == NULL || job->fit->weights == NULL ||
      job->held == NULL) {
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    if (heed__ensemble_is_held_out(self, i)) {
      job->held[job->held_count++] = (uint32_t)i;
    }
  }
  if (job->held_count == 0) {
    for (size_t i = 0; i < n; i++) {
      job->held[i] = (uint32_t)i;
    }
    job->held_count = n;
  }
  measure_scales(self, job->fit->scales);
  return true;
}

heed_status heed__ensemble_fit_all(ensemble *self, const heed_progress_sink *progress,
                                   heed_error *err) {
  ensemble_fit fit = {0};
  fit_job job = {.self = self, .fit = &fit, .progress = progress};
  if (self->records.count > INT32_MAX) {
    return heed_fail(err, HEED_ERR_NOMEM, "ensemble: more than %d transitions", INT32_MAX);
  }
  job.is_short_of_memory = !prepare(&job);
  if (!job.is_short_of_memory) {
#pragma omp parallel for schedule(dynamic, 1)
    for (int32_t m = 0; m < self->params.members; m++) {
      fit_member(&job, (uint32_t)m);
    }
  }
  if (!job.is_short_of_memory && !job.is_not_finite) {
    job.is_short_of_memory = !heed__ensemble_calibrate(self, &fit, job.held, job.held_count);
  }
  free(job.held);
  heed_status status = HEED_OK;
  if (job.is_short_of_memory) {
    status = heed_fail(err, HEED_ERR_NOMEM, "ensemble: no memory to train %d networks",
                       self->params.members);
  } else if (job.is_not_finite) {
    status = heed_fail(err, HEED_ERR_NUMERIC,
                       "ensemble: the loss is not finite; try a smaller learning_rate than %g",
                       self->params.learning_rate);
  }
  ensemble_fit *useless = &fit;
  if (status == HEED_OK) {
    ensemble_fit before = self->fit;
    self->fit = fit;
    fit = before;
  }
  heed__ensemble_fit_deinit(useless);
  return status;
}
