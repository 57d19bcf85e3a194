/* assess_steps.c: one step ahead, and how far the model's probabilities can be believed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "agent/assess.h"
#include "agent/imagine.h"

/* One observation that came up among the draws of a step. */
typedef struct candidate {
  uint64_t name;       /* hash of it */
  uint32_t first_half; /* draws */
  uint32_t second_half;
} candidate;

/* Sums over the steps. */
typedef struct meter {
  const heed_experience *experience;
  const heed_space *space;
  heed__imagination x;   /* a life for each draw, one step long */
  unsigned char *belief; /* owned; before the step */
  unsigned char *obs;    /* owned, [draws][obs_size] */
  candidate *candidates; /* owned, [draws] */
  heed_rng *rng;
  uint64_t steps, right, right_ends;
  double loss, reward_error, end_error;
  uint64_t events[HEED_ASSESS_BINS], happened[HEED_ASSESS_BINS];
  double predicted[HEED_ASSESS_BINS]; /* sums */
} meter;

/* ---- events ----------------------------------------------------------------------------------- */

static void note(meter *m, double probability, bool happened) {
  /* A share of 3/10 belongs to the bin that begins there, however it is rounded. */
  int bin = (int)floor(probability * HEED_ASSESS_BINS + 1e-9);
  bin = bin < HEED_ASSESS_BINS ? bin : HEED_ASSESS_BINS - 1;
  m->events[bin]++;
  m->happened[bin] += happened ? 1 : 0;
  m->predicted[bin] += probability;
}

/* Wilson's interval: the probabilities from which the share is less than z deviations away. */
static heed_assess_bin bin_of(uint64_t events, uint64_t happened, double predicted) {
  const double z = 1.959963984540054; /* 97.5 % of a normal distribution */
  heed_assess_bin bin = {.events = events, .high = 1};
  if (events == 0) {
    return bin;
  }
  double n = (double)events;
  double share = (double)happened / n;
  double centre = (share + z * z / (2 * n)) / (1 + z * z / n);
  double half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  bin.predicted = predicted / n;
  bin.happened = share;
  bin.low = fmax(0, centre - half);
  bin.high = fmin(1, centre + half);
  return bin;
}

/* ---- cells ------------------------------------------------------------------------------------ */

/* Counts the observations drawn, in the order in which they came up. */
static uint32_t count_candidates(meter *m, size_t obs_size) {
  uint32_t found = 0;
  for (uint32_t i = 0; i < m->x.count; i++) {
    uint64_t name = XXH3_64bits(m->obs + i * obs_size, obs_size);
    uint32_t c = 0;
    while (c < found && m->candidates[c].name != name) {
      c++;
    }
    if (c == found) {
      m->candidates[found++] = (candidate){.name = name};
    }
    if (i < m->x.count / 2) {
      m->candidates[c].first_half++;
    } else {
      m->candidates[c].second_half++;
    }
  }
  return found;
}

static void judge_cells(meter *m, const void *seen) {
  size_t obs_size = heed_space_size(m->space);
  uint64_t truth = XXH3_64bits(seen, obs_size);
  uint32_t n = m->x.count;
  uint32_t rest = n - n / 2;
  uint32_t found = count_candidates(m, obs_size);
  uint32_t hits = 0;
  uint32_t most = 0;
  uint64_t likeliest = 0;
  for (uint32_t c = 0; c < found; c++) {
    const candidate *one = &m->candidates[c];
    uint32_t draws = one->first_half + one->second_half;
    if (draws > most) {
      most = draws;
      likeliest = one->name;
    }
    hits += one->name == truth ? draws : 0;
    if (one->first_half > 0) {
      note(m, (double)one->second_half / rest, one->name == truth);
    }
  }
  m->loss -= log((hits + 0.5) / (n + 1.0));
  m->right += likeliest == truth ? 1 : 0;
}

/* ---- a box ------------------------------------------------------------------------------------ */

/* The ordered draws 2, 6, 10, ... of 39: probabilities 0.05, 0.15, ... */
static void judge_box(meter *m, const float *seen) {
  uint32_t dims = m->space->count;
  uint32_t n = m->x.count;
  const float *draws = (const float *)m->obs;
  for (uint32_t d = 0; d < dims; d++) {
    uint32_t below = 0;
    uint32_t equal = 0;
    for (uint32_t i = 0; i < n; i++) {
      float value = draws[(size_t)i * dims + d];
      below += value < seen[d] ? 1 : 0;
      equal += value >= seen[d] && value <= seen[d] ? 1 : 0;
    }
    uint32_t rank = below + heed_rng_choice(m->rng, equal + 1);
    for (int q = 0; q < HEED_ASSESS_BINS; q++) {
      double probability = (q + 0.5) / HEED_ASSESS_BINS;
      note(m, probability, rank < probability * (n + 1) - 0.5);
    }
  }
}

/* ---- steps ------------------------------------------------------------------------------------ */

static void judge(meter *m, size_t t) {
  heed_outcome outcome = heed_experience_outcome(m->experience, t);
  const void *seen = heed_experience_next_obs(m->experience, t);
  size_t obs_size = heed_space_size(m->space);
  uint32_t ends = 0;
  double reward = 0;
  heed__imagination_begin(&m->x, m->rng);
  for (uint32_t i = 0; i < m->x.count; i++) {
    memcpy(heed__imagination_belief(&m->x, i), m->belief, m->x.belief_size);
    m->x.actions[i] = heed_experience_action(m->experience, t);
  }
  heed__imagination_step(&m->x);
  for (uint32_t i = 0; i < m->x.count; i++) {
    heed_dynamics_decode(m->x.model, heed__imagination_belief(&m->x, i), m->obs + i * obs_size);
    ends += m->x.is_over[i] ? 1 : 0;
    reward += m->x.rewards[i] / m->x.count;
  }

  m->steps++;
  m->reward_error += fabs(reward - outcome.reward);
  if (outcome.is_terminal || !outcome.is_truncated) {
    m->end_error += fabs((double)ends / m->x.count - (outcome.is_terminal ? 1 : 0));
  }
  bool is_right_end = (2 * ends > m->x.count) == outcome.is_terminal;
  m->right_ends += is_right_end || (outcome.is_truncated && !outcome.is_terminal) ? 1 : 0;
  if (m->space->kind == HEED_SPACE_CELLS) {
    judge_cells(m, seen);
  } else {
    judge_box(m, seen);
  }
}

static void judge_episode(meter *m, size_t episode) {
  size_t begin = heed_experience_episode_begin(m->experience, episode);
  size_t end = heed_experience_episode_begin(m->experience, episode + 1);
  for (size_t t = begin; t < end; t++) {
    if (t == begin) {
      heed_dynamics_begin(m->x.model, heed_experience_obs(m->experience, t), m->belief);
    }
    judge(m, t);
    heed_dynamics_observe(m->x.model, m->belief, heed_experience_action(m->experience, t),
                          heed_experience_next_obs(m->experience, t));
  }
}

static void conclude(const meter *m, heed_assess_step *result) {
  bool is_cells = m->space->kind == HEED_SPACE_CELLS;
  double n = (double)m->steps;
  uint64_t events = 0;
  *result = (heed_assess_step){.steps = m->steps,
                               .log_loss = is_cells ? m->loss / n : (double)NAN,
                               .accuracy = is_cells ? (double)m->right / n : (double)NAN,
                               .reward_error = m->reward_error / n,
                               .end_error = m->end_error / n,
                               .end_accuracy = (double)m->right_ends / n};
  for (int i = 0; i < HEED_ASSESS_BINS; i++) {
    result->bins[i] = bin_of(m->events[i], m->happened[i], m->predicted[i]);
    events += m->events[i];
  }
  for (int i = 0; i < HEED_ASSESS_BINS && events > 0; i++) {
    const heed_assess_bin *bin = &result->bins[i];
    result->calibration_error +=
        (double)bin->events / (double)events * fabs(bin->happened - bin->predicted);
  }
}

static heed_status meter_init(meter *m, const heed_dynamics *model, uint32_t draws,
                              heed_error *err) {
  heed_status status = heed__imagination_init(&m->x, model, draws, false, err);
  if (status != HEED_OK) {
    return status;
  }
  m->belief = calloc(1, m->x.belief_size);
  m->obs = calloc(draws, heed_space_size(m->space));
  m->candidates = calloc(draws, sizeof *m->candidates);
  bool is_good = m->belief != NULL && m->obs != NULL && m->candidates != NULL;
  return is_good ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "assessing a model: no memory");
}

heed_status heed_assess_steps(const heed_dynamics *model, const heed_experience *experience,
                              size_t first_episode, uint32_t draws, heed_rng *rng,
                              heed_assess_step *result, heed_error *err) {
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(model);
  size_t episodes = heed_experience_episode_count(experience);
  *result = (heed_assess_step){0};
  if (draws < 2 || draws > HEED_ASSESS_DRAWS_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "%u draws, 2 to %d expected", draws, HEED_ASSESS_DRAWS_MAX);
  }
  if (!heed_space_equal(&spec->obs_space, heed_experience_obs_space(experience)) ||
      !heed_space_equal(&spec->action_space, heed_experience_action_space(experience))) {
    return heed_fail(err, HEED_ERR_ARG, "the experience is of other spaces than the model");
  }
  meter m = {.experience = experience, .space = &spec->obs_space, .rng = rng};
  bool is_box = m.space->kind == HEED_SPACE_BOX;
  heed_status status = meter_init(&m, model, is_box ? HEED__ASSESS_BOX_DRAWS : draws, err);
  for (size_t e = first_episode; status == HEED_OK && e < episodes; e++) {
    judge_episode(&m, e);
  }
  if (status == HEED_OK && m.steps > 0) {
    conclude(&m, result);
  }
  heed__imagination_deinit(&m.x);
  free(m.belief);
  free(m.obs);
  free(m.candidates);
  return status;
}
