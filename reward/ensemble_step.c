/* ensemble_step.c: the loss of a network on a few choices, and its gradient; how people answer.
 *
 * Forward: each step that the choices' options share is seen once; an option's return is a sum over them.
 * Back: the log-likelihood's slope by the returns goes to the steps by the same weights, and from there
 * through the network. */
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reward/ensemble.h"

bool heed__reward_scratch_init(ensemble_scratch *s, const ensemble *self,
                               const ensemble_data *data) {
  size_t n = data->steps.count + 1;
  size_t width = (size_t)self->params.width;
  size_t floats = n * (self->dense + 3 * width + 1) + heed__network_trace_size(&self->rest, n) +
                  heed__network_infer_size(&self->rest, n);
  *s = (ensemble_scratch){0};
  s->memory = calloc(1, n * (2 * sizeof(double) + 2 * sizeof(uint32_t)) + floats * sizeof(float));
  if (s->memory == NULL) {
    return false;
  }
  s->value = s->memory;
  s->pull = s->value + n;
  s->rows = (uint32_t *)(void *)(s->pull + n);
  s->row = s->rows + n;
  s->numbers = (float *)(void *)(s->row + n);
  s->units = s->numbers + n * self->dense;
  s->slopes = s->units + n * width;
  s->below = s->slopes + n * width;
  s->outputs = s->below + n * width;
  s->trace = s->outputs + n;
  return true;
}

void heed__reward_scratch_deinit(ensemble_scratch *s) {
  free(s->memory);
  *s = (ensemble_scratch){0};
}

static ensemble_inputs inputs_of(const ensemble_data *data) {
  return (ensemble_inputs){data->numbers, data->places, data->ones};
}

/* Lists the steps of some choices. */
static size_t list_rows(const heed__steps *steps, const uint32_t *list, size_t count,
                        ensemble_scratch *s) {
  size_t rows = 0;
  for (size_t k = 0; k < count; k++) {
    size_t begin = steps->first[steps->option_of[list[k]]];
    size_t end = steps->first[steps->option_of[list[k] + 1]];
    for (size_t e = begin; e < end; e++) {
      uint32_t step = steps->step[e];
      if (s->row[step] == 0) {
        s->rows[rows++] = step;
        s->row[step] = (uint32_t)rows;
      }
    }
  }
  return rows;
}

/* Minus the log-likelihood of choice q; adds its slope, times `share`, to what the steps are pulled by. */
static double answer_loss(const ensemble_data *data, size_t q, const double *theta, double share,
                          bool pulls, ensemble_scratch *s) {
  const heed__steps *steps = &data->steps;
  const heed_choice *choice = &data->choices->items[q];
  double returns[HEED_OPTION_MAX];
  heed__answer_terms terms;
  if (choice->chosen == HEED_CHOICE_SKIP) {
    return 0;
  }
  heed__steps_returns(steps, q, s->value, returns);
  for (size_t i = 0; i < choice->query.option_count; i++) {
    returns[i] *= data->unit;
  }
  heed__answer_terms_of(&data->manner, choice, q, theta, returns, false, &terms);
  for (size_t i = 0; i < choice->query.option_count && pulls; i++) {
    size_t option = steps->option_of[q] + i;
    double slope = -share * data->unit * terms.slope[i];
    for (size_t e = steps->first[option]; e < steps->first[option + 1]; e++) {
      s->pull[steps->step[e]] += slope * steps->weight[e];
    }
  }
  return -terms.loglik;
}

/* The way back, from outputs (the loss's slope by each row) to the gradient by all parameters. */
static void backward(const ensemble *self, const ensemble_data *data, const float *params,
                     size_t rows, float *gradient, ensemble_scratch *s) {
  const heed__kernel *kernel = heed__kernel_best();
  heed__layer layer = heed__network_layer(&self->network, 0);
  size_t width = layer.cols;
  heed__network_backward(&self->rest, params + self->rest_offset, rows, s->units, s->outputs,
                         s->trace, gradient + self->rest_offset, s->below);
  kernel->scale(rows * width, s->below, s->slopes);
  kernel->sum(rows, width, s->below, gradient + layer.bias);
  if (self->dense > 0) {
    kernel->product(self->dense, width, rows, (heed__matrix){s->numbers, 1, self->dense},
                    (heed__matrix){s->below, width, 1}, false, gradient + layer.weights);
  }
  float *table = gradient + layer.weights + self->dense * width;
  memset(table, 0, self->sparse * width * sizeof *table);
  for (size_t i = 0; i < rows && self->sparse > 0; i++) {
    kernel->scatter(width, data->ones[s->rows[i]],
                    data->places + s->rows[i] * (size_t)self->active_max, s->below + i * width,
                    table);
  }
}

double heed__reward_loss(const ensemble *self, const ensemble_data *data, const uint32_t *list,
                         size_t count, const float *params, const double *theta, float *gradient,
                         ensemble_scratch *s) {
  ensemble_inputs inputs = inputs_of(data);
  size_t rows = list_rows(&data->steps, list, count, s);
  heed__reward_layer(self, params, (size_t)self->params.width, &inputs, s->rows, rows, s->numbers,
                     s->units, gradient != NULL ? s->slopes : NULL);
  heed__network_forward(&self->rest, params + self->rest_offset, rows, s->units, s->outputs,
                        s->trace);
  for (size_t i = 0; i < rows; i++) {
    s->value[s->rows[i]] = (double)s->outputs[i];
    s->pull[s->rows[i]] = 0;
    s->row[s->rows[i]] = 0;
  }
  double loss = 0;
  for (size_t k = 0; k < count; k++) {
    loss += answer_loss(data, list[k], theta, 1 / (double)count, gradient != NULL, s);
  }
  if (gradient != NULL && rows == 0) { /* options without steps */
    memset(gradient, 0, self->network_size * sizeof *gradient);
  } else if (gradient != NULL) {
    for (size_t i = 0; i < rows; i++) {
      s->outputs[i] = (float)s->pull[s->rows[i]];
    }
    backward(self, data, params, rows, gradient, s);
  }
  return loss / (double)count;
}

void heed__reward_values(const ensemble *self, const ensemble_data *data, const float *params,
                         ensemble_scratch *s) {
  ensemble_inputs inputs = inputs_of(data);
  size_t n = data->steps.count;
  heed__reward_layer(self, params, (size_t)self->params.width, &inputs, NULL, n, s->numbers,
                     s->units, NULL);
  heed__network_infer(&self->rest, params + self->rest_offset, n, s->units, s->outputs, s->trace);
  for (size_t i = 0; i < n; i++) {
    s->value[i] = (double)s->outputs[i];
  }
}

/* ---- how people answer ---------------------------------------------------------------------- */

/* Adds what one answer says of theta to gradient and curvature, that of minus the log-posterior. */
static void add_answer(const ensemble_data *data, size_t q, const double *theta, double *gradient,
                       double *curvature, const ensemble_scratch *s) {
  size_t n = data->manner.count;
  const heed_choice *choice = &data->choices->items[q];
  double returns[HEED_OPTION_MAX];
  heed__answer_terms terms;
  if (choice->chosen == HEED_CHOICE_SKIP) {
    return;
  }
  heed__steps_returns(&data->steps, q, s->value, returns);
  for (size_t i = 0; i < choice->query.option_count; i++) {
    returns[i] *= data->unit;
  }
  heed__answer_terms_of(&data->manner, choice, q, theta, returns, true, &terms);
  for (size_t i = 0; i < terms.knob_count; i++) {
    gradient[terms.knob[i]] -= terms.knob_slope[i];
    for (size_t j = 0; j < terms.knob_count; j++) {
      curvature[terms.knob[i] * n + terms.knob[j]] -= terms.knob_bend[i][j];
    }
  }
}

/* Of rationalities and the scale of rewards only the products show in answers, and decay would shrink the
 * one and let the other grow. So the mean of log beta over all answers stays as stated: what is inferred
 * is how people differ. */
static void centre_rationality(const ensemble_data *data, double *theta, double *shift) {
  const heed__manner *manner = &data->manner;
  double sum = 0;
  double count = 0;
  for (size_t q = 0; q < data->choices->count; q++) {
    if (manner->knobs[q].beta >= 0) {
      sum += theta[manner->knobs[q].beta];
      count++;
    }
  }
  memset(shift, 0, manner->count * sizeof *shift);
  for (size_t q = 0; q < data->choices->count; q++) {
    if (manner->knobs[q].beta >= 0) {
      shift[manner->knobs[q].beta] = sum / count;
    }
  }
  for (size_t j = 0; j < manner->count; j++) {
    theta[j] -= shift[j];
  }
}

void heed__reward_manner_step(const ensemble_data *data, const uint32_t *list, size_t count,
                              double *theta, double *room, const ensemble_scratch *s) {
  size_t n = data->manner.count;
  double *gradient = room;
  double *curvature = room + n;
  memset(curvature, 0, n * n * sizeof *curvature);
  for (size_t j = 0; j < n; j++) { /* theta ~ N(0, 1) */
    gradient[j] = theta[j];
    curvature[j * n + j] = 1;
  }
  for (size_t k = 0; k < count; k++) {
    add_answer(data, list[k], theta, gradient, curvature, s);
  }
  lapack_int info = n == 0 ? 1
                           : LAPACKE_dposv(LAPACK_COL_MAJOR, 'L', (lapack_int)n, 1, curvature,
                                           (lapack_int)n, gradient, (lapack_int)n);
  double largest = 1; /* no parameter moves by more than a deviation of its prior at once */
  for (size_t j = 0; j < n && info == 0; j++) {
    largest = fmax(largest, fabs(gradient[j]));
  }
  for (size_t j = 0; j < n && info == 0 && isfinite(largest); j++) {
    theta[j] -= gradient[j] / largest;
  }
  centre_rationality(data, theta, gradient);
}
