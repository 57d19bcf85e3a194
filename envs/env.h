/* env.h: worlds. An environment is a set of constant rules; all that changes is in a state block.
 *
 *   heed_env *env;  heed_env_create("safe-interruptibility", "level=1", &env, &err);
 *   void *state = malloc(heed_env_spec_of(env)->state_size);
 *   heed_env_init(env, state);                                  once per state block
 *   heed_env_reset(env, state, &rng);                           start of an episode
 *   heed_env_observe(env, state, obs);
 *   heed_outcome outcome = heed_env_step(env, state, action, &rng);
 *
 * State blocks are plain bytes without pointers: copy them with memcpy, compare them, save them. A
 * planner with the exact simulator does nothing else. One environment serves any number of states
 * and threads.
 *
 * The agent sees observations, the reward channel and the end of an episode. `performance` and
 * `inspect` are for the harness that evaluates it; `appraise` is for the person who teaches it. */
#ifndef HEED_ENVS_ENV_H
#define HEED_ENVS_ENV_H

#include "core/params.h"
#include "core/percept.h"
#include "core/rng.h"
#include "envs/map.h"
#include "envs/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a value of a cell is shown to people. */
typedef struct heed_glyph {
  char character;       /* printable ASCII */
  unsigned char rgb[3]; /* red, green, blue */
  const char *name;     /* "interruption tile"; static storage */
} heed_glyph;

/* What an ideal person would say of one step, from what can be seen: how it serves the task and
 * what is to be said of it besides (a switch disabled, a vase broken). In task units; the person's
 * reward is the sum. */
typedef struct heed_appraisal {
  double task;
  double safety;
} heed_appraisal;

/* One named fact about a state that the agent does not see: "should_interrupt", "hidden", ... */
#define HEED_READING_MAX 8
typedef struct heed_reading {
  uint32_t count;                  /* numbers in use; 0: no value (the original's None) */
  double values[HEED_READING_MAX]; /* booleans as 0 and 1, cells as row, col */
} heed_reading;

typedef struct heed_env_spec {
  size_t state_size; /* bytes of a state block: plain data, a multiple of 16 */
  /* Bytes at the start of a state that only keep count: steps, returns, the action last executed.
   * Nothing that is observed, paid or drawn depends on them, but for the time limit. */
  size_t tally_size;
  heed_space obs_space;    /* cells or box; borrowed from the environment */
  heed_space action_space; /* discrete or box: what an agent chooses from */
  uint32_t
      accepted_actions; /* discrete: indices 0 .. accepted-1 are legal in step; >= the space's */
  bool clips_actions;   /* box: step accepts any finite number and clips it to the bounds */
  uint32_t max_steps;   /* time limit of an episode in steps; 0: none */
  double dt_s;          /* simulated seconds per step; 0 where time has no meaning */
  /* cells: [obs_space.value_count]; NULL for a box, and for cells that are no board and whose values
   * are numbers rather than things */
  const heed_glyph *glyphs;
  const char *const *action_names; /* discrete: [accepted_actions]; NULL: shown as numbers */
  /* A value that people are shown as another character in each cell (the arrows of the boat race,
   * which are all one to the agent). */
  const char
      *cell_characters; /* cells: [obs_space.count], for cells that have cell_value; or NULL */
  uint8_t cell_value;
} heed_env_spec;

/* An episode played on at random. */
typedef struct heed_playout {
  uint32_t most;    /* steps; more than 0 */
  int32_t *actions; /* [most] taken */
  double *rewards;  /* [most] */
  unsigned char
      *obs;       /* [most][heed_space_size(obs_space)] after each step; or NULL: none are wanted */
  uint32_t steps; /* that were taken */
  bool is_over;   /* the last of them ended the episode */
} heed_playout;

/* The most actions of a world in which not all are legal everywhere. */
#define HEED_LEGAL_MAX 256

typedef struct heed_env_ops {
  const char *name;    /* registry key, e.g. "safe-interruptibility"; static storage */
  const char *summary; /* one line for `heed envs` */
  const char
      *details; /* paragraphs for `heed envs NAME`: rewards, what is hidden, optimum, source */
  const heed_param *params; /* [param_count] the table of constructor parameters */
  size_t param_count;
  size_t params_size; /* bytes of the struct that the table fills */
  /* Optional. The characters of a map of one's own, in a world with a text parameter `map` that takes
   * one; NULL: it takes none. */
  const heed_map_symbol *map_symbols;
  size_t self_size; /* bytes of private rules; heed_env_create allocates and zeroes them */

  /* Required. Builds the rules from the parsed parameters; fills `self` and `spec`. Errors:
   * HEED_ERR_ARG, HEED_ERR_NOMEM; `self` is then still fit for destroy. */
  heed_status (*create)(void *self, const void *params, heed_env_spec *spec, heed_error *err);

  /* Optional. Releases what create acquired; accepts a zeroed `self`. */
  void (*destroy)(void *self);

  /* Optional. Sets the part of a zeroed state block that outlives episodes (friend-foe). */
  void (*init)(const void *self, void *state);

  /* Required. Writes a start state, all but the part that outlives episodes; all randomness comes
   * from `rng`. */
  void (*reset)(const void *self, void *state, heed_rng *rng);

  /* Required. Advances `state` in place by a legal `action`. Does not allocate, cannot fail.
   * Stepping a state whose episode has ended is the caller's bug, but where `details` says what comes
   * of it. */
  heed_outcome (*step)(const void *self, void *state, heed_action action, heed_rng *rng);

  /* Optional. Whose turn it is: 0 the first player's, 1 that of the other, who wants the return low (a
   * zero-sum game). NULL: always the first's, a world of one. */
  uint32_t (*to_move)(const void *self, const void *state);

  /* Optional, of discrete actions, at most HEED_LEGAL_MAX accepted ones. Lists those that may be taken,
   * ascending, to actions[accepted_actions]; returns how many, at least 1 until the episode ends. NULL: all
   * that are accepted, always. */
  uint32_t (*legal)(const void *self, const void *state, uint32_t *actions);

  /* Optional, and nothing but faster than heed_env_playout without it: the same without observations
   * (playout.h writes it in one line). Of worlds with `legal` whose states have no tally. */
  void (*playout)(const void *self, void *state, heed_playout *playout, heed_rng *rng);

  /* Required. Writes one observation, heed_space_size(obs_space) bytes. */
  void (*observe)(const void *self, const void *state, void *obs);

  /* Optional, where nothing is hidden, or nothing but digits that floats do not show. Writes the state that
   * shows an observation, its tally zeros, in real numbers as near as the floats are; any values inside the
   * space must be handled. */
  void (*recall)(const void *self, const void *obs, void *state);

  /* Required. The episode's hidden score so far: what the designer really wanted. */
  double (*performance)(const void *self, const void *state);

  /* Optional. What an ideal person says of a step, from observations alone, which may be imagined
   * and impossible: any bytes inside the space must be handled. */
  heed_appraisal (*appraise)(const void *self, const void *obs, heed_action action,
                             const void *next_obs);

  /* Optional. Draws an observation, which may be imagined and impossible: any value inside the space
   * must be handled. Starts with heed_picture_clear. NULL: heed_env_depict_default, which does for
   * boards. */
  void (*depict)(const void *self, const void *obs, heed_picture *picture);

  /* Optional. Reads a fact by name; false if there is none of that name. */
  bool (*inspect)(const void *self, const void *state, const char *name, heed_reading *reading);
} heed_env_ops;

typedef struct heed_env heed_env;

/* Builds an environment by registry name with parameters as text (NULL: defaults). Errors:
 * HEED_ERR_ARG, naming what is known; HEED_ERR_NOMEM. */
HEED_API heed_status heed_env_create(const char *name, const char *params, heed_env **out,
                                     heed_error *err);
HEED_API void heed_env_destroy(heed_env *env);

/* The registry: i < heed_env_count(); NULL for an unknown name. */
HEED_API size_t heed_env_count(void);
HEED_API const heed_env_ops *heed_env_at(size_t i);
HEED_API const heed_env_ops *heed_env_find(const char *name);

/* Its operations, its spaces and sizes; borrowed. */
HEED_API const heed_env_ops *heed_env_ops_of(const heed_env *env);
HEED_API const heed_env_spec *heed_env_spec_of(const heed_env *env);
/* Every parameter with its value in force, "level=1,..."; borrowed from the environment. */
HEED_API const char *heed_env_params_of(const heed_env *env);

/* The operations; contracts as in heed_env_ops. step asserts that the action is legal: check
 * actions that come from outside with heed_env_check_step first. */
HEED_API void heed_env_init(const heed_env *env, void *state);
HEED_API void heed_env_reset(const heed_env *env, void *state, heed_rng *rng);
HEED_API heed_outcome heed_env_step(const heed_env *env, void *state, heed_action action,
                                    heed_rng *rng);
HEED_API uint32_t heed_env_to_move(const heed_env *env, const void *state);
/* actions[action_space.count], or NULL to count only. Without heed_env_ops.legal: all of the action space. */
HEED_API uint32_t heed_env_legal(const heed_env *env, const void *state, uint32_t *actions);
/* Plays on at random (Kocsis and Szepesvari 2006): takes actions drawn uniformly from the legal ones, with
 * heed_rng_choice, until the episode is over or `most` were taken. The tally of the state is made zeros after
 * each, so that no time limit is met but in one step. The action space is discrete. */
HEED_API void heed_env_playout(const heed_env *env, void *state, heed_playout *playout,
                               heed_rng *rng);
HEED_API void heed_env_observe(const heed_env *env, const void *state, void *obs);
/* Asserts that there is heed_env_ops.recall. */
HEED_API void heed_env_recall(const heed_env *env, const void *obs, void *state);
/* Writes what people are shown of an observation (cells with glyphs): characters[obs_space.count], row-major,
 * not terminated. */
HEED_API void heed_env_characters(const heed_env *env, const void *obs, char *characters);
/* Draws an observation for people; `picture` is overwritten. */
HEED_API void heed_env_depict(const heed_env *env, const void *obs, heed_picture *picture);
/* The drawing of a world without a `depict` of its own: cells with glyphs as squares of their colours
 * with their letters, all else as numbers. A `depict` may begin with it and draw on top. */
HEED_API void heed_env_depict_default(const heed_env_spec *spec, const void *obs,
                                      heed_picture *picture);
HEED_API double heed_env_performance(const heed_env *env, const void *state);
HEED_API bool heed_env_has_appraisal(const heed_env *env);
/* Asserts heed_env_has_appraisal. */
HEED_API heed_appraisal heed_env_appraise(const heed_env *env, const void *obs, heed_action action,
                                          const void *next_obs);
HEED_API bool heed_env_inspect(const heed_env *env, const void *state, const char *name,
                               heed_reading *reading);

/* For the other files of this folder: the private rules, which ops take first. */
const void *heed__env_self(const heed_env *env);

/* Is `action` one that step accepts in some state? Errors: HEED_ERR_ARG, naming the range. */
HEED_API heed_status heed_env_check_action(const heed_env *env, heed_action action,
                                           heed_error *err);
/* Is it one that step accepts in this state? Errors: HEED_ERR_ARG, naming the action. */
HEED_API heed_status heed_env_check_step(const heed_env *env, const void *state, heed_action action,
                                         heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
