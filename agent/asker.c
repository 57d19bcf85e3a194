/* asker.c: making questions. Candidates are segments, imagined or lived; a question is made of items, which
 * are the candidates, or their single steps where steps are labelled. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ask.h"
#include "agent/candidates.h"
#include "reward/acquisition.h"
#include "reward/query.h"

enum {
  JOINT_ANSWERS_MAX = 4096, /* of a batch */
  MAKE_TRIES = 16           /* for a question that is not as one before it in its batch */
};

/* A candidate, or one step of it. */
typedef struct item {
  uint32_t candidate;
  uint32_t step; /* WHOLE: all of it */
} item;
#define WHOLE UINT32_MAX

struct heed_asker {
  heed_ask_parties parties;
  heed_ask_config config;
  heed_query_form form;
  heed__candidates set; /* owned; what questions are made of */
  item *items;          /* owned, [item_count] */
  uint32_t item_count;
  bool *is_wanted; /* owned, [candidates] a question must have one of them */
  double *returns; /* owned, [draws][item_count] */
  double *values;  /* owned, [draws][plan_count] */
  uint32_t plan_count;
  void *workspace;  /* owned; of the reward, for segment_steps rows */
  double *question; /* owned, [draws][HEED_OPTION_MAX] returns of one question */
  double *answers;  /* owned, [draws][HEED_ANSWER_MAX] likelihoods of one */
  double *gains;    /* owned, [draws] */
  double *joint;    /* owned, [draws][joint answers] of the batch with one more */
  double *batch;    /* owned, [draws][batch_answers] of those in the batch */
  size_t batch_answers;
  heed_rng rng;
};

/* ---- items ---------------------------------------------------------------------------------- */

static bool equal_segments(const heed_segment *a, const heed_segment *b) {
  return a->steps == b->steps && memcmp(a->obs, b->obs, (size_t)(a->steps + 1) * a->obs_size) == 0;
}

/* New candidates, cut into items. ReQueST asks about what was found for the aim whose turn it is. */
static heed_status make_items(heed_asker *x, const heed_choices *asked, size_t turn,
                              heed_error *err) {
  bool is_request = x->config.questions == HEED_QUESTIONS_REQUEST;
  heed_status status = heed__candidates_make(&x->set, asked, &x->rng, err);
  x->item_count = 0;
  for (uint32_t i = 0; i < x->config.candidates && status == HEED_OK; i++) {
    x->is_wanted[i] = !is_request || i == turn % HEED_ACQUISITION_COUNT;
    uint32_t count = x->config.kind == HEED_LABEL ? x->set.segments[i].steps : 1;
    for (uint32_t t = 0; t < count; t++) {
      x->items[x->item_count++] = (item){i, x->config.kind == HEED_LABEL ? t : WHOLE};
    }
  }
  return status;
}

/* ---- judging -------------------------------------------------------------------------------- */

/* The returns of candidate i under a hypothesis: of its items, and of all of it. */
static double score_candidate(heed_asker *x, uint32_t i, const void *hypothesis, double **returns) {
  uint32_t steps = heed__candidates_score(&x->set, &x->set.segments[i], x->parties.reward,
                                          hypothesis, x->workspace);
  double sum = 0;
  for (uint32_t t = 0; t < steps; t++) {
    sum += x->set.scores[t];
    if (x->config.kind == HEED_LABEL) {
      *(*returns)++ = x->set.scores[t];
    }
  }
  if (x->config.kind != HEED_LABEL) {
    *(*returns)++ = sum;
  }
  return sum;
}

/* The returns of all items, and the values of all plans, under draws from the reward's posterior. */
static void score_items(heed_asker *x, heed_rng *rng) {
  double *returns = x->returns;
  double *values = x->values;
  for (uint32_t d = 0; d < x->config.draws; d++) {
    heed_reward_draw(x->parties.reward, rng, x->set.drawn);
    for (uint32_t i = 0; i < x->config.candidates; i++) {
      double value = score_candidate(x, i, x->set.drawn, &returns);
      if (x->set.is_plan[i]) {
        *values++ = value;
      }
    }
  }
  x->plan_count = (uint32_t)(values - x->values) / x->config.draws;
}

/* What makes one question better than another: the measure, then what the answer tells. */
typedef struct worth {
  double measure, nats;
} worth;

static bool is_better(worth a, worth b) {
  double slack = 1e-12 * fmax(fabs(a.measure), fabs(b.measure));
  return a.measure > b.measure + slack || (fabs(a.measure - b.measure) <= slack && a.nats > b.nats);
}

/* The value of an answer to the decision; 0 where the draws do not tell it from 0: no single answer turns the
 * decision then, it takes several, and what tells most is asked. */
static double decision_value(heed_asker *x, const double *table, size_t answers) {
  double value =
      heed_query_decision(table, x->config.draws, answers, x->values, x->plan_count, x->gains);
  return heed_query_gain_is_known(x->gains, x->config.draws) ? value : 0;
}

/* The worth of a question about items[count], asked with the batch so far. */
static worth judge(heed_asker *x, const uint32_t *items, uint32_t count) {
  size_t draws = x->config.draws;
  heed_query_form form = x->form;
  form.options = count;
  for (size_t d = 0; d < draws; d++) {
    for (uint32_t k = 0; k < count; k++) {
      x->question[d * count + k] = x->returns[d * x->item_count + items[k]];
    }
  }
  size_t answers = heed_query_answers(&form);
  heed_query_likelihood(&form, x->question, draws, x->answers);
  const double *table = x->answers;
  if (x->batch_answers > 1) {
    heed_query_join(x->batch, x->batch_answers, x->answers, answers, draws, x->joint);
    table = x->joint;
    answers *= x->batch_answers;
  }
  worth w = {.nats = heed_query_information(table, draws, answers)};
  switch (x->config.questions) {
    case HEED_QUESTIONS_DECISION:
      w.measure = decision_value(x, table, answers);
      break;
    case HEED_QUESTIONS_DISAGREEMENT:
      w.measure = heed_query_disagreement(table, draws, answers);
      break;
    case HEED_QUESTIONS_ENTROPY:
      w.measure = heed_query_entropy(table, draws, answers);
      break;
    case HEED_QUESTIONS_INFORMATION:
    case HEED_QUESTIONS_REQUEST:
    case HEED_QUESTIONS_UNIFORM:
      w.measure = w.nats;
      break;
  }
  return w;
}

/* Takes the question about items[count] into the batch. */
static void join_batch(heed_asker *x, const uint32_t *items, uint32_t count) {
  (void)judge(x, items, count); /* leaves its answers behind */
  heed_query_form form = x->form;
  form.options = count;
  size_t answers = heed_query_answers(&form);
  heed_query_join(x->batch, x->batch_answers, x->answers, answers, x->config.draws, x->joint);
  x->batch_answers *= answers;
  memcpy(x->batch, x->joint, x->config.draws * x->batch_answers * sizeof *x->batch);
}

/* ---- questions ------------------------------------------------------------------------------ */

static heed_status copy_item(const heed_asker *x, item i, heed_segment *copy, heed_error *err) {
  const heed_segment *whole = &x->set.segments[i.candidate];
  if (i.step == WHOLE) {
    return heed_segment_copy(copy, whole, err);
  }
  heed_status status = heed_segment_init(copy, 1, whole->obs_size, err);
  if (status == HEED_OK) {
    memcpy(copy->obs, whole->obs + (size_t)i.step * whole->obs_size, 2 * (size_t)whole->obs_size);
    copy->actions[0] = whole->actions[i.step];
    copy->channel[0] = whole->channel[i.step];
    copy->is_terminal = whole->is_terminal && i.step + 1 == whole->steps;
  }
  return status;
}

/* Are two items of one question alike? Single steps are asked about alone. */
static bool is_alike(const heed_asker *x, uint32_t i, uint32_t j) {
  return i == j || equal_segments(&x->set.segments[x->items[i].candidate],
                                  &x->set.segments[x->items[j].candidate]);
}

static bool is_fresh(const heed_asker *x, const uint32_t *items, uint32_t count, uint32_t i) {
  for (uint32_t k = 0; k < count; k++) {
    if (is_alike(x, items[k], i)) {
      return false;
    }
  }
  return true;
}

static bool is_wanted(const heed_asker *x, uint32_t i) {
  return x->is_wanted[x->items[i].candidate];
}

/* The best first options: one item, or a pair of different ones; the first ones if all are alike. */
static void pick_first(heed_asker *x, uint32_t count, uint32_t *items) {
  worth best = {-1, -1};
  items[0] = 0;
  items[1] = 1;
  for (uint32_t i = 0; i < x->item_count; i++) {
    for (uint32_t j = count > 1 ? i + 1 : i; j < x->item_count; j++) {
      uint32_t tried[2] = {i, j};
      bool is_able =
          count == 1 ? is_wanted(x, i) : !is_alike(x, i, j) && (is_wanted(x, i) || is_wanted(x, j));
      worth w = is_able ? judge(x, tried, count > 1 ? 2 : 1) : best;
      if (is_able && is_better(w, best)) {
        best = w;
        memcpy(items, tried, sizeof tried);
      }
      if (count == 1) {
        break;
      }
    }
  }
}

/* The option that makes a question of `count` better than any other; the next one if all are alike. */
static uint32_t pick_next(heed_asker *x, const uint32_t *items, uint32_t count) {
  uint32_t tried[HEED_OPTION_MAX];
  uint32_t next = count;
  worth best = {-1, -1};
  memcpy(tried, items, count * sizeof *items);
  for (uint32_t i = 0; i < x->item_count; i++) {
    tried[count] = i;
    worth w = is_fresh(x, items, count, i) ? judge(x, tried, count + 1) : (worth){-1, -1};
    if (is_better(w, best)) {
      best = w;
      next = i;
    }
  }
  return next;
}

/* The candidates are in no order: the first ones are any. */
static void pick_uniform(heed_asker *x, uint32_t count, uint32_t *items) {
  for (uint32_t k = 0; k < count; k++) {
    items[k] = count > 1 ? k : heed_rng_choice(&x->rng, x->item_count);
  }
}

/* The options of the next question: x->form.options of the items. */
static void pick(heed_asker *x, uint32_t *items) {
  uint32_t count = x->form.options;
  if (x->config.questions == HEED_QUESTIONS_UNIFORM) {
    pick_uniform(x, count, items);
    return;
  }
  pick_first(x, count, items);
  for (uint32_t k = 2; k < count; k++) {
    items[k] = pick_next(x, items, k);
  }
}

const char *heed_questions_name(heed_questions questions) {
  static const char *const names[] = {"information", "decision", "disagreement",
                                      "entropy",     "request",  "uniform"};
  return names[questions];
}

/* "information", "request: novel". */
static void name_strategy(const heed_asker *x, size_t turn, heed_query *query) {
  bool is_request = x->config.questions == HEED_QUESTIONS_REQUEST;
  heed_acquisition what = (heed_acquisition)(turn % HEED_ACQUISITION_COUNT);
  (void)snprintf(query->strategy, sizeof query->strategy, "%s%s%s",
                 heed_questions_name(x->config.questions), is_request ? ": " : "",
                 is_request ? heed_acquisition_name(what) : "");
}

static heed_status fill_query(const heed_asker *x, const uint32_t *items, heed_query *query,
                              heed_error *err) {
  heed_status status = HEED_OK;
  *query = (heed_query){0};
  for (uint32_t k = 0; k < x->form.options && status == HEED_OK; k++) {
    status = copy_item(x, x->items[items[k]], &query->options[k], err);
    query->option_count += status == HEED_OK;
  }
  if (status != HEED_OK) {
    heed_query_deinit(query);
  }
  return status;
}

static bool equal_queries(const heed_query *a, const heed_query *b) {
  for (uint32_t k = 0; k < a->option_count; k++) {
    if (!equal_segments(&a->options[k], &b->options[k])) {
      return false;
    }
  }
  return a->option_count == b->option_count;
}

static bool is_repeated(const heed_query *queries, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (equal_queries(&queries[i], &queries[count])) {
      return true;
    }
  }
  return false;
}

/* Makes queries[made]; one that is as one before it is made anew a few times. `draws` is where the draws of
 * this batch come from: every question of a batch is judged by the same. */
static heed_status make_one(heed_asker *x, const heed_choices *asked, heed_query *queries,
                            uint32_t made, heed_rng *draws, heed_error *err) {
  bool has_measure = x->config.questions != HEED_QUESTIONS_UNIFORM;
  size_t turn = asked->count + made;
  for (int tries = 1;; tries++) {
    uint32_t items[HEED_OPTION_MAX];
    heed_status status = make_items(x, asked, turn, err);
    if (status == HEED_OK && has_measure) {
      if (made == 0) {
        *draws = x->rng;
      }
      heed_rng rng = *draws;
      score_items(x, &rng);
    }
    if (status == HEED_OK) {
      pick(x, items);
      status = fill_query(x, items, &queries[made], err);
    }
    if (status != HEED_OK) {
      return status;
    }
    if (tries == MAKE_TRIES || !is_repeated(queries, made)) {
      name_strategy(x, turn, &queries[made]);
      if (has_measure && x->config.batch > 1) {
        join_batch(x, items, x->form.options);
      }
      return HEED_OK;
    }
    heed_query_deinit(&queries[made]);
  }
}

heed_status heed_asker_make(heed_asker *x, const heed_choices *asked, heed_rng *rng,
                            heed_query *queries, uint32_t count, heed_error *err) {
  heed_status status = HEED_OK;
  uint32_t made = 0;
  heed_rng draws = *rng;
  x->rng = *rng;
  x->batch_answers = 1;
  for (uint32_t d = 0; d < x->config.draws; d++) {
    x->batch[d] = 1;
  }
  for (; made < count && status == HEED_OK; made += status == HEED_OK) {
    status = make_one(x, asked, queries, made, &draws, err);
  }
  while (status != HEED_OK && made > 0) {
    heed_query_deinit(&queries[--made]);
  }
  *rng = x->rng;
  return status;
}

/* ---- lifecycle ------------------------------------------------------------------------------ */

static heed_status check_parties(const heed_asker *x, heed_error *err) {
  const heed_ask_parties *parties = &x->parties;
  heed_questions questions = x->config.questions;
  if (heed_experience_count(parties->experience) == 0) {
    return heed_fail(err, HEED_ERR_ARG, "no experience to ask about");
  }
  if (questions != HEED_QUESTIONS_UNIFORM &&
      heed_reward_spec_of(parties->reward)->hypothesis_size == 0) {
    return heed_fail(err, HEED_ERR_ARG,
                     "only questions=uniform works for a reward that has no posterior");
  }
  if ((questions == HEED_QUESTIONS_REQUEST || questions == HEED_QUESTIONS_DECISION) &&
      parties->dynamics == NULL) {
    return heed_fail(err, HEED_ERR_ARG, "questions=%s needs a dynamics model to imagine in",
                     questions == HEED_QUESTIONS_REQUEST ? "request" : "decision");
  }
  return HEED_OK;
}

/* The joint answers of a batch; 0: too many. */
static size_t joint_answers(const heed_asker *x) {
  size_t joint = 1;
  for (uint32_t i = 0; i < x->config.batch; i++) {
    joint *= heed_query_answers(&x->form);
    if (joint > JOINT_ANSWERS_MAX) {
      return 0;
    }
  }
  return joint;
}

static heed_status check_numbers(const heed_asker *x, heed_error *err) {
  const heed_ask_config *c = &x->config;
  bool is_request = c->questions == HEED_QUESTIONS_REQUEST;
  if (c->candidates < (is_request ? HEED_ACQUISITION_COUNT + 1 : 2) ||
      c->candidates > HEED_ASK_CANDIDATES_MAX || c->draws < 1 || c->draws > HEED_ASK_DRAWS_MAX ||
      c->segment_steps < 1 || c->batch < 1) {
    return heed_fail(err, HEED_ERR_ARG,
                     "candidates %u, draws %u, segment_steps %u, batch %u: out of range",
                     c->candidates, c->draws, c->segment_steps, c->batch);
  }
  if (c->options < 2 || c->options > HEED_OPTION_MAX || c->options > c->candidates ||
      c->grades < 2 || c->grades > HEED_GRADE_MAX || c->kind > HEED_LABEL) {
    return heed_fail(err, HEED_ERR_ARG,
                     "kind %d, options %u of %u candidates, grades %u: out of range", (int)c->kind,
                     c->options, c->candidates, c->grades);
  }
  if (!(c->beta > 0) || !(c->mistakes >= 0 && c->mistakes <= 1) ||
      !(c->tie >= 0 && c->tie <= HEED_TIE_MAX) || !(c->realism >= 0)) {
    return heed_fail(err, HEED_ERR_ARG, "beta %g, mistakes %g, tie %g, realism %g: out of range",
                     c->beta, c->mistakes, c->tie, c->realism);
  }
  return HEED_OK;
}

static heed_status allocate(heed_asker *x, heed_error *err) {
  size_t n = x->config.candidates;
  size_t steps = x->config.segment_steps;
  size_t draws = x->config.draws;
  size_t items = x->config.kind == HEED_LABEL ? n * steps : n;
  size_t joint = joint_answers(x);
  if (joint == 0) {
    return heed_fail(err, HEED_ERR_ARG, "a batch of %u has more than %d joint answers",
                     x->config.batch, JOINT_ANSWERS_MAX);
  }
  x->workspace = calloc(1, heed_reward_workspace_size(x->parties.reward, steps) + 1);
  x->is_wanted = calloc(n, sizeof *x->is_wanted);
  x->items = calloc(items, sizeof *x->items);
  x->returns = calloc(draws * items, sizeof *x->returns);
  x->values = calloc(draws * n, sizeof *x->values);
  x->question = calloc(draws * HEED_OPTION_MAX, sizeof *x->question);
  x->answers = calloc(draws * HEED_ANSWER_MAX, sizeof *x->answers);
  x->gains = calloc(draws, sizeof *x->gains);
  x->joint = calloc(draws * joint, sizeof *x->joint);
  x->batch = calloc(draws * joint, sizeof *x->batch);
  bool is_good = x->workspace != NULL && x->is_wanted != NULL && x->items != NULL &&
                 x->returns != NULL && x->values != NULL && x->question != NULL &&
                 x->answers != NULL && x->gains != NULL && x->joint != NULL && x->batch != NULL;
  return is_good ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "asking: no memory");
}

/* What can be answered. Labels always have a neutral one. To a decision a question is worth what it would be to
 * somebody who means what they say: with mistakes it takes two answers that agree to turn a decision, one alone is
 * worth nothing, and so would all questions be (the value of information is not concave in how much is asked:
 * Frazier and Powell 2010). A mistake takes the same share of any answer. */
static heed_query_form form_of(const heed_ask_config *config) {
  bool is_single = config->kind == HEED_RATING || config->kind == HEED_LABEL;
  heed_query_form form = {
      .kind = config->kind,
      .options = is_single ? 1 : config->options,
      .beta = config->beta,
      .mistakes = config->questions == HEED_QUESTIONS_DECISION ? 0 : config->mistakes};
  if (config->kind == HEED_COMPARISON) {
    form.tie = config->tie;
  } else if (config->kind == HEED_LABEL) {
    form.tie = config->tie > 0 ? config->tie : 1;
  } else if (config->kind == HEED_RATING) {
    form.grades = config->grades;
  }
  return form;
}

heed_status heed_asker_create(const heed_ask_parties *parties, const heed_ask_config *config,
                              heed_asker **out, heed_error *err) {
  *out = NULL;
  heed_asker *x = calloc(1, sizeof *x);
  if (x == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "asking: no memory");
  }
  x->parties = *parties;
  x->config = *config;
  heed_status status = check_numbers(x, err);
  if (status == HEED_OK) {
    x->form = form_of(config);
    status = check_parties(x, err);
  }
  if (status == HEED_OK) {
    status = allocate(x, err);
  }
  if (status == HEED_OK) {
    status = heed__candidates_init(&x->set, &x->parties, &x->config, err);
  }
  if (status != HEED_OK) {
    heed_asker_destroy(x);
    return status;
  }
  *out = x;
  return HEED_OK;
}

void heed_asker_destroy(heed_asker *x) {
  if (x == NULL) {
    return;
  }
  heed__candidates_deinit(&x->set);
  free(x->is_wanted);
  free(x->items);
  free(x->returns);
  free(x->values);
  free(x->workspace);
  free(x->question);
  free(x->answers);
  free(x->gains);
  free(x->joint);
  free(x->batch);
  free(x);
}
