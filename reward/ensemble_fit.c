/* ensemble_fit.c: fitting the members to choices: resamples, Adam, and stopping when held-out questions say
 * so.
 *
 * Each member resamples the questions (Efron 1979): a question counts Poisson(1) times, by a hash of seed,
 * member and question. The third or so that a member never sees tell it when to stop; it trains until
 * their loss has not fallen for `patience` passes, goes back to its best weights and on with a lower
 * rate, and ends at the last. Choices that share an option, as those of a ranking do, and questions asked
 * twice, are resampled together: nothing that a member has learned is held out from it.
 *
 * How people answer (manner.h) is fitted in turn with the networks: after each pass one step of Newton's
 * method, with the rewards held fixed, and with the mean of log beta over all answers as it is stated.
 * Each member has its own; the report says mean and deviation.
 *
 * Members train side by side on threads; each has its own random numbers, so that threads change nothing. */
#include <assert.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reward/ensemble.h"

/* The learning rate falls to these shares of itself, one after the other. */
static const double rate_shares[] = {1, 0.3, 0.1};
/* How much faster weights of inputs are learned, in units of their deviations, than all others. */
static const double input_rate = 3;
enum { RATES = sizeof rate_shares / sizeof rate_shares[0] };

/* ---- one member ----------------------------------------------------------------------------- */

/* All members, and what they have in common. */
typedef struct fit_job {
  const ensemble *self;
  const ensemble_data *data;
  const heed_progress_sink *progress;
  float *weights;       /* [members][network_size], to be filled */
  float *features;      /* of doubts, */
  float *doubts;        /* to be filled */
  double *theta;        /* [members][manner.count], to be filled */
  uint64_t epochs_done; /* by all members */
  uint64_t longest;     /* epochs of one member */
  bool is_stopped;      /* the sink asked for it */
  bool is_short_of_memory;
  bool is_not_finite;
} fit_job;

/* One member while it trains. All arrays owned. */
typedef struct trainer {
  const ensemble *self;
  const ensemble_data *data;
  heed_rng rng;
  heed__adam adam;
  uint32_t *order; /* [count] choices to train on, as often as they weigh */
  uint32_t *held;  /* [held_count] choices that tell when to stop */
  size_t count, held_count;
  double *theta, *room; /* of how people answer, and scratch */
  float *params, *gradient, *moments;
  ensemble_scratch scratch;
} trainer;

static void trainer_deinit(trainer *t) {
  free(t->order);
  free(t->held);
  free(t->theta);
  free(t->params);
  heed__reward_scratch_deinit(&t->scratch);
}

/* Lists what the member trains on and what is held out; where one of them would be empty, all of it is
 * both. */
static void divide(trainer *t, uint32_t m) {
  size_t n = t->data->choices->count;
  for (size_t q = 0; q < n; q++) {
    uint32_t times = heed__reward_multiplicity(t->self, m, t->data->group[q]);
    for (uint32_t k = 0; k < times; k++) {
      t->order[t->count++] = (uint32_t)q;
    }
    if (times == 0) {
      t->held[t->held_count++] = (uint32_t)q;
    }
  }
  if (t->count == 0 || t->held_count == 0) {
    for (size_t q = 0; q < n; q++) {
      t->order[q] = t->held[q] = (uint32_t)q;
    }
    t->count = t->held_count = n;
  }
}

/* First weights: of the first layer by groups of inputs. */
static void start(trainer *t) {
  const ensemble *self = t->self;
  gsl_rng gsl = heed_rng_view(&t->rng);
  size_t width = (size_t)self->params.width;
  heed__network_init(&self->network, &t->rng, t->params);
  float *w = t->params;
  for (size_t g = 0; g < ENSEMBLE_GROUPS; g++) {
    for (float *end = w + self->groups[g] * width; w < end; w++) {
      *w = (float)gsl_ran_gaussian_ziggurat(&gsl, t->data->deviation[g]);
    }
  }
}

static bool trainer_init(trainer *t, const fit_job *job, uint32_t m) {
  const ensemble *self = job->self;
  heed_rng master;
  heed_rng_init(&master, (uint64_t)self->params.seed);
  *t = (trainer){
      .self = self, .data = job->data, .rng = heed_rng_derive(&master, HEED_STREAM_TRAIN, m)};
  size_t size = self->network_size;
  assert(job->data->choices != NULL);
  size_t n = job->data->choices->count;
  size_t knobs = job->data->manner.count;
  t->order = calloc(ENSEMBLE_MULTIPLICITY_MAX * n + 1, sizeof *t->order);
  t->held = calloc(n + 1, sizeof *t->held);
  t->theta = calloc(knobs * (knobs + 2) + 1, sizeof *t->theta);
  t->params = calloc(4 * size, sizeof *t->params);
  if (t->order == NULL || t->held == NULL || t->theta == NULL || t->params == NULL ||
      !heed__reward_scratch_init(&t->scratch, self, job->data)) {
    return false;
  }
  t->room = t->theta + knobs;
  t->gradient = t->params + size;
  t->moments = t->gradient + size;
  divide(t, m);
  start(t);
  return true;
}

/* A step of Adam. Weights of an input go as far as they were drawn wide, or what few answers say would go
 * into the many inputs that have little of a say. */
static void step_weights(trainer *t) {
  const heed__kernel *kernel = heed__kernel_best();
  const heed__network *network = &t->self->network;
  heed__adam_rates rates = heed__adam_next(&t->adam);
  float *second = t->moments + t->self->network_size;
  size_t begin = 0;
  for (uint32_t part = 0; part < ENSEMBLE_GROUPS + 2 * network->layer_count - 1; part++) {
    heed__adam_rates own = rates;
    size_t end;
    if (part < ENSEMBLE_GROUPS) {
      end = begin + t->self->groups[part] * (size_t)t->self->params.width;
      own.step *= (float)(input_rate * t->data->deviation[part]);
    } else {
      uint32_t l = (part - ENSEMBLE_GROUPS + 1) / 2;
      heed__layer layer = heed__network_layer(network, l);
      bool is_bias = (part - ENSEMBLE_GROUPS) % 2 == 0;
      end = is_bias ? layer.bias + layer.cols : layer.bias;
      own.decay = is_bias ? 0 : rates.decay;
    }
    kernel->adam(&own, end - begin, t->gradient + begin, t->params + begin, t->moments + begin,
                 second + begin);
    begin = end;
  }
}

/* A pass over the choices, then a step for how people answer. */
static void train_epoch(trainer *t) {
  size_t batch = (size_t)t->self->params.batch;
  for (size_t i = t->count; i > 1; i--) { /* Fisher and Yates */
    size_t j = heed_rng_choice(&t->rng, (uint32_t)i);
    uint32_t swap = t->order[i - 1];
    t->order[i - 1] = t->order[j];
    t->order[j] = swap;
  }
  for (size_t i = 0; i < t->count; i += batch) {
    size_t count = t->count - i < batch ? t->count - i : batch;
    (void)heed__reward_loss(t->self, t->data, t->order + i, count, t->params, t->theta, t->gradient,
                            &t->scratch);
    step_weights(t);
  }
  if (t->data->manner.count > 0) {
    heed__reward_values(t->self, t->data, t->params, &t->scratch);
    heed__reward_manner_step(t->data, t->order, t->count, t->theta, t->room, &t->scratch);
  }
}

static double held_out_loss(trainer *t) {
  return heed__reward_loss(t->self, t->data, t->held, t->held_count, t->params, t->theta, NULL,
                           &t->scratch);
}

/* Tells the sink of one more pass; false when it asks to stop. The section has no name, which would be a
 * symbol of the library. */
static bool report_epoch(fit_job *job, uint64_t epoch) {
  bool goes_on = true;
#pragma omp critical
  {
    uint64_t total = (uint64_t)job->self->params.members * (uint64_t)job->self->params.epochs;
    job->epochs_done++;
    job->longest = epoch > job->longest ? epoch : job->longest;
    job->is_stopped =
        job->is_stopped || !heed_progress_report(job->progress, job->epochs_done, total);
    goes_on = !job->is_stopped;
  }
  return goes_on;
}

/* Trains until held-out questions say that there is no more to gain; best[] and theta[] receive what was
 * best. */
static double train(trainer *t, fit_job *job, float *best, double *theta) {
  const ensemble *self = t->self;
  size_t bytes = self->network_size * sizeof *best;
  size_t theta_bytes = t->data->manner.count * sizeof *theta;
  double best_loss = held_out_loss(t);
  memcpy(best, t->params, bytes);
  int32_t waited = 0;
  size_t rate = 0;
  t->adam = heed__adam_of(self->params.learning_rate, self->params.weight_decay);
  for (int32_t epoch = 0; epoch < self->params.epochs; epoch++) {
    train_epoch(t);
    double loss = held_out_loss(t);
    if (loss < best_loss) {
      best_loss = loss;
      memcpy(best, t->params, bytes);
      memcpy(theta, t->theta, theta_bytes);
      waited = 0;
    } else if (++waited >= self->params.patience) {
      if (++rate == RATES) {
        break;
      }
      memcpy(t->params, best, bytes);
      memcpy(t->theta, theta, theta_bytes);
      memset(t->moments, 0, 2 * bytes);
      t->adam =
          heed__adam_of(self->params.learning_rate * rate_shares[rate], self->params.weight_decay);
      waited = 0;
    }
    if (!report_epoch(job, (uint64_t)epoch + 1)) {
      break;
    }
  }
  return best_loss;
}

/* How people answer under the best weights, to the mode, by the questions held out: under what a member
 * has learned by heart everybody looks rational. */
static void fit_manner(trainer *t, const float *best, double *theta) {
  enum { STEPS = 20 };
  heed__reward_values(t->self, t->data, best, &t->scratch);
  for (int i = 0; i < STEPS && t->data->manner.count > 0; i++) {
    heed__reward_manner_step(t->data, t->held, t->held_count, theta, t->room, &t->scratch);
  }
}

/* Into units of reward; what is added to every step, where no answer tells it, so that the mean over the
 * steps that people were shown is 0. */
static void settle(trainer *t, float *params) {
  const ensemble *self = t->self;
  const heed__steps *steps = &t->data->steps;
  heed__layer last = heed__network_layer(&self->network, self->network.layer_count - 1);
  double mean = 0;
  double count = 0;
  heed__reward_values(self, t->data, params, &t->scratch);
  for (size_t i = 0; i < steps->count && heed__steps_offset_is_free(steps, t->data->choices); i++) {
    mean += steps->occurrences[i] * t->scratch.value[i];
    count += steps->occurrences[i];
  }
  mean = count > 0 ? mean / count : 0;
  for (size_t i = last.weights; i < last.bias; i++) {
    params[i] = (float)((double)params[i] * t->data->unit);
  }
  params[last.bias] = (float)(((double)params[last.bias] - mean) * t->data->unit);
}

static bool is_finite(const float *x, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(x[i])) {
      return false;
    }
  }
  return true;
}

static void fit_member(fit_job *job, uint32_t m) {
  const ensemble *self = job->self;
  trainer t;
  bool has_memory = trainer_init(&t, job, m);
  if (has_memory) {
    float *best = job->weights + m * self->network_size;
    double loss = train(&t, job, best, job->theta + m * job->data->manner.count);
    fit_manner(&t, best, job->theta + m * job->data->manner.count);
    settle(&t, best);
    if (!isfinite(loss) || !is_finite(best, self->network_size)) {
#pragma omp atomic write
      job->is_not_finite = true;
    }
  } else {
#pragma omp atomic write
    job->is_short_of_memory = true;
  }
  trainer_deinit(&t);
}

/* ---- what came of it ------------------------------------------------------------------------ */

/* Mean and deviation of theta over the members, as heed__manner_report takes them: mode[knobs], and the
 * factor [knobs][knobs] of a precision. */
static void summarise_manner(const fit_job *job, double *mode, double *factor) {
  size_t knobs = job->data->manner.count;
  size_t members = (size_t)job->self->params.members;
  for (size_t j = 0; j < knobs; j++) {
    double squares = 0;
    for (size_t m = 0; m < members; m++) {
      mode[j] += job->theta[m * knobs + j] / (double)members;
    }
    for (size_t m = 0; m < members; m++) {
      double off = job->theta[m * knobs + j] - mode[j];
      squares += off * off;
    }
    double deviation = members > 1 ? sqrt(squares / (double)(members - 1)) : 0;
    factor[j * knobs + j] = 1 / fmax(deviation, 1e-9);
  }
}

/* How the mean of the members explains the answers. value[steps] is scratch. */
static void count_answers(const fit_job *job, const double *theta, double *value,
                          ensemble_scratch *s, heed_reward_report *report) {
  const ensemble *self = job->self;
  const ensemble_data *data = job->data;
  double explained = 0;
  size_t decided = 0;
  memset(value, 0, data->steps.count * sizeof *value);
  for (size_t m = 0; m < (size_t)self->params.members; m++) {
    heed__reward_values(self, data, job->weights + m * self->network_size, s);
    for (size_t i = 0; i < data->steps.count; i++) {
      value[i] += s->value[i] / self->params.members;
    }
  }
  for (size_t q = 0; q < data->choices->count; q++) {
    const heed_choice *choice = &data->choices->items[q];
    double returns[HEED_OPTION_MAX];
    heed__responses responses;
    heed__answer_terms terms;
    heed__steps_returns(&data->steps, q, value, returns);
    heed__responses_init(&responses, choice);
    report->choices += responses.count > 0;
    if (responses.count > 0) {
      heed__answer_terms_of(&data->manner, choice, q, theta, returns, false, &terms);
      report->log_posterior += terms.loglik;
    }
    if (heed__responses_decide(&responses, choice)) {
      decided++;
      explained += heed__responses_explained(&responses, returns);
    }
  }
  report->accuracy = decided > 0 ? explained / (double)decided : 0;
}

static heed_status make_report(const fit_job *job, heed_reward_report *report, heed_error *err) {
  size_t knobs = job->data->manner.count;
  ensemble_scratch s;
  double *room = calloc(knobs * (knobs + 2) + job->data->steps.count + 1, sizeof *room);
  heed_status status = HEED_OK;
  if (!heed__reward_scratch_init(&s, job->self, job->data) || room == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "no memory to sum up");
  } else {
    double *factor = room + knobs;
    double *scratch = factor + knobs * knobs;
    *report = (heed_reward_report){.iterations = (uint32_t)job->longest};
    summarise_manner(job, room, factor);
    heed__manner_report(&job->data->manner, job->data->choices, room, factor, knobs, scratch,
                        report);
    count_answers(job, room, scratch + knobs, &s, report);
    status = heed__reward_doubt(job->self, job->data, scratch + knobs, room, job->weights,
                                job->features, job->doubts, err);
  }
  heed__reward_scratch_deinit(&s);
  free(room);
  return status;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static void fit_members(fit_job *job) {
#pragma omp parallel for schedule(dynamic, 1)
  for (int32_t m = 0; m < job->self->params.members; m++) {
    fit_member(job, (uint32_t)m);
  }
}

static heed_status status_of(const fit_job *job, heed_error *err) {
  if (job->is_short_of_memory) {
    return heed_fail(err, HEED_ERR_NOMEM, "no memory to train %d networks",
                     (int)job->self->params.members);
  }
  if (job->is_stopped) {
    return heed_fail(err, HEED_ERR_STATE, "the fit was stopped after %llu passes",
                     (unsigned long long)job->epochs_done);
  }
  if (job->is_not_finite) {
    return heed_fail(err, HEED_ERR_NUMERIC,
                     "the loss is not finite; try a smaller learning_rate than %g",
                     job->self->params.learning_rate);
  }
  return HEED_OK;
}

/* Nothing was said: back to what is before any answer. */
static void forget(ensemble *self, heed_reward_report *report) {
  free(self->scales);
  free(self->weights);
  free(self->features);
  free(self->doubts);
  self->scales = NULL;
  self->weights = NULL;
  self->features = NULL;
  self->doubts = NULL;
  self->choices = 0;
  *report = (heed_reward_report){0};
}

static bool says_anything(const heed_choices *choices) {
  for (size_t q = 0; q < choices->count; q++) {
    if (choices->items[q].chosen != HEED_CHOICE_SKIP) {
      return true;
    }
  }
  return false;
}

heed_status heed__reward_fit(ensemble *self, const heed_choices *choices,
                             const heed_progress_sink *progress, heed_reward_report *report,
                             heed_error *err) {
  if (!says_anything(choices)) {
    forget(self, report);
    return HEED_OK;
  }
  if (choices->count > INT32_MAX / ENSEMBLE_MULTIPLICITY_MAX) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu choices: too many", choices->count);
  }
  size_t members = (size_t)self->params.members;
  ensemble_data data = {0};
  fit_job job = {.self = self, .data = &data, .progress = progress};
  float *scales = calloc(2 * (size_t)self->dense + 1, sizeof *scales);
  heed_status status = scales == NULL ? heed_fail(err, HEED_ERR_NOMEM, "scales: no memory")
                                      : heed__reward_data_init(&data, self, choices, scales, err);
  if (status == HEED_OK) {
    job.weights = calloc(members * self->network_size, sizeof *job.weights);
    job.theta = calloc(members * data.manner.count + 1, sizeof *job.theta);
    job.features = calloc(((size_t)self->inputs + 1) * ENSEMBLE_FEATURES, sizeof *job.features);
    job.doubts = calloc(members * ENSEMBLE_FEATURES, sizeof *job.doubts);
    job.is_short_of_memory =
        job.weights == NULL || job.theta == NULL || job.features == NULL || job.doubts == NULL;
    if (!job.is_short_of_memory) {
      fit_members(&job);
    }
    data.unit = 1; /* weights are in units of reward from here on */
    status = status_of(&job, err);
    if (status == HEED_OK) {
      status = make_report(&job, report, err);
    }
  }
  if (status == HEED_OK) {
    forget(self, &(heed_reward_report){0});
    self->scales = scales;
    self->weights = job.weights;
    self->features = job.features;
    self->doubts = job.doubts;
    for (size_t q = 0; q < choices->count; q++) {
      self->choices += choices->items[q].chosen != HEED_CHOICE_SKIP;
    }
  } else {
    free(scales);
    free(job.weights);
    free(job.features);
    free(job.doubts);
  }
  free(job.theta);
  heed__reward_data_deinit(&data);
  return status;
}
