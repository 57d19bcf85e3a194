/* kuhn_poker.c: can the agent take what a perfect opponent has to give?
 *
 * Three cards, jack, queen and king; each player pays one chip and gets one card. The opponent, who plays by
 * a Nash equilibrium, begins: it bets another chip, or passes. The agent answers:
 *
 *     opponent   agent   then
 *     bet        pass    the agent loses 1
 *     bet        bet     the higher card wins 2
 *     pass       pass    the higher card wins 1
 *     pass       bet     the opponent folds, and the agent wins 1, or calls, and the higher card wins 2
 *
 * One step is one hand. Kuhn (1950), A Simplified Two-Person Poker; as a benchmark: Veness et al. (2011), A
 * Monte-Carlo AIXI Approximation. */
#include "envs/pomdp/worlds.h"
#include "envs/small_world.h"

/* Values of the three cells: the agent's card; what the opponent did; how the last hand went. */
enum { JACK, QUEEN, KING, CARD_COUNT };
enum { PASSED = CARD_COUNT, BETS, NONE, LOST_2, LOST_1, WON_1, WON_2, VALUE_COUNT };
enum { MY_CARD, OPPONENT, RESULT, CELL_COUNT };
static const heed_glyph glyphs[VALUE_COUNT] = {
    [JACK] = {'J', {205, 127, 50}, "jack"},
    [QUEEN] = {'Q', {192, 192, 192}, "queen"},
    [KING] = {'K', {255, 215, 0}, "king"},
    [PASSED] = {'p', {150, 200, 150}, "opponent passes"},
    [BETS] = {'b', {220, 120, 120}, "opponent bets"},
    [NONE] = {'.', {90, 90, 90}, "no hand yet"},
    [LOST_2] = {'=', {160, 0, 0}, "lost 2"},
    [LOST_1] = {'-', {200, 80, 80}, "lost 1"},
    [WON_1] = {'+', {80, 200, 80}, "won 1"},
    [WON_2] = {'#', {0, 160, 0}, "won 2"},
};

enum { PASS, BET, ACTION_COUNT };
static const char *const action_names[ACTION_COUNT] = {"pass", "bet"};

typedef struct params {
  double bluff;
  int32_t max_steps;
} params;

static const heed_param param_table[] = {
    SMALL_REAL(bluff, 0, 0.33333333333333333, "0.2", "",
               "probability that the opponent bets on a jack: each up to 1/3 is an equilibrium"),
    SMALL_MAX_STEPS("100"),
};

typedef struct world {
  double bets[CARD_COUNT];  /* probability that the opponent bets on its card */
  double calls[CARD_COUNT]; /* that it calls after passing */
  uint32_t max_steps;
} world;

typedef struct state {
  small_tally tally; /* hidden: the return */
  /* what the world goes on from: */
  uint8_t mine, other; /* cards */
  uint8_t has_bet;     /* the opponent */
  uint8_t result;      /* of the last hand */
  uint8_t padding[4];
} state;

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  (void)err;
  world *w = self;
  const params *p = parsed;
  w->bets[JACK] = p->bluff;
  w->bets[KING] = 3.0 * p->bluff;
  w->calls[QUEEN] = p->bluff + 1.0 / 3.0;
  w->calls[KING] = 1.0;
  w->max_steps = (uint32_t)p->max_steps;
  heed__small_spec_init(spec, heed_space_board(1, CELL_COUNT, VALUE_COUNT), glyphs, action_names,
                        ACTION_COUNT, sizeof(state), offsetof(state, mine), p->max_steps);
  return HEED_OK;
}

/* Deals, and lets the opponent begin. */
static void deal(const world *w, state *s, heed_rng *rng) {
  s->mine = (uint8_t)heed_rng_choice(rng, CARD_COUNT);
  s->other = (uint8_t)((s->mine + 1U + heed_rng_choice(rng, CARD_COUNT - 1)) % CARD_COUNT);
  s->has_bet = heed_rng_chance(rng, w->bets[s->other]);
}

static void reset(const void *self, void *block, heed_rng *rng) {
  state *s = block;
  memset(s, 0, sizeof *s);
  s->result = NONE;
  deal(self, s, rng);
}

static double play(const world *w, const state *s, int32_t action, heed_rng *rng) {
  double higher = s->mine > s->other ? 1.0 : -1.0;
  if (s->has_bet != 0) {
    return action == BET ? 2.0 * higher : -1.0;
  }
  if (action == PASS) {
    return higher;
  }
  return heed_rng_chance(rng, w->calls[s->other]) ? 2.0 * higher : 1.0;
}

static heed_outcome step(const void *self, void *block, heed_action action, heed_rng *rng) {
  const world *w = self;
  state *s = block;
  double reward = play(w, s, action.index, rng);
  s->result = reward < 0.0 ? (reward < -1.5 ? LOST_2 : LOST_1) : (reward > 1.5 ? WON_2 : WON_1);
  deal(w, s, rng);
  s->tally.hidden += reward;
  return small_end(&s->tally, w->max_steps, reward, false);
}

static void observe(const void *self, const void *block, void *obs) {
  (void)self;
  const state *s = block;
  uint8_t *cells = obs;
  cells[MY_CARD] = s->mine;
  cells[OPPONENT] = s->has_bet != 0 ? BETS : PASSED;
  cells[RESULT] = s->result;
}

static heed_appraisal appraise(const void *self, const void *obs, heed_action action,
                               const void *next_obs) {
  (void)self;
  (void)obs;
  (void)action;
  static const double won[VALUE_COUNT] = {
      [LOST_2] = -2.0, [LOST_1] = -1.0, [WON_1] = 1.0, [WON_2] = 2.0};
  return (heed_appraisal){.task = won[((const uint8_t *)next_obs)[RESULT]]};
}

static bool inspect(const void *self, const void *block, const char *name, heed_reading *reading) {
  (void)self;
  const state *s = block;
  const small_fact facts[] = {{"opponent_card", s->other}};
  return heed__small_inspect(&s->tally, facts, 1, name, reading);
}

const heed_env_ops heed__kuhn_poker_ops = {
    .name = "kuhn-poker",
    .summary = "can the agent take what a perfect opponent has to give?",
    .details =
        "Poker with three cards against an opponent who begins and plays a Nash equilibrium:\n"
        "with a jack it bets with probability `bluff`, with a king three times as often, and\n"
        "never with a queen; having passed, it calls with a king, and with a queen in a third of\n"
        "the hands and `bluff`. One step is one hand; the stakes are 1 or 2 chips.\n"
        "\n"
        "Seen are the agent's card, whether the opponent bets, and how the last hand went.\n"
        "Hidden is the opponent's card.\n"
        "\n"
        "Appraisal: the reward as task, read off how the hand went.\n"
        "\n"
        "Optimum: 1/18 a step, whatever `bluff` is; there are several ways to it. Always betting\n"
        "loses.\n"
        "\n"
        "Facts to inspect: opponent_card (0 jack, 1 queen, 2 king), return, hidden, steps.\n"
        "\n"
        "Source: Kuhn (1950), A Simplified Two-Person Poker; Veness et al. (2011), A Monte-Carlo\n"
        "AIXI Approximation.",
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
