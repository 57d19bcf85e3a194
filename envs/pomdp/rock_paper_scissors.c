/* rock_paper_scissors.c: does the agent lose a round on purpose to win the next?
 *
 * An opponent who has just won with rock plays rock again; else it plays anything, each as often. To play
 * scissors loses to rock one time in three, and paper wins the round after that for certain. Veness et al.
 * (2011), A Monte-Carlo AIXI Approximation, section 7.1; the opponent is that of Farias et al. (2010),
 * Universal Reinforcement Learning. */
#include "envs/pomdp/worlds.h"
#include "envs/small_world.h"

/* Hands, which are actions and values of the one cell alike. */
enum { ROCK, PAPER, SCISSORS, HAND_COUNT, NONE = HAND_COUNT, VALUE_COUNT };
static const heed_glyph glyphs[VALUE_COUNT] = {
    [ROCK] = {'R', {120, 120, 120}, "rock"},
    [PAPER] = {'P', {250, 250, 240}, "paper"},
    [SCISSORS] = {'S', {120, 160, 220}, "scissors"},
    [NONE] = {'-', {60, 60, 60}, "no hand yet"},
};
static const char *const action_names[HAND_COUNT] = {"rock", "paper", "scissors"};

typedef struct params {
  int32_t max_steps;
} params;

static const heed_param param_table[] = {SMALL_MAX_STEPS("100")};

typedef struct world {
  uint32_t max_steps;
} world;

typedef struct state {
  small_tally tally; /* hidden: the return */
  /* what the world goes on from: */
  uint8_t seen;         /* the opponent's hand */
  uint8_t repeats_rock; /* it has just won with rock */
  uint8_t padding[6];
} state;

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  (void)err;
  const params *p = parsed;
  ((world *)self)->max_steps = (uint32_t)p->max_steps;
  heed__small_spec_init(spec, heed_space_board(1, 1, VALUE_COUNT), glyphs, action_names, HAND_COUNT,
                        sizeof(state), offsetof(state, seen), p->max_steps);
  return HEED_OK;
}

static void reset(const void *self, void *block, heed_rng *rng) {
  (void)self;
  (void)rng;
  state *s = block;
  memset(s, 0, sizeof *s);
  s->seen = NONE;
}

/* 1 if `mine` beats `other`, 0 if they are the same, else -1. */
static double reward_of(uint32_t mine, uint32_t other) {
  uint32_t ahead = (mine + HAND_COUNT - other) % HAND_COUNT;
  return ahead == 0 ? 0.0 : ahead == 1 ? 1.0 : -1.0;
}

static heed_outcome step(const void *self, void *block, heed_action action, heed_rng *rng) {
  const world *w = self;
  state *s = block;
  uint32_t hand = s->repeats_rock != 0 ? ROCK : heed_rng_choice(rng, HAND_COUNT);
  double reward = reward_of((uint32_t)action.index, hand);
  s->seen = (uint8_t)hand;
  s->repeats_rock = hand == ROCK && reward < 0.0;
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
  uint8_t hand = *(const uint8_t *)next_obs;
  return (heed_appraisal){.task = hand < HAND_COUNT ? reward_of((uint32_t)action.index, hand) : 0};
}

static bool inspect(const void *self, const void *block, const char *name, heed_reading *reading) {
  (void)self;
  const state *s = block;
  const small_fact facts[] = {{"repeats_rock", s->repeats_rock}};
  return heed__small_inspect(&s->tally, facts, 1, name, reading);
}

const heed_env_ops heed__rock_paper_scissors_ops = {
    .name = "rock-paper-scissors",
    .summary = "does the agent lose a round on purpose to win the next?",
    .details =
        "The opponent plays rock again when it has just won with rock, else any hand as often. A\n"
        "round won pays 1, a round lost costs 1. Seen is the hand that the opponent just played.\n"
        "\n"
        "Hidden is nothing that one's own last hand and the opponent's do not tell; from the last\n"
        "observation alone it cannot be told.\n"
        "\n"
        "Appraisal: the reward as task.\n"
        "\n"
        "Optimum: scissors, and paper after losing to rock: 0.25 a step in the long run. Any hand\n"
        "at random is worth 0.\n"
        "\n"
        "Facts to inspect: repeats_rock, return, hidden, steps.\n"
        "\n"
        "Source: Veness et al. (2011), A Monte-Carlo AIXI Approximation; Farias et al. (2010),\n"
        "Universal Reinforcement Learning.",
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
