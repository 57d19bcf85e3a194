/* dynamics.h: models of how a world works, learned or given.
 *
 * A model predicts what is observed next. What it needs to know of the past is in a belief block that
 * the caller owns: for a fully observed world the last observation, for a history-based model the last
 * few, for a latent model its state. Beliefs are plain bytes without pointers, every byte written, so
 * that a search can store, copy and compare them without knowing them: two beliefs with equal bytes
 * have equal futures.
 *
 *   begin(obs) ---> belief --- observe(action, obs) ---> belief      filters in what really happened
 *                     |
 *                     +------- predict(action) --------> belief      imagines
 *                     |
 *                     +------- decode() ---------------> obs         what it would look like
 *
 * A hypothesis is a caller-owned block that stands for one draw from the model's posterior (an
 * ensemble member, or a seed from which the draw is derived as it is needed). Without one, the model
 * predicts by its posterior mean. */
#ifndef HEED_DYNAMICS_DYNAMICS_H
#define HEED_DYNAMICS_DYNAMICS_H

#include "core/experience.h"
#include "core/params.h"
#include "core/percept.h"
#include "core/progress.h"
#include "core/rng.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_dynamics_spec {
  heed_space obs_space;    /* borrowed from the model */
  heed_space action_space; /* borrowed from the model */
  size_t belief_size;      /* bytes of a belief, a multiple of 8 */
  size_t
      hypothesis_size; /* bytes of a hypothesis, a multiple of 8; 0: the model has no posterior */
} heed_dynamics_spec;

/* One imagined step. */
typedef struct heed_prediction {
  /* in, borrowed */
  const void *belief;
  heed_action action;
  const void *hypothesis; /* NULL: the posterior mean */
  heed_rng *rng;          /* what is random in the world is drawn here */
  bool wants_uncertainty; /* else uncertainty is 0: it can cost more than the prediction */
  /* out */
  void *next_belief;  /* caller's block; must not overlap `belief` */
  double reward;      /* reward channel, task units */
  bool is_terminal;   /* ended by the rules */
  double uncertainty; /* epistemic, nats: what one look would tell about the model; >= 0 */
} heed_prediction;

/* Imagined steps under actions drawn by heed_rng_choice among those that are legal, until the episode ends
 * or there are `most`. */
typedef struct heed_rollout {
  /* in, borrowed */
  const void *belief;
  const void *hypothesis; /* NULL: the posterior mean */
  heed_rng *rng;
  uint32_t most;
  void *beliefs;   /* scratch, [2][belief_size]; a batch may share it, and the next */
  uint32_t *legal; /* scratch, [count of actions] */
  /* out, the caller's, [most] */
  int32_t *actions;
  double *channel;    /* reward channel of each step */
  unsigned char *obs; /* observation after each step, obs_space rows; NULL: not asked for */
  uint32_t steps;
  bool is_terminal;
} heed_rollout;

/* One imagined step in place, for who has no use for the belief before it. */
typedef struct heed_stride {
  /* in, borrowed */
  void *belief; /* becomes the next one */
  heed_action action;
  const void *hypothesis; /* NULL: the posterior mean */
  heed_rng *rng;
  void *workspace; /* for one row of predict */
  /* out */
  const void *obs; /* what is seen, obs_space row; borrowed from belief or workspace */
  double reward;   /* reward channel, task units */
  bool is_terminal;
} heed_stride;

typedef struct heed_dynamics heed_dynamics;

typedef struct heed_dynamics_ops {
  const char *name;    /* registry key */
  const char *summary; /* one line */
  const heed_param *params;
  size_t param_count;
  size_t params_size;
  size_t self_size; /* heed_dynamics_create allocates and zeroes it */

  /* Required. An untrained model over two spaces (copied by the caller into `spec`). Errors:
   * HEED_ERR_ARG when the model cannot handle the spaces, HEED_ERR_NOMEM; `self` is then still fit for
   * destroy. Fills belief_size and hypothesis_size. */
  heed_status (*create)(void *self, const void *params, heed_dynamics_spec *spec, heed_error *err);
  void (*destroy)(void *self); /* Required. Accepts a zeroed `self`. */

  /* Required. The belief after the first observation of an episode. */
  void (*begin)(const void *self, const void *obs, void *belief);

  /* Required. Filters in, in place, what really happened. */
  void (*observe)(const void *self, void *belief, heed_action action, const void *obs);

  /* Optional. Bytes of scratch that predict needs for `batch` rows; NULL: none. */
  size_t (*workspace_size)(const void *self, size_t batch);

  /* Required. Imagines batch[count], row by row independent. Does not allocate, cannot fail. */
  void (*predict)(const void *self, heed_prediction *batch, size_t count, void *workspace);

  /* Optional, of discrete actions. Rolls out batch[count], row by row independent, by itself, where that is
   * faster: each to the bit what predict gives step by step, the draws of its `rng` included. No two rows
   * have the same `rng`. Needs the workspace that predict does. */
  void (*rollout)(const void *self, heed_rollout *batch, size_t count, void *workspace);

  /* Optional. Imagines one step in place, where that is faster: to the bit what predict gives and decode
   * shows, the draws of its `rng` included. Does not allocate, cannot fail. */
  void (*stride)(const void *self, heed_stride *stride);

  /* Required. The observation of a belief, obs_space row. */
  void (*decode)(const void *self, const void *belief, void *obs);

  /* Optional. Who chooses the next action: 0 the agent, who wants much reward, 1 its adversary, who wants
   * little. NULL: always the agent. */
  uint32_t (*to_move)(const void *self, const void *belief);

  /* Optional, of discrete actions. Lists those that may be taken, ascending, to actions[count of the
   * action space]; returns how many, at least 1 where the episode goes on. NULL: all of them, always. */
  uint32_t (*legal)(const void *self, const void *belief, uint32_t *actions);

  /* Optional (NULL: the model does not learn). Learns from transitions first .. first+count-1 of
   * `experience`; earlier transitions of the same episode are its context, none is counted twice by the
   * model. Learning one by one equals learning at once where the model says so. Errors: HEED_ERR_NOMEM,
   * HEED_ERR_NUMERIC. Time limits are not learned: a truncated episode says nothing about its end. */
  heed_status (*learn)(void *self, const heed_experience *experience, size_t first, size_t count,
                       const heed_progress_sink *progress, heed_error *err);

  /* Optional, both or none. A belief may be a set of particles, each a way in which the world may be.
   * `sample` draws one: a belief of the model that `particles` returns (borrowed; NULL: this one), which
   * imagines on from it as if there were no other (POMCP: Silver and Veness 2010). */
  const heed_dynamics *(*particles)(const void *self);
  void (*sample)(const void *self, const void *belief, heed_rng *rng, void *particle);

  /* Optional, with hypothesis_size > 0. Draws a hypothesis from the posterior. */
  void (*draw)(const void *self, heed_rng *rng, void *hypothesis);

  /* Optional. Writes the parameters learned as one map; reads them back into a model freshly created
   * with the same parameters and spaces. */
  void (*save)(const void *self, heed_pack_writer *writer);
  heed_status (*load)(void *self, const heed_pack_value *map, heed_error *err);
} heed_dynamics_ops;

/* An untrained model by registry name, over two spaces (copied). `params` as text, NULL for the defaults.
 * Errors: HEED_ERR_ARG, naming what is known, or what the model cannot handle; HEED_ERR_NOMEM. */
HEED_API heed_status heed_dynamics_create(const char *name, const char *params,
                                          const heed_space *obs_space,
                                          const heed_space *action_space, heed_dynamics **out,
                                          heed_error *err);
/* The same from a table that is not in the registry (the exact simulator, a test's model). `params` is
 * a filled parameter struct of ops->params_size bytes, copied; may be NULL when that is 0. */
HEED_API heed_status heed_dynamics_create_ops(const heed_dynamics_ops *ops, const void *params,
                                              const heed_space *obs_space,
                                              const heed_space *action_space, heed_dynamics **out,
                                              heed_error *err);
HEED_API void heed_dynamics_destroy(heed_dynamics *model); /* accepts NULL */

/* The registry: i < heed_dynamics_count(); NULL for an unknown name. */
HEED_API size_t heed_dynamics_count(void);
HEED_API const heed_dynamics_ops *heed_dynamics_at(size_t i);
HEED_API const heed_dynamics_ops *heed_dynamics_find(const char *name);

/* Its operations, its spaces and sizes, every parameter with its value in force ("history=2,..."); borrowed
 * from the model. */
HEED_API const heed_dynamics_ops *heed_dynamics_ops_of(const heed_dynamics *model);
HEED_API const heed_dynamics_spec *heed_dynamics_spec_of(const heed_dynamics *model);
HEED_API const char *heed_dynamics_params_of(const heed_dynamics *model);

/* The operations; contracts as in heed_dynamics_ops. A workspace has heed_dynamics_workspace_size bytes for
 * the rows of the call, NULL where these are 0. */
HEED_API void heed_dynamics_begin(const heed_dynamics *model, const void *obs, void *belief);
HEED_API void heed_dynamics_observe(const heed_dynamics *model, void *belief, heed_action action,
                                    const void *obs);
HEED_API size_t heed_dynamics_workspace_size(const heed_dynamics *model, size_t batch);
HEED_API void heed_dynamics_predict(const heed_dynamics *model, heed_prediction *batch,
                                    size_t count, void *workspace);
/* Models without the operation are asked step by step, one rollout after the other. */
HEED_API void heed_dynamics_rollout(const heed_dynamics *model, heed_rollout *batch, size_t count,
                                    void *workspace);
/* Asserts that the model has the operation. */
HEED_API void heed_dynamics_stride(const heed_dynamics *model, heed_stride *stride);
HEED_API void heed_dynamics_decode(const heed_dynamics *model, const void *belief, void *obs);
HEED_API uint32_t heed_dynamics_to_move(const heed_dynamics *model, const void *belief);
HEED_API uint32_t heed_dynamics_legal(const heed_dynamics *model, const void *belief,
                                      uint32_t *actions);
/* Errors: HEED_ERR_STATE when the model does not learn; HEED_ERR_ARG when the spaces differ; else as the
 * operation. */
HEED_API heed_status heed_dynamics_learn(heed_dynamics *model, const heed_experience *experience,
                                         size_t first, size_t count,
                                         const heed_progress_sink *progress, heed_error *err);
/* The model that imagines on from a particle of a belief, and the draw of one; where beliefs are no sets, the
 * model itself and the belief. */
HEED_API const heed_dynamics *heed_dynamics_particles(const heed_dynamics *model);
HEED_API void heed_dynamics_sample(const heed_dynamics *model, const void *belief, heed_rng *rng,
                                   void *particle);
/* Draws a hypothesis; asserts hypothesis_size > 0. */
HEED_API void heed_dynamics_draw(const heed_dynamics *model, heed_rng *rng, void *hypothesis);

/* The model's private data, for files that belong to it. */
const void *heed__dynamics_self(const heed_dynamics *model);

/* Writes and reads a packed file of kind "dynamics" (docs/formats.md). `card` may be NULL in both; when given
 * to load it receives the file's card. Errors as in pack.h; HEED_ERR_STATE for a model that cannot be
 * saved. */
HEED_API heed_status heed_dynamics_save(const heed_dynamics *model, const heed_card *card,
                                        const char *path, heed_error *err);
HEED_API heed_status heed_dynamics_load(const char *path, heed_dynamics **out, heed_card *card,
                                        heed_error *err);
/* From memory, for fuzzing. */
HEED_API heed_status heed_dynamics_load_memory(const void *bytes, size_t size, heed_dynamics **out,
                                               heed_card *card, heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
