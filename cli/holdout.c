#include "cli/holdout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Samples for one transition: the most frequent of so many is the most likely, unless two are about
 * equally likely, and then neither is wrong. */
enum { SAMPLES = 33 };

typedef struct meter {
  const heed_dynamics *model;
  const heed_experience *experience;
  size_t obs_size, belief_size;
  unsigned char *belief;      /* [belief_size] */
  unsigned char *next_belief; /* [belief_size] */
  unsigned char *samples;     /* [SAMPLES][obs_size] */
  void *workspace;
  size_t right, right_ends;
  double error_sum;
} meter;

/* The sample that came up most often; the earliest of several. */
static const unsigned char *most_frequent(const meter *m) {
  size_t best = 0;
  size_t most = 0;
  for (size_t i = 0; i < SAMPLES; i++) {
    size_t count = 0;
    for (size_t j = 0; j < SAMPLES; j++) {
      count += memcmp(m->samples + i * m->obs_size, m->samples + j * m->obs_size, m->obs_size) == 0
                   ? 1
                   : 0;
    }
    if (count > most) {
      most = count;
      best = i;
    }
  }
  return m->samples + best * m->obs_size;
}

static void predict_transition(meter *m, size_t t, heed_rng *rng) {
  heed_outcome outcome = heed_experience_outcome(m->experience, t);
  size_t ends = 0;
  double reward = 0;
  for (size_t i = 0; i < SAMPLES; i++) {
    heed_prediction p = {.belief = m->belief,
                         .action = heed_experience_action(m->experience, t),
                         .rng = rng,
                         .next_belief = m->next_belief};
    heed_dynamics_predict(m->model, &p, 1, m->workspace);
    heed_dynamics_decode(m->model, m->next_belief, m->samples + i * m->obs_size);
    ends += p.is_terminal ? 1 : 0;
    reward += p.reward / SAMPLES;
  }
  const void *seen = heed_experience_next_obs(m->experience, t);
  m->right += memcmp(most_frequent(m), seen, m->obs_size) == 0 ? 1 : 0;
  /* A time limit says nothing about the rules. */
  m->right_ends += outcome.is_truncated || (2 * ends > SAMPLES) == outcome.is_terminal ? 1 : 0;
  m->error_sum += fabs(reward - outcome.reward);
}

static void measure_episode(meter *m, size_t episode, heed_rng *rng) {
  size_t begin = heed_experience_episode_begin(m->experience, episode);
  size_t end = heed_experience_episode_begin(m->experience, episode + 1);
  for (size_t t = begin; t < end; t++) {
    if (t == begin) {
      heed_dynamics_begin(m->model, heed_experience_obs(m->experience, t), m->belief);
    }
    predict_transition(m, t, rng);
    heed_dynamics_observe(m->model, m->belief, heed_experience_action(m->experience, t),
                          heed_experience_next_obs(m->experience, t));
  }
}

heed_status heed__holdout_measure(const heed_dynamics *model, const heed_experience *experience,
                                  size_t first_episode, heed_rng *rng, heed__holdout *result,
                                  heed_error *err) {
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(model);
  size_t obs_size = heed_space_size(&spec->obs_space);
  meter m = {.model = model,
             .experience = experience,
             .obs_size = obs_size,
             .belief_size = spec->belief_size,
             .belief = calloc(1, spec->belief_size),
             .next_belief = calloc(1, spec->belief_size),
             .samples = calloc(SAMPLES, obs_size),
             .workspace = calloc(1, heed_dynamics_workspace_size(model, 1) + 1)};
  heed_status status = HEED_OK;
  *result = (heed__holdout){0};
  if (m.belief == NULL || m.next_belief == NULL || m.samples == NULL || m.workspace == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "measuring the model: no memory");
  }
  size_t episodes = heed_experience_episode_count(experience);
  for (size_t e = first_episode; status == HEED_OK && e < episodes; e++) {
    measure_episode(&m, e, rng);
  }
  size_t steps =
      heed_experience_count(experience) - heed_experience_episode_begin(experience, first_episode);
  if (status == HEED_OK && steps > 0) {
    *result = (heed__holdout){.steps = steps,
                              .accuracy = (double)m.right / (double)steps,
                              .end_accuracy = (double)m.right_ends / (double)steps,
                              .reward_error = m.error_sum / (double)steps};
  }
  free(m.belief);
  free(m.next_belief);
  free(m.samples);
  free(m.workspace);
  return status;
}
