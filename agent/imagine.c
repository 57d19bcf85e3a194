#include "agent/imagine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

heed_status heed__imagination_init(heed__imagination *x, const heed_dynamics *model, uint32_t count,
                                   bool by_hypothesis, heed_error *err) {
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(model);
  bool has_hypotheses = by_hypothesis && spec->hypothesis_size > 0;
  *x = (heed__imagination){.model = model,
                           .count = count,
                           .belief_size = spec->belief_size,
                           .beliefs = calloc(count, spec->belief_size),
                           .next = calloc(count, spec->belief_size),
                           .rngs = calloc(count, sizeof *x->rngs),
                           .actions = calloc(count, sizeof *x->actions),
                           .rewards = calloc(count, sizeof *x->rewards),
                           .is_over = calloc(count, sizeof *x->is_over),
                           .batch = calloc(count, sizeof *x->batch),
                           .workspace = calloc(1, heed_dynamics_workspace_size(model, count) + 1)};
  if (has_hypotheses) {
    x->hypotheses = calloc(count, spec->hypothesis_size);
  }
  bool is_good = x->beliefs != NULL && x->next != NULL && x->rngs != NULL && x->actions != NULL &&
                 x->rewards != NULL && x->is_over != NULL && x->batch != NULL &&
                 x->workspace != NULL && (x->hypotheses != NULL || !has_hypotheses);
  return is_good ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "imagining %u lives: no memory", count);
}

void heed__imagination_deinit(heed__imagination *x) {
  free(x->beliefs);
  free(x->next);
  free(x->hypotheses);
  free(x->rngs);
  free(x->actions);
  free(x->rewards);
  free(x->is_over);
  free(x->batch);
  free(x->workspace);
  *x = (heed__imagination){0};
}

void heed__imagination_begin(heed__imagination *x, heed_rng *rng) {
  size_t size = heed_dynamics_spec_of(x->model)->hypothesis_size;
  for (uint32_t i = 0; i < x->count; i++) {
    heed_rng_init(&x->rngs[i], heed_rng_next(rng));
    x->is_over[i] = false;
    if (x->hypotheses != NULL) {
      heed_dynamics_draw(x->model, rng, x->hypotheses + i * size);
    }
  }
}

void heed__imagination_step(heed__imagination *x) {
  size_t size = heed_dynamics_spec_of(x->model)->hypothesis_size;
  uint32_t going = 0;
  for (uint32_t i = 0; i < x->count; i++) {
    if (!x->is_over[i]) {
      x->batch[going++] = (heed_prediction){
          .belief = heed__imagination_belief(x, i),
          .action = x->actions[i],
          .hypothesis = x->hypotheses != NULL ? x->hypotheses + i * size : NULL,
          .rng = &x->rngs[i],
          .next_belief = x->next + i * x->belief_size,
      };
    }
  }
  heed_dynamics_predict(x->model, x->batch, going, x->workspace);

  const heed_prediction *p = x->batch;
  for (uint32_t i = 0; i < x->count; i++) {
    if (!x->is_over[i]) {
      memcpy(heed__imagination_belief(x, i), p->next_belief, x->belief_size);
      x->rewards[i] = p->reward;
      x->is_over[i] = p->is_terminal;
      p++;
    }
  }
}

static heed_action pick(const uint32_t *legal, uint32_t count, heed_rng *rng) {
  return (heed_action){.index = count > 0 ? (int32_t)legal[heed_rng_choice(rng, count)] : 0};
}

heed_action heed__random_action_in(const heed_env *env, const void *state, heed_rng *rng) {
  uint32_t legal[HEED_LEGAL_MAX];
  return heed_env_ops_of(env)->legal != NULL
             ? pick(legal, heed_env_legal(env, state, legal), rng)
             : heed_space_draw_action(&heed_env_spec_of(env)->action_space, rng);
}

heed_action heed__random_action_at(const heed_dynamics *model, const void *belief, heed_rng *rng) {
  uint32_t legal[HEED_LEGAL_MAX];
  return heed_dynamics_ops_of(model)->legal != NULL
             ? pick(legal, heed_dynamics_legal(model, belief, legal), rng)
             : heed_space_draw_action(&heed_dynamics_spec_of(model)->action_space, rng);
}
