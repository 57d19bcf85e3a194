#include "reward/people.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "reward/response.h"

/* ---- agreement ------------------------------------------------------------------------------ */

/* The people who answered, in the order of their first answers; at most HEED_REPORT_PEOPLE_MAX. */
static size_t list_people(const heed_choices *choices, heed_agreement *people) {
  size_t count = 0;
  for (size_t q = 0; q < choices->count; q++) {
    const char *who = choices->items[q].who;
    size_t i = 0;
    while (i < count && strcmp(people[i].who, who) != 0) {
      i++;
    }
    if (i == count && count < HEED_REPORT_PEOPLE_MAX) {
      people[count] = (heed_agreement){0};
      memcpy(people[count++].who, who, sizeof people->who);
    }
  }
  return count;
}

static double return_of(const heed_reward *reward, const heed_segment *option, void *workspace) {
  double sum = 0;
  for (uint32_t t = 0; t < option->steps; t++) {
    heed_step step = heed_segment_step(option, t);
    double score;
    heed_reward_score(reward, &step, 1, NULL, &score, NULL, workspace);
    sum += score;
  }
  return sum;
}

/* How well some answers were foretold, in sums. */
typedef struct tally {
  uint32_t answers;
  double loglik, probability, chance;
  double *each; /* borrowed; the probability of each answer goes there, if not NULL */
} tally;

static void add_answer(const heed_reward *reward, const heed_choice *choice, void *workspace,
                       tally *person) {
  double returns[HEED_OPTION_MAX];
  heed__responses responses;
  heed__responses_init(&responses, choice);
  if (responses.count == 0) {
    return;
  }
  for (uint32_t i = 0; i < choice->query.option_count; i++) {
    returns[i] = return_of(reward, &choice->query.options[i], workspace);
  }
  double loglik = heed_choice_loglik(choice, returns, NULL, NULL);
  person->loglik += loglik;
  person->probability += exp(loglik);
  if (person->each != NULL) {
    person->each[person->answers] = exp(loglik);
  }
  person->chance -= log((double)responses.count);
  person->answers++;
}

/* Fits a model like `like` to `known` and adds up what it makes of choices asked[count]. */
static heed_status foretell(const heed_reward *like, const heed_choices *known,
                            const heed_choices *choices, const size_t *asked, size_t count,
                            void *workspace, tally *sums, heed_error *err) {
  const heed_reward_spec *spec = heed_reward_spec_of(like);
  heed_reward *model = NULL;
  heed_status status =
      heed_reward_create(heed_reward_ops_of(like)->name, heed_reward_params_of(like),
                         &spec->obs_space, &spec->action_space, &model, err);
  if (status == HEED_OK) {
    status = heed_reward_learn(model, known, NULL, NULL, err);
  }
  for (size_t q = 0; q < count && status == HEED_OK; q++) {
    add_answer(model, &choices->items[asked[q]], workspace, sums);
  }
  heed_reward_destroy(model);
  return status;
}

/* What a model of the others' answers makes of this person's. others[choices->count] and
 * own[choices->count] are scratch. */
static heed_status leave_out(const heed_reward *like, const heed_choices *choices,
                             heed_choice *others, size_t *own, void *workspace,
                             heed_agreement *person, heed_error *err) {
  heed_choices rest = {.items = others};
  size_t count = 0;
  for (size_t q = 0; q < choices->count; q++) {
    if (strcmp(choices->items[q].who, person->who) != 0) {
      others[rest.count++] = choices->items[q]; /* borrowed */
    } else {
      own[count++] = q;
    }
  }
  tally sums = {0};
  heed_status status = foretell(like, &rest, choices, own, count, workspace, &sums, err);
  if (sums.answers > 0) {
    person->answers = sums.answers;
    person->loglik = sums.loglik / sums.answers;
    person->chance = sums.chance / sums.answers;
  }
  return status;
}

heed_status heed_people_agreement(const heed_reward *reward, const heed_choices *choices,
                                  heed_agreement agreements[HEED_REPORT_PEOPLE_MAX], size_t *count,
                                  heed_error *err) {
  size_t people = list_people(choices, agreements);
  *count = 0;
  if (people < 2) {
    return HEED_OK;
  }
  heed_choice *others = calloc(choices->count, sizeof *others);
  size_t *own = calloc(choices->count, sizeof *own);
  void *workspace = calloc(1, heed_reward_workspace_size(reward, 1) + 1);
  if (others == NULL || own == NULL || workspace == NULL) {
    free(others);
    free(own);
    free(workspace);
    return heed_fail(err, HEED_ERR_NOMEM, "people of %zu choices: no memory", choices->count);
  }
  heed_status status = HEED_OK;
  for (size_t i = 0; i < people && status == HEED_OK; i++) {
    status = leave_out(reward, choices, others, own, workspace, &agreements[i], err);
  }
  free(others);
  free(own);
  free(workspace);
  *count = status == HEED_OK ? people : 0;
  return status;
}

/* ---- drift ---------------------------------------------------------------------------------- */

/* One person's answers, oldest first. */
typedef struct history {
  const heed_reward *like;
  const heed_choices *choices;            /* of everybody */
  size_t answers[HEED_DRIFT_ANSWERS_MAX]; /* [count] which of them, as they were given, */
  size_t order[HEED_DRIFT_ANSWERS_MAX];   /* and as they are split */
  size_t count;
  heed_choice *half; /* owned, [HEED_DRIFT_ANSWERS_MAX] scratch */
  double *each;      /* [count] how well each of `order` was foretold; may be NULL */
  void *workspace;   /* owned */
} history;

/* At most HEED_DRIFT_ANSWERS_MAX of those that say something, evenly over the time. */
static void list_answers(const char *who, history *h) {
  const heed_choices *choices = h->choices;
  size_t all = 0;
  for (size_t q = 0; q < choices->count; q++) {
    all += strcmp(choices->items[q].who, who) == 0 && choices->items[q].chosen != HEED_CHOICE_SKIP;
  }
  h->count = all < HEED_DRIFT_ANSWERS_MAX ? all : HEED_DRIFT_ANSWERS_MAX;
  size_t seen = 0;
  size_t kept = 0;
  for (size_t q = 0; q < choices->count && kept < h->count; q++) {
    const heed_choice *choice = &choices->items[q];
    if (strcmp(choice->who, who) == 0 && choice->chosen != HEED_CHOICE_SKIP &&
        seen++ * h->count / all == kept) {
      h->answers[kept++] = q;
    }
  }
}

/* Adds the probabilities of the answers order[first .. first+count-1] under a model of the rest. */
static heed_status foretell_half(history *h, size_t first, size_t count, double *sum,
                                 heed_error *err) {
  heed_choices known = {.items = h->half};
  tally sums = {.each = h->each != NULL ? h->each + first : NULL};
  for (size_t i = 0; i < h->count; i++) {
    if (i < first || i >= first + count) {
      h->half[known.count++] = h->choices->items[h->order[i]]; /* borrowed */
    }
  }
  heed_status status =
      foretell(h->like, &known, h->choices, h->order + first, count, h->workspace, &sums, err);
  *sum += sums.probability;
  return status;
}

/* How well the halves of h->order foretell each other. */
static heed_status foretell_halves(history *h, double *mean, heed_error *err) {
  size_t first = h->count / 2;
  *mean = 0;
  heed_status status = foretell_half(h, 0, first, mean, err);
  if (status == HEED_OK) {
    status = foretell_half(h, first, h->count - first, mean, err);
  }
  *mean /= (double)h->count;
  return status;
}

static void shuffle(history *h, heed_rng *rng) {
  for (size_t i = h->count - 1; i > 0; i--) {
    size_t k = heed_rng_choice(rng, (uint32_t)i + 1);
    size_t answer = h->order[i];
    h->order[i] = h->order[k];
    h->order[k] = answer;
  }
}

/* What people want: the rank of the order in which the answers were given among random ones. */
static heed_status test_taste(history *h, heed_rng *rng, heed_drift *drift, heed_error *err) {
  size_t lower = 0;
  memcpy(h->order, h->answers, h->count * sizeof *h->order);
  heed_status status = foretell_halves(h, &drift->in_order, err);
  for (size_t i = 0; i < HEED_DRIFT_ORDERS && status == HEED_OK; i++) {
    double mean;
    shuffle(h, rng);
    status = foretell_halves(h, &mean, err);
    drift->shuffled += mean / HEED_DRIFT_ORDERS;
    lower += mean <= drift->in_order;
  }
  drift->taste_p = (double)(1 + lower) / (1 + HEED_DRIFT_ORDERS);
  return status;
}

/* Mean of the later half of numbers less that of the earlier. */
static double difference(const double *numbers, size_t count) {
  double sums[2] = {0, 0};
  size_t half = count / 2;
  for (size_t i = 0; i < count; i++) {
    sums[i >= half] += numbers[i];
  }
  return sums[1] / (double)(count - half) - sums[0] / (double)half;
}

/* The rank of the difference among those of random orders, whichever its sign. */
static double rank_difference(double *numbers, size_t count, heed_rng *rng) {
  size_t larger = 0;
  double found = fabs(difference(numbers, count));
  for (size_t n = 0; n < HEED_DRIFT_SHUFFLES; n++) {
    for (size_t i = count - 1; i > 0; i--) {
      size_t k = heed_rng_choice(rng, (uint32_t)i + 1);
      double number = numbers[i];
      numbers[i] = numbers[k];
      numbers[k] = number;
    }
    larger += fabs(difference(numbers, count)) >= found * (1 - 1e-12);
  }
  return (double)(1 + larger) / (1 + HEED_DRIFT_SHUFFLES);
}

/* How well people say it: each answer is foretold from every other one of the rest, so that early and late
 * ones are foretold from as many early and late ones. */
static heed_status test_care(history *h, heed_rng *rng, heed_drift *drift, heed_error *err) {
  size_t half = h->count / 2; /* the odd ones; the even ones stand first */
  size_t even = h->count - half;
  double mixed[HEED_DRIFT_ANSWERS_MAX] = {0};
  for (size_t i = 0; i < h->count; i++) {
    h->order[i % 2 == 0 ? i / 2 : even + i / 2] = h->answers[i];
  }
  double sum = 0;
  h->each = mixed;
  heed_status status = foretell_half(h, 0, even, &sum, err);
  if (status == HEED_OK) {
    status = foretell_half(h, even, half, &sum, err);
  }
  h->each = NULL;
  double each[HEED_DRIFT_ANSWERS_MAX] = {0};
  for (size_t i = 0; i < h->count && status == HEED_OK; i++) {
    each[i] = mixed[i % 2 == 0 ? i / 2 : even + i / 2];
  }
  if (status == HEED_OK) {
    double later = difference(each, h->count);
    drift->early =
        (sum - later * (double)even) / (double)h->count; /* the later half is no smaller */
    drift->late = drift->early + later;
    drift->care_p = rank_difference(each, h->count, rng);
  }
  return status;
}

static heed_status test_person(history *h, heed_drift *drift, heed_error *err) {
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  drift->answers = (uint32_t)h->count;
  drift->taste_p = drift->care_p = 1;
  if (h->count < HEED_DRIFT_ANSWERS_MIN) {
    return HEED_OK;
  }
  heed_status status = test_taste(h, &rng, drift, err);
  return status == HEED_OK ? test_care(h, &rng, drift, err) : status;
}

heed_status heed_people_drift(const heed_reward *reward, const heed_choices *choices,
                              heed_drift drifts[HEED_REPORT_PEOPLE_MAX], size_t *count,
                              heed_error *err) {
  heed_agreement people[HEED_REPORT_PEOPLE_MAX];
  size_t found = list_people(choices, people);
  history h = {.like = reward, .choices = choices};
  heed_status status = HEED_OK;
  *count = 0;
  h.half = calloc(HEED_DRIFT_ANSWERS_MAX, sizeof *h.half);
  h.workspace = calloc(1, heed_reward_workspace_size(reward, 1) + 1);
  if (h.half == NULL || h.workspace == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "drift of %zu choices: no memory", choices->count);
  }
  for (size_t i = 0; i < found && status == HEED_OK; i++) {
    drifts[i] = (heed_drift){0};
    memcpy(drifts[i].who, people[i].who, sizeof drifts[i].who);
    list_answers(people[i].who, &h);
    status = test_person(&h, &drifts[i], err);
  }
  *count = status == HEED_OK ? found : 0;
  free(h.half);
  free(h.workspace);
  return status;
}

/* ---- contradictions ------------------------------------------------------------------------- */

/* A question and its answer as hashes. Of n options the hash of the question does not depend on their
 * order. */
typedef struct digest {
  uint64_t question, answer;
  size_t index; /* of the choice */
} digest;

static uint64_t hash_option(const heed_segment *option, const heed_space *action_space) {
  uint64_t hash = XXH3_64bits_withSeed(option->obs, (option->steps + (size_t)1) * option->obs_size,
                                       option->is_terminal ? 1 : 0);
  for (uint32_t t = 0; t < option->steps; t++) {
    unsigned char row[sizeof(heed_action)] = {0};
    heed_action_to_row(action_space, option->actions[t], row);
    hash = XXH3_64bits_withSeed(row, sizeof row, hash);
  }
  return hash;
}

/* Is it an answer that says one thing and not another? Grades are a matter of degree. */
static bool digest_of(const heed_choice *choice, const heed_space *action_space, size_t index,
                      digest *d) {
  if (choice->chosen < 0 || choice->kind == HEED_RATING ||
      (choice->kind == HEED_LABEL && choice->chosen == HEED_LABEL_NEUTRAL)) {
    return false;
  }
  bool is_approval = choice->kind == HEED_APPROVAL;
  bool is_about_option = choice->kind != HEED_LABEL && !is_approval;
  *d = (digest){.question = (uint64_t)choice->kind, .index = index};
  for (uint32_t i = 0; i < choice->query.option_count; i++) {
    uint64_t weight =
        is_approval && i == 0 ? 3 : 1; /* the action intended is not one of the others */
    d->question += weight * hash_option(&choice->query.options[i], action_space);
  }
  d->answer = is_about_option ? hash_option(&choice->query.options[choice->chosen], action_space)
                              : (uint64_t)choice->chosen;
  return true;
}

static int compare_digests(const void *a, const void *b) {
  const digest *x = a;
  const digest *y = b;
  if (x->question != y->question) {
    return x->question < y->question ? -1 : 1;
  }
  return x->index < y->index ? -1 : x->index > y->index;
}

static int compare_pairs(const void *a, const void *b) {
  const heed_contradiction *x = a;
  const heed_contradiction *y = b;
  if (x->second != y->second) {
    return x->second < y->second ? -1 : 1;
  }
  return x->first < y->first ? -1 : x->first > y->first;
}

/* Keeps a pair: the `room` smallest in order of `second`. */
static void keep(heed_contradiction pair, heed_contradiction *list, size_t room, size_t found) {
  size_t filled = found < room ? found : room;
  size_t k = filled;
  while (k > 0 && compare_pairs(&pair, &list[k - 1]) < 0) {
    if (k < room) {
      list[k] = list[k - 1];
    }
    k--;
  }
  if (k < room) {
    list[k] = pair;
  }
}

heed_status heed_people_contradictions(const heed_choices *choices, const heed_space *action_space,
                                       heed_contradiction *list, size_t room, size_t *count,
                                       heed_error *err) {
  assert(room == 0 || list != NULL);
  *count = 0;
  digest *digests = calloc(choices->count + 1, sizeof *digests);
  if (digests == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu choices: no memory", choices->count);
  }
  size_t n = 0;
  for (size_t q = 0; q < choices->count; q++) {
    n += digest_of(&choices->items[q], action_space, q, &digests[n]);
  }
  qsort(digests, n, sizeof *digests, compare_digests);
  for (size_t i = 0; i < n; i++) {
    for (size_t k = i + 1; k < n && digests[k].question == digests[i].question; k++) {
      const heed_choice *a = &choices->items[digests[i].index];
      const heed_choice *b = &choices->items[digests[k].index];
      if (digests[i].answer != digests[k].answer && strcmp(a->who, b->who) != 0) {
        keep((heed_contradiction){digests[i].index, digests[k].index}, list, room, (*count)++);
      }
    }
  }
  free(digests);
  return HEED_OK;
}
