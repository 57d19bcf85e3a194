#include "bench/worth.h"

#include <math.h>
#include <string.h>

typedef struct worth {
  heed_reward *const *classes; /* [HEED__CLASSES] borrowed */
  double slope;
  bool is_careful;
} worth;

static heed_status worth_create(void *self, const void *params, heed_reward_spec *spec,
                                heed_error *err) {
  (void)err;
  memcpy(self, params, sizeof(worth));
  spec->hypothesis_size = 0;
  return HEED_OK;
}

static void worth_destroy(void *self) {
  (void)self;
}

static size_t worth_workspace(const void *self_, size_t count) {
  const worth *self = self_;
  return count * (sizeof(heed_step) + 4 * sizeof(double)) +
         heed_reward_workspace_size(self->classes[0], count);
}

/* A position alone, as a step that stays there: nothing else is judged. */
static heed_step step_at(const void *obs) {
  return (heed_step){.obs = obs, .next_obs = obs};
}

static void worth_score(const void *self_, const heed_step *steps, size_t count,
                        const void *hypothesis, double *mean, double *spread, void *workspace) {
  static const double worths[HEED__CLASSES] = {[HEED__GOOD] = 1, [HEED__UNSAFE] = -10};
  const worth *self = self_;
  heed_step *points = workspace;
  double *logits = (double *)(points + count);
  double *squares = logits + count;
  double *member = squares + count;
  double *worst = member + count;
  void *rest = worst + count;
  (void)hypothesis;
  for (size_t i = 0; i < count; i++) {
    points[i] = step_at(steps[i].next_obs);
    mean[i] = squares[i] = worst[i] = 0;
  }
  for (uint64_t m = 0; m < HEED__WORTH_MEMBERS; m++) { /* a hypothesis is the number of a member */
    memset(member, 0, count * sizeof *member);
    for (int c = 0; c < HEED__CLASSES; c++) {
      heed_reward_score(self->classes[c], points, count, &m, logits, NULL, rest);
      for (size_t i = 0; i < count; i++) {
        double share = worths[c] / (1 + exp(-logits[i]));
        if (c == HEED__UNSAFE && self->is_careful) {
          worst[i] = fmin(worst[i], share);
        } else {
          member[i] += share + (c == HEED__GOOD ? self->slope * logits[i] : 0);
        }
      }
    }
    for (size_t i = 0; i < count; i++) {
      mean[i] += member[i] / HEED__WORTH_MEMBERS;
      squares[i] += member[i] * member[i] / HEED__WORTH_MEMBERS;
    }
  }
  for (size_t i = 0; i < count && spread != NULL; i++) {
    spread[i] = sqrt(fmax(squares[i] - mean[i] * mean[i], 0));
  }
  for (size_t i = 0; i < count; i++) {
    mean[i] += worst[i]; /* 0 without care */
  }
}

static const heed_reward_ops worth_ops = {.name = "worth",
                                          .summary = "what a label is expected to be worth",
                                          .params_size = sizeof(worth),
                                          .self_size = sizeof(worth),
                                          .create = worth_create,
                                          .destroy = worth_destroy,
                                          .workspace_size = worth_workspace,
                                          .score = worth_score};

heed_status heed__worth_create(heed_reward *const classes[HEED__CLASSES], double slope,
                               bool is_careful, heed_reward **out, heed_error *err) {
  const heed_reward_spec *spec = heed_reward_spec_of(classes[HEED__GOOD]);
  worth params = {.classes = classes, .slope = slope, .is_careful = is_careful};
  return heed_reward_create_ops(&worth_ops, &params, &spec->obs_space, &spec->action_space, out,
                                err);
}
