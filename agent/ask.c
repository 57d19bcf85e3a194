#include "agent/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reward/query.h"

static const heed_param params_table[] = {
    {"comparisons", HEED_PARAM_INT, offsetof(heed_ask_config, comparisons), "60", 1, 1e6, NULL,
     "answers", "how many comparisons to have in the end"},
    {"strategy", HEED_PARAM_CHOICE, offsetof(heed_ask_config, strategy), "plans", 0, 0,
     "plans|experience|uniform", "",
     "what is asked about: imagined plans, stretches of experience, any two stretches"},
    {"candidates", HEED_PARAM_INT, offsetof(heed_ask_config, candidates), "9", 2,
     HEED_ASK_CANDIDATES_MAX, NULL, "segments", "the most telling pair of so many is asked about"},
    {"draws", HEED_PARAM_INT, offsetof(heed_ask_config, draws), "100", 1, HEED_ASK_DRAWS_MAX, NULL,
     "", "from the reward's posterior, to judge a pair by"},
    {"beta", HEED_PARAM_REAL, offsetof(heed_ask_config, beta), "0.2", 1e-9, 1e9, NULL,
     "per unit of reward", "how rational the person is expected to be"},
    {"segment_steps", HEED_PARAM_INT, offsetof(heed_ask_config, segment_steps), "30", 1, 1000, NULL,
     "steps", "length of what is compared"},
    {"refit_every", HEED_PARAM_INT, offsetof(heed_ask_config, refit_every), "1", 1, 1e6, NULL,
     "answers", "answers between two fits of the reward"},
};

const heed_param *heed_ask_params(size_t *count) {
  *count = sizeof params_table / sizeof params_table[0];
  return params_table;
}

heed_ask_config heed_ask_config_default(void) {
  heed_ask_config config;
  (void)heed_params_parse(params_table, sizeof params_table / sizeof params_table[0], NULL, &config,
                          NULL);
  config.planner = heed_planner_config_default();
  config.planner.reward_hypotheses = HEED_HYPOTHESES_GIVEN;
  config.planner.reuse = false;
  config.planner.simulations = 100;
  return config;
}

enum {
  STRETCH_EVERY = 3, /* each third candidate is one of experience: what no plan would do */
  STORE_TRIES = 4,   /* for an answer to a store that is busy */
  START_PERCENT = 70 /* how often plans start where episodes do, rather than anywhere */
};

/* What is needed to make questions. */
typedef struct asker {
  const heed_ask_parties *parties;
  const heed_ask_config *config;
  heed_planner *planner;    /* owned; NULL without plans */
  unsigned char *belief;    /* owned */
  unsigned char *drawn;     /* owned; a hypothesis of the reward */
  heed_segment *candidates; /* owned, [candidates] */
  double *returns;          /* owned, [draws][candidates] */
  void *workspace;          /* owned; of the reward, for one row */
  heed_rng rng;
} asker;

static bool equal_segments(const heed_segment *a, const heed_segment *b) {
  return a->steps == b->steps && memcmp(a->obs, b->obs, (size_t)(a->steps + 1) * a->obs_size) == 0;
}

/* The observation from which the plans of a question start: where an episode did, or any. */
static const void *pick_start(asker *x) {
  const heed_experience *e = x->parties->experience;
  if (heed_rng_choice(&x->rng, 100) < START_PERCENT) {
    uint32_t episode = heed_rng_choice(&x->rng, (uint32_t)heed_experience_episode_count(e));
    size_t t = heed_experience_episode_begin(e, episode);
    if (t < heed_experience_count(e)) {
      return heed_experience_obs(e, t);
    }
  }
  return heed_experience_obs(e, heed_rng_choice(&x->rng, (uint32_t)heed_experience_count(e)));
}

/* What the agent would do, from the belief at hand, if the reward were one draw from its posterior. */
static heed_status imagine_plan(asker *x, heed_segment *segment, heed_error *err) {
  heed_decision decision;
  heed_reward_draw(x->parties->reward, &x->rng, x->drawn);
  heed_status status = heed_planner_set_hypotheses(x->planner, NULL, x->drawn, err);
  if (status == HEED_OK) {
    status = heed_planner_plan(x->planner, x->belief, &x->rng, &decision, err);
  }
  return status == HEED_OK ? heed_planner_line(x->planner, &x->rng, segment, err) : status;
}

/* A random stretch of experience, as long as configured or as its episode allows. */
static heed_status cut_stretch(asker *x, heed_segment *segment, heed_error *err) {
  const heed_experience *e = x->parties->experience;
  size_t t = heed_rng_choice(&x->rng, (uint32_t)heed_experience_count(e));
  size_t episode = heed_experience_episode_of(e, t);
  size_t begin = heed_experience_episode_begin(e, episode);
  size_t end = heed_experience_episode_begin(e, episode + 1);
  uint32_t steps = x->config->segment_steps;
  if (end - begin <= steps) {
    t = begin;
    steps = (uint32_t)(end - begin);
  } else if (end - t < steps) {
    t = end - steps;
  }
  return heed_segment_from_experience(segment, e, t, steps, err);
}

static heed_status make_candidates(asker *x, heed_error *err) {
  heed_status status = HEED_OK;
  const void *start = pick_start(x);
  for (uint32_t i = 0; i < x->config->candidates && status == HEED_OK; i++) {
    heed_segment_deinit(&x->candidates[i]);
    if (x->planner == NULL || i % STRETCH_EVERY == STRETCH_EVERY - 1) {
      status = cut_stretch(x, &x->candidates[i], err);
    } else {
      heed_dynamics_begin(x->parties->dynamics, start, x->belief);
      status = imagine_plan(x, &x->candidates[i], err);
    }
  }
  return status;
}

/* The returns of all candidates under draws from the reward's posterior. */
static void score_candidates(asker *x) {
  const heed_reward *reward = x->parties->reward;
  for (uint32_t d = 0; d < x->config->draws; d++) {
    heed_reward_draw(reward, &x->rng, x->drawn);
    for (uint32_t i = 0; i < x->config->candidates; i++) {
      double sum = 0;
      for (uint32_t t = 0; t < x->candidates[i].steps; t++) {
        heed_step step = heed_segment_step(&x->candidates[i], t);
        double score;
        heed_reward_score(reward, &step, 1, x->drawn, &score, NULL, x->workspace);
        sum += score;
      }
      x->returns[(size_t)d * x->config->candidates + i] = sum;
    }
  }
}

/* What the comparison of candidates i and j would tell, in nats. */
static double pair_information(const asker *x, uint32_t i, uint32_t j) {
  double pair[2 * HEED_ASK_DRAWS_MAX];
  for (uint32_t d = 0; d < x->config->draws; d++) {
    const double *returns = x->returns + (size_t)d * x->config->candidates;
    pair[2 * (size_t)d] = returns[i];
    pair[2 * (size_t)d + 1] = returns[j];
  }
  return heed_query_information(pair, x->config->draws, 2, x->config->beta, 0);
}

/* The pair of different candidates that tells most; the first two if all are alike. */
static void pick_pair(asker *x, uint32_t pair[2]) {
  double most = -1;
  pair[0] = 0;
  pair[1] = 1;
  if (x->config->strategy == HEED_ASK_UNIFORM) {
    return;
  }
  score_candidates(x);
  for (uint32_t i = 0; i < x->config->candidates; i++) {
    for (uint32_t j = i + 1; j < x->config->candidates; j++) {
      double nats = pair_information(x, i, j);
      if (nats > most && !equal_segments(&x->candidates[i], &x->candidates[j])) {
        most = nats;
        pair[0] = i;
        pair[1] = j;
      }
    }
  }
}

static heed_status make_query(asker *x, heed_query *query, heed_error *err) {
  static const char *const names[] = {"plans", "experience", "uniform"};
  heed_status status = make_candidates(x, err);
  if (status != HEED_OK) {
    return status;
  }
  uint32_t pair[2];
  pick_pair(x, pair);
  for (uint32_t i = 0; i < 2; i++) {
    query->options[i] = x->candidates[pair[i]]; /* handed over */
    x->candidates[pair[i]] = (heed_segment){0};
  }
  query->option_count = 2;
  (void)snprintf(query->strategy, sizeof query->strategy, "%s", names[x->config->strategy]);
  return HEED_OK;
}

/* Keeps an answer: in the store first. */
static heed_status keep(const asker *x, heed_choice *choice, double seconds, heed_choices *choices,
                        heed_error *err) {
  heed_status status = HEED_OK;
  if (x->parties->store != NULL) {
    char model[64];
    (void)snprintf(model, sizeof model, "%s after %zu choices",
                   heed_reward_ops_of(x->parties->reward)->name, choices->count);
    heed_store_context context = {.who = x->parties->teacher->name,
                                  .topic = x->parties->topic,
                                  .model = model,
                                  .seconds = seconds};
    /* An answer is not given up because somebody else is writing: each try waits as the store does. */
    int tries = 0;
    do {
      status = heed_store_append(x->parties->store, choice, &context, err);
    } while (status == HEED_ERR_BUSY && ++tries < STORE_TRIES);
  }
  return status == HEED_OK ? heed_choices_append(choices, choice, err) : status;
}

/* Takes the last answer back, if it is the person's own. */
static heed_status undo(const asker *x, heed_choices *choices, heed_error *err) {
  bool withdrawn = true;
  heed_status status = HEED_OK;
  if (x->parties->store != NULL) {
    status = heed_store_withdraw(x->parties->store, x->parties->teacher->name, x->parties->topic,
                                 &withdrawn, err);
  }
  if (status == HEED_OK && withdrawn && choices->count > 0) {
    heed_choice_deinit(&choices->items[--choices->count]);
  }
  return status;
}

/* Asks one question. *quit: the person wants to stop. */
static heed_status ask_one(asker *x, heed_choices *choices, bool *quit, heed_error *err) {
  heed_choice choice = {0};
  heed_answer_status answer = HEED_ANSWERED;
  heed_status status = make_query(x, &choice.query, err);
  double start_s = heed_clock_s();
  if (status == HEED_OK) {
    const heed_teacher *teacher = x->parties->teacher;
    status = teacher->answer(teacher->self, &choice.query, choices->count, &choice, &answer, err);
  }
  if (status == HEED_OK && answer == HEED_ANSWERED && choice.who[0] == '\0') {
    (void)snprintf(choice.who, sizeof choice.who, "%s", x->parties->teacher->name);
  }
  if (status == HEED_OK && answer == HEED_ANSWERED) {
    status = keep(x, &choice, heed_clock_s() - start_s, choices, err);
  } else if (status == HEED_OK && answer == HEED_UNDO) {
    status = undo(x, choices, err);
  }
  *quit = answer == HEED_QUIT;
  heed_choice_deinit(&choice);
  return status;
}

static heed_status check(const asker *x, heed_error *err) {
  const heed_ask_config *config = x->config;
  if (heed_experience_count(x->parties->experience) == 0) {
    return heed_fail(err, HEED_ERR_ARG, "no experience to ask about");
  }
  if (config->strategy != HEED_ASK_UNIFORM &&
      heed_reward_spec_of(x->parties->reward)->hypothesis_size == 0) {
    return heed_fail(err, HEED_ERR_ARG,
                     "only strategy=uniform works for a reward that has no posterior");
  }
  if (config->strategy == HEED_ASK_PLANS && x->parties->dynamics == NULL) {
    return heed_fail(err, HEED_ERR_ARG, "strategy=plans needs a dynamics model to imagine them in");
  }
  if (config->candidates < 2 || config->candidates > HEED_ASK_CANDIDATES_MAX || config->draws < 1 ||
      config->draws > HEED_ASK_DRAWS_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "candidates %u, draws %u: out of range", config->candidates,
                     config->draws);
  }
  return HEED_OK;
}

static heed_status prepare(asker *x, heed_error *err) {
  const heed_ask_parties *parties = x->parties;
  heed_status status = check(x, err);
  if (status != HEED_OK) {
    return status;
  }
  x->drawn = calloc(1, heed_reward_spec_of(parties->reward)->hypothesis_size + 1);
  x->workspace = calloc(1, heed_reward_workspace_size(parties->reward, 1) + 1);
  x->candidates = calloc(x->config->candidates, sizeof *x->candidates);
  x->returns = calloc((size_t)x->config->draws * x->config->candidates, sizeof *x->returns);
  if (x->drawn == NULL || x->workspace == NULL || x->candidates == NULL || x->returns == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "asking: no memory");
  }
  if (x->config->strategy != HEED_ASK_PLANS) {
    return HEED_OK;
  }
  heed_planner_config config = x->config->planner;
  config.horizon = x->config->segment_steps;
  config.reward_hypotheses = HEED_HYPOTHESES_GIVEN;
  config.reuse = false;
  x->belief = calloc(1, heed_dynamics_spec_of(parties->dynamics)->belief_size);
  if (x->belief == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "asking: no memory");
  }
  return heed_planner_create(&config, parties->dynamics, parties->reward, &x->planner, err);
}

static void release(asker *x) {
  for (uint32_t i = 0; x->candidates != NULL && i < x->config->candidates; i++) {
    heed_segment_deinit(&x->candidates[i]);
  }
  heed_planner_destroy(x->planner);
  free(x->candidates);
  free(x->returns);
  free(x->workspace);
  free(x->belief);
  free(x->drawn);
}

heed_status heed_ask(const heed_ask_parties *parties, const heed_ask_config *config,
                     const heed_rng *master, heed_choices *choices,
                     const heed_progress_sink *progress, heed_reward_report *report,
                     heed_error *err) {
  asker x = {.parties = parties, .config = config};
  heed_status status = prepare(&x, err);
  if (status == HEED_OK && choices->count > 0) {
    status = heed_reward_learn(parties->reward, choices, NULL, report, err);
  }
  bool quit = false;
  for (uint64_t asked = 0; status == HEED_OK && !quit && choices->count < config->comparisons;
       asked++) {
    /* A stream for each question, so that a later run does not ask the same again. */
    uint64_t index = ((uint64_t)choices->count << 32) + asked;
    x.rng = heed_rng_derive(master, HEED_STREAM_QUERY, index);
    status = ask_one(&x, choices, &quit, err);
    bool is_last = quit || choices->count >= config->comparisons;
    if (status == HEED_OK && (is_last || choices->count % config->refit_every == 0)) {
      status = heed_reward_learn(parties->reward, choices, NULL, report, err);
    }
    if (!heed_progress_report(progress, choices->count, config->comparisons)) {
      break;
    }
  }
  release(&x);
  return status;
}
