/* tiger.c: when does the agent know enough to open a door?
 *
 * Behind one of two doors is a tiger, behind the other gold, each as often. To listen costs 1 and tells the
 * side of the tiger, rightly with probability 0.85. An open door pays 10 for gold and costs 100 for the
 * tiger; then all begins anew. Cassandra, Kaelbling and Littman (1994), Acting Optimally in Partially
 * Observable Stochastic Domains; as a benchmark of agents that plan by simulation: Veness et al. (2011), A
 * Monte-Carlo AIXI Approximation. */
#include "envs/pomdp/worlds.h"
#include "envs/small_world.h"

/* Values of the one cell. */
enum { DOORS, HEARD_LEFT, HEARD_RIGHT, FOUND_TIGER, FOUND_GOLD, VALUE_COUNT };
static const heed_glyph glyphs[VALUE_COUNT] = {
    [DOORS] = {'?', {152, 152, 152}, "two doors"},
    [HEARD_LEFT] = {'<', {246, 225, 178}, "heard left"},
    [HEARD_RIGHT] = {'>', {178, 225, 246}, "heard right"},
    [FOUND_TIGER] = {'T', {220, 90, 30}, "tiger"},
    [FOUND_GOLD] = {'G', {255, 215, 0}, "gold"},
};

enum { LISTEN, OPEN_LEFT, OPEN_RIGHT, ACTION_COUNT };
static const char *const action_names[ACTION_COUNT] = {"listen", "open-left", "open-right"};

#define LISTEN_REWARD (-1.0)
#define GOLD_REWARD   10.0
#define TIGER_REWARD  (-100.0)

typedef struct params {
  double hearing;
  int32_t max_steps;
} params;

static const heed_param param_table[] = {
    SMALL_REAL(hearing, 0, 1, "0.85", "", "probability that what is heard is right"),
    SMALL_MAX_STEPS("100"),
};

typedef struct world {
  double hearing;
  uint32_t max_steps;
} world;

typedef struct state {
  small_tally tally; /* hidden: the return */
  /* what the world goes on from: */
  uint8_t is_left; /* the tiger */
  uint8_t seen;
  uint8_t padding[6];
} state;

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  (void)err;
  world *w = self;
  const params *p = parsed;
  w->hearing = p->hearing;
  w->max_steps = (uint32_t)p->max_steps;
  heed__small_spec_init(spec, heed_space_board(1, 1, VALUE_COUNT), glyphs, action_names,
                        ACTION_COUNT, sizeof(state), offsetof(state, is_left), p->max_steps);
  return HEED_OK;
}

static void reset(const void *self, void *block, heed_rng *rng) {
  (void)self;
  state *s = block;
  memset(s, 0, sizeof *s);
  s->is_left = heed_rng_choice(rng, 2) == 0;
}

static heed_outcome step(const void *self, void *block, heed_action action, heed_rng *rng) {
  const world *w = self;
  state *s = block;
  double reward = LISTEN_REWARD;
  if (action.index == LISTEN) {
    bool is_right = heed_rng_chance(rng, w->hearing);
    s->seen = (s->is_left != 0) == is_right ? HEARD_LEFT : HEARD_RIGHT;
  } else {
    bool is_tiger = (action.index == OPEN_LEFT) == (s->is_left != 0);
    reward = is_tiger ? TIGER_REWARD : GOLD_REWARD;
    s->seen = is_tiger ? FOUND_TIGER : FOUND_GOLD;
    s->is_left = heed_rng_choice(rng, 2) == 0;
  }
  s->tally.hidden += reward;
  return small_end(&s->tally, w->max_steps, reward, false);
}

static void observe(const void *self, const void *block, void *obs) {
  (void)self;
  *(uint8_t *)obs = ((const state *)block)->seen;
}

static heed_appraisal appraise(const void *self, const void *obs, heed_action action,
                               const void *next_obs) {
  (void)self;
  (void)obs;
  uint8_t seen = *(const uint8_t *)next_obs;
  double found = seen == FOUND_TIGER ? TIGER_REWARD : seen == FOUND_GOLD ? GOLD_REWARD : 0.0;
  return (heed_appraisal){.task = action.index == LISTEN ? LISTEN_REWARD : found};
}

static bool inspect(const void *self, const void *block, const char *name, heed_reading *reading) {
  (void)self;
  const state *s = block;
  const small_fact facts[] = {{"tiger_left", s->is_left}};
  return heed__small_inspect(&s->tally, facts, 1, name, reading);
}

const heed_env_ops heed__tiger_ops = {
    .name = "tiger",
    .summary = "when does the agent know enough to open a door?",
    .details =
        "A tiger is behind one of two doors, gold behind the other. Listening costs 1 and tells\n"
        "the side of the tiger, rightly with probability `hearing`. Opening pays 10 for gold and\n"
        "costs 100 for the tiger, and all begins anew.\n"
        "\n"
        "Hidden is the side of the tiger. What an open door showed is seen in the next\n"
        "observation; it tells nothing of the doors that follow.\n"
        "\n"
        "Appraisal: the reward as task, from what was heard and found.\n"
        "\n"
        "Optimum: listen until one side was heard twice more often than the other, then open the\n"
        "other: 1.083789 a step in the long run. Opening at once is worth -45.\n"
        "\n"
        "Facts to inspect: tiger_left, return, hidden, steps.\n"
        "\n"
        "Source: Cassandra, Kaelbling and Littman (1994), Acting Optimally in Partially\n"
        "Observable Stochastic Domains; Veness et al. (2011), A Monte-Carlo AIXI Approximation.",
    .params = param_table,
    .param_count = sizeof param_table / sizeof param_table[0],
    .params_size = sizeof(params),
    .self_size = sizeof(world),
    .create = create,
    .reset = reset,
    .step = step,
    .observe = observe,
    .performance = heed__small_performance,
    .appraise = appraise,
    .inspect = inspect,
};
