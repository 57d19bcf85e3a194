/* reward.h: models of what people want, learned, given, or read off the world.
 *
 * A reward model scores steps (observation, action, next observation), real or imagined. It reads
 * observations and nothing else of any dynamics model: that is what makes it swappable in the middle
 * of an episode. The one exception is `channel`, which reads what the world pays and therefore wants
 * whatever raises it. */
#ifndef HEED_REWARD_REWARD_H
#define HEED_REWARD_REWARD_H

#include "core/params.h"
#include "core/percept.h"
#include "core/progress.h"
#include "core/rng.h"
#include "reward/choice.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_reward_spec {
  heed_space obs_space;    /* borrowed from the model */
  heed_space action_space; /* borrowed from the model */
  size_t hypothesis_size;  /* bytes of a posterior draw, a multiple of 8; 0: none */
} heed_reward_spec;

#define HEED_REPORT_PEOPLE_MAX  32
#define HEED_REWARD_PARTS_MAX   16
#define HEED_REWARD_NESTING_MAX 5 /* models inside each other: a file may nest no deeper */

typedef struct heed_reward heed_reward;

/* How a person answers, as far as the fit could tell. */
typedef struct heed_person_report {
  char who[HEED_WHO_SIZE];
  uint32_t answers;   /* that carried information */
  double beta;        /* rationality per unit of reward: of the first answer, at the mode */
  double beta_spread; /* posterior deviation of log beta; 0: beta was taken as stated */
  double mistakes;    /* share of answers at random, at the mode or as stated */
} heed_person_report;

/* How a fit went. */
typedef struct heed_reward_report {
  size_t choices; /* that carried information */
  uint32_t iterations;
  double log_posterior;  /* at the mode, up to a constant */
  double gradient_norm;  /* at the mode: should be about 0 */
  double accuracy;       /* share of the choices (equal and skip left out) that the mean explains */
  uint32_t people_count; /* at most HEED_REPORT_PEOPLE_MAX, in the order of their first answers */
  heed_person_report people[HEED_REPORT_PEOPLE_MAX];
} heed_reward_report;

typedef struct heed_reward_ops {
  const char *name;
  const char *summary;
  const heed_param *params;
  size_t param_count;
  size_t params_size;
  size_t self_size;

  /* Scores a step by its action and its channel alone: `obs` and `next_obs` are not read, and may be
   * anything. Who plans for such a reward need not imagine what steps look like. */
  bool ignores_obs;

  /* Required. `spec` holds the spaces; fills hypothesis_size. Errors as in dynamics.h. */
  heed_status (*create)(void *self, const void *params, heed_reward_spec *spec, heed_error *err);
  void (*destroy)(void *self); /* Required. Accepts a zeroed `self`. */

  /* Optional. Bytes of scratch that score needs for `count` rows; NULL: none. */
  size_t (*workspace_size)(const void *self, size_t count);

  /* Required. mean[count]: expected reward of each step under the posterior, or the reward under
   * `hypothesis` when that is not NULL. spread[count]: posterior standard deviation, 0 under a
   * hypothesis; may be NULL. Each row's result depends on that row alone, to the bit. Does not
   * allocate, cannot fail. */
  void (*score)(const void *self, const heed_step *steps, size_t count, const void *hypothesis,
                double *mean, double *spread, void *workspace);

  /* Optional. Fits the model to all of `choices` afresh. Errors: HEED_ERR_NUMERIC, HEED_ERR_NOMEM; the
   * model is unchanged then. */
  heed_status (*learn)(void *self, const heed_choices *choices, const heed_progress_sink *progress,
                       heed_reward_report *report, heed_error *err);

  /* Optional, with hypothesis_size > 0. */
  void (*draw)(const void *self, heed_rng *rng, void *hypothesis);

  /* Optional, as in dynamics.h. */
  void (*save)(const void *self, heed_pack_writer *writer);
  heed_status (*load)(void *self, const heed_pack_value *map, heed_error *err);

  /* Optional. Describes what the model wants, strongest first, one line of text for each i = 0, 1, ...;
   * false beyond the last. */
  bool (*explain)(const void *self, size_t i, char *text, size_t size);

  /* How many parts it can be made of; 0: none, it is a model of its own. Without any it scores 0. */
  uint32_t part_max;

  /* Required where part_max > 0. Takes parts[1 .. part_max], borrowed until destroy, which score the
   * spaces of `spec`; sets the hypothesis_size that they make. Called once, after create. Errors:
   * HEED_ERR_ARG. */
  heed_status (*combine)(void *self, heed_reward *const *parts, size_t count,
                         heed_reward_spec *spec, heed_error *err);
} heed_reward_ops;

/* A model that has learned nothing yet, by registry name, over two spaces (copied). `params` as text, NULL for
 * the defaults. Errors: HEED_ERR_ARG, naming what is known, or what the model cannot handle;
 * HEED_ERR_NOMEM. */
HEED_API heed_status heed_reward_create(const char *name, const char *params,
                                        const heed_space *obs_space, const heed_space *action_space,
                                        heed_reward **out, heed_error *err);
/* The same from a table that is not in the registry, as heed_dynamics_create_ops. */
HEED_API heed_status heed_reward_create_ops(const heed_reward_ops *ops, const void *params,
                                            const heed_space *obs_space,
                                            const heed_space *action_space, heed_reward **out,
                                            heed_error *err);
/* A model made of others over the same spaces. parts[count] are taken over, and destroyed with it; on
 * failure they stay the caller's. Errors: HEED_ERR_ARG when `name` takes no such number of parts, when
 * spaces differ, or when more than HEED_REWARD_NESTING_MAX models are inside each other; else as create. */
HEED_API heed_status heed_reward_combine(const char *name, const char *params,
                                         heed_reward *const *parts, size_t count, heed_reward **out,
                                         heed_error *err);
HEED_API void heed_reward_destroy(heed_reward *model); /* accepts NULL */

/* The registry: i < heed_reward_count(); NULL for an unknown name. */
HEED_API size_t heed_reward_count(void);
HEED_API const heed_reward_ops *heed_reward_at(size_t i);
HEED_API const heed_reward_ops *heed_reward_find(const char *name);

/* Its operations, its spaces and sizes, every parameter with its value in force; borrowed from the model. */
HEED_API const heed_reward_ops *heed_reward_ops_of(const heed_reward *model);
HEED_API const heed_reward_spec *heed_reward_spec_of(const heed_reward *model);
HEED_API const char *heed_reward_params_of(const heed_reward *model);

/* The operations; contracts as in heed_reward_ops. A workspace has heed_reward_workspace_size bytes for the rows
 * of the call, NULL where these are 0; a hypothesis is only given to a model that has some. */
HEED_API size_t heed_reward_workspace_size(const heed_reward *model, size_t count);
HEED_API void heed_reward_score(const heed_reward *model, const heed_step *steps, size_t count,
                                const void *hypothesis, double *mean, double *spread,
                                void *workspace);
/* `report` may be NULL. Errors: HEED_ERR_STATE when the model does not learn; HEED_ERR_ARG for a choice that
 * heed_choice_check refuses, naming it; else as the operation. */
HEED_API heed_status heed_reward_learn(heed_reward *model, const heed_choices *choices,
                                       const heed_progress_sink *progress,
                                       heed_reward_report *report, heed_error *err);
/* Draws a hypothesis; asserts hypothesis_size > 0. */
HEED_API void heed_reward_draw(const heed_reward *model, heed_rng *rng, void *hypothesis);
/* Line i of what the model wants, cut to text[size]; false beyond the last. */
HEED_API bool heed_reward_explain(const heed_reward *model, size_t i, char *text, size_t size);

/* Writes and reads a packed file of kind "reward" (docs/formats.md), parts included. `card` may be NULL in both;
 * when given to load it receives the file's card. Errors as in pack.h. */
HEED_API heed_status heed_reward_save(const heed_reward *model, const heed_card *card,
                                      const char *path, heed_error *err);
HEED_API heed_status heed_reward_load(const char *path, heed_reward **out, heed_card *card,
                                      heed_error *err);
/* From memory, for fuzzing. */
HEED_API heed_status heed_reward_load_memory(const void *bytes, size_t size, heed_reward **out,
                                             heed_card *card, heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
