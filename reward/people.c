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

/* Adds one answer to what is known of its person. */
static void add_answer(const heed_reward *reward, const heed_choice *choice, void *workspace,
                       heed_agreement *person) {
  double returns[HEED_OPTION_MAX];
  heed__responses responses;
  heed__responses_init(&responses, choice);
  if (responses.count == 0) {
    return;
  }
  for (uint32_t i = 0; i < choice->query.option_count; i++) {
    returns[i] = return_of(reward, &choice->query.options[i], workspace);
  }
  person->loglik += heed_choice_loglik(choice, returns, NULL, NULL);
  person->chance -= log((double)responses.count);
  person->answers++;
}

/* What a model of the others' answers makes of this person's. others[choices->count] is scratch. */
static heed_status leave_out(const heed_reward *like, const heed_choices *choices,
                             heed_choice *others, void *workspace, heed_agreement *person,
                             heed_error *err) {
  const heed_reward_spec *spec = heed_reward_spec_of(like);
  heed_choices rest = {.items = others};
  for (size_t q = 0; q < choices->count; q++) {
    if (strcmp(choices->items[q].who, person->who) != 0) {
      others[rest.count++] = choices->items[q]; /* borrowed */
    }
  }
  heed_reward *model = NULL;
  heed_status status =
      heed_reward_create(heed_reward_ops_of(like)->name, heed_reward_params_of(like),
                         &spec->obs_space, &spec->action_space, &model, err);
  if (status == HEED_OK) {
    status = heed_reward_learn(model, &rest, NULL, NULL, err);
  }
  for (size_t q = 0; q < choices->count && status == HEED_OK; q++) {
    if (strcmp(choices->items[q].who, person->who) == 0) {
      add_answer(model, &choices->items[q], workspace, person);
    }
  }
  if (person->answers > 0) {
    person->loglik /= person->answers;
    person->chance /= person->answers;
  }
  heed_reward_destroy(model);
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
  void *workspace = calloc(1, heed_reward_workspace_size(reward, 1) + 1);
  if (others == NULL || workspace == NULL) {
    free(others);
    free(workspace);
    return heed_fail(err, HEED_ERR_NOMEM, "people of %zu choices: no memory", choices->count);
  }
  heed_status status = HEED_OK;
  for (size_t i = 0; i < people && status == HEED_OK; i++) {
    status = leave_out(reward, choices, others, workspace, &agreements[i], err);
  }
  free(others);
  free(workspace);
  *count = status == HEED_OK ? people : 0;
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
