#include "bench/best_play.h"

#include <math.h>
#include <string.h>

/* ---- tiger: Cassandra, Kaelbling and Littman 1994 ------------------------------------------------- */

/* Situation i: left was heard i - MIDDLE times more often than right since a door was opened. */
enum { LISTEN, OPEN_LEFT, OPEN_RIGHT, HEARD_LEFT = 1, HEARD_RIGHT = 2 };
enum { MIDDLE = BEST_PLAY_SITUATIONS / 2, LAST = BEST_PLAY_SITUATIONS - 1 };

static uint32_t tiger_next(uint32_t situation, int32_t action, const unsigned char *obs) {
  if (action != LISTEN) {
    return MIDDLE;
  }
  if (*obs == HEARD_LEFT) {
    return situation < LAST ? situation + 1 : LAST;
  }
  return *obs == HEARD_RIGHT && situation > 0 ? situation - 1 : 0;
}

static void tiger(heed__best_play *play) {
  const double right = 0.85; /* what is heard */
  play->situations = BEST_PLAY_SITUATIONS;
  play->actions = 3;
  play->start = MIDDLE;
  play->next = tiger_next;
  for (uint32_t s = 0; s < play->situations; s++) {
    double left = 1 / (1 + pow((1 - right) / right, (double)s - MIDDLE)); /* Bayes' rule */
    double hears_left = right * left + (1 - right) * (1 - left);
    play->reward[s][LISTEN] = -1;
    play->reward[s][OPEN_LEFT] = -100 * left + 10 * (1 - left);
    play->reward[s][OPEN_RIGHT] = -100 * (1 - left) + 10 * left;
    play->p[s][LISTEN][s < LAST ? s + 1 : LAST] += hears_left;
    play->p[s][LISTEN][s > 0 ? s - 1 : 0] += 1 - hears_left;
    play->p[s][OPEN_LEFT][MIDDLE] = 1;
    play->p[s][OPEN_RIGHT][MIDDLE] = 1;
  }
}

/* ---- rock, paper, scissors: Farias et al. 2010 ---------------------------------------------------- */

enum { ROCK, PAPER, SCISSORS, ANY_HAND = 0, REPEATS_ROCK = 1 };

static uint32_t hands_next(uint32_t situation, int32_t action, const unsigned char *obs) {
  (void)situation;
  return action == SCISSORS && *obs == ROCK ? REPEATS_ROCK : ANY_HAND;
}

static void hands(heed__best_play *play) {
  play->situations = 2;
  play->actions = 3;
  play->start = ANY_HAND;
  play->next = hands_next;
  play->p[ANY_HAND][ROCK][ANY_HAND] = play->p[ANY_HAND][PAPER][ANY_HAND] = 1;
  play->p[ANY_HAND][SCISSORS][ANY_HAND] = 2.0 / 3;
  play->p[ANY_HAND][SCISSORS][REPEATS_ROCK] = 1.0 / 3;
  play->reward[REPEATS_ROCK][PAPER] = 1;
  play->reward[REPEATS_ROCK][SCISSORS] = -1;
  play->p[REPEATS_ROCK][ROCK][ANY_HAND] = play->p[REPEATS_ROCK][PAPER][ANY_HAND] = 1;
  play->p[REPEATS_ROCK][SCISSORS][REPEATS_ROCK] = 1;
}

/* ---- Kuhn poker: Kuhn 1950 ------------------------------------------------------------------------ */

/* Situation 2 card + bet. */
enum { JACK, QUEEN, KING, CARDS, PASS = 0, BET = 1, SHOWS_BET = 4 };

static uint32_t poker_next(uint32_t situation, int32_t action, const unsigned char *obs) {
  (void)situation;
  (void)action;
  return 2U * obs[0] + (obs[1] == SHOWS_BET ? 1 : 0);
}

/* What the agent can expect of a hand against a card. */
static double poker_pays(uint32_t mine, uint32_t other, bool has_bet, int32_t action,
                         const double *calls) {
  double higher = mine > other ? 1 : -1;
  if (has_bet) {
    return action == BET ? 2 * higher : -1;
  }
  return action == PASS ? higher : calls[other] * 2 * higher + (1 - calls[other]);
}

static void poker(heed__best_play *play) {
  const double bluff = 0.2;
  const double bets[CARDS] = {bluff, 0, 3 * bluff};
  const double calls[CARDS] = {0, 1.0 / 3 + bluff, 1};
  double dealt[2 * CARDS] = {0};
  play->situations = 2 * CARDS;
  play->actions = 2;
  play->next = poker_next;
  for (uint32_t mine = 0; mine < CARDS; mine++) {
    for (uint32_t i = 0; i < 2 * CARDS; i++) {
      uint32_t other = i / 2;
      uint32_t bet = i % 2;
      double p = other == mine ? 0 : (bet != 0 ? bets[other] : 1 - bets[other]) / 6;
      dealt[2 * mine + bet] += p;
      for (int32_t a = PASS; a <= BET; a++) {
        play->reward[2 * mine + bet][a] += p * poker_pays(mine, other, bet != 0, a, calls);
      }
    }
  }
  for (uint32_t s = 0; s < play->situations; s++) {
    for (int32_t a = PASS; a <= BET; a++) {
      play->reward[s][a] /= dealt[s];
      memcpy(play->p[s][a], dealt, sizeof dealt);
    }
  }
}

/* ---- gain and bias -------------------------------------------------------------------------------- */

/* q(s, a), given what situations are worth. */
static double value_of(const heed__best_play *play, const double *worth, double discount,
                       uint32_t s, uint32_t a) {
  double next_worth = 0;
  for (uint32_t next = 0; next < play->situations; next++) {
    next_worth += play->p[s][a][next] * worth[next];
  }
  return play->reward[s][a] + discount * next_worth;
}

static uint32_t best_in(const heed__best_play *play, const double *worth, double discount,
                        uint32_t s) {
  uint32_t best = 0;
  for (uint32_t a = 1; a < play->actions; a++) {
    bool is_better =
        value_of(play, worth, discount, s, a) > value_of(play, worth, discount, s, best);
    best = is_better ? a : best;
  }
  return best;
}

/* Relative value iteration (White 1963), halfway in each step, so that a cycle of situations cannot swing.
 * Returns the gain of a policy, or with none of the best one, and writes its bias. */
static double solve(const heed__best_play *play, const uint32_t *policy, double *bias) {
  double gain = 0;
  memset(bias, 0, BEST_PLAY_SITUATIONS * sizeof *bias);
  for (int sweep = 0; sweep < 2000; sweep++) {
    double after[BEST_PLAY_SITUATIONS] = {0};
    for (uint32_t s = 0; s < play->situations; s++) {
      uint32_t a = policy != NULL ? policy[s] : best_in(play, bias, 1, s);
      after[s] = value_of(play, bias, 1, s, a);
    }
    gain = after[play->start] - bias[play->start];
    for (uint32_t s = 0; s < play->situations; s++) {
      bias[s] += 0.5 * (after[s] - bias[s] - gain);
    }
  }
  return gain;
}

double heed__best_play_ahead(const heed__best_play *play, uint32_t horizon, double discount) {
  uint32_t policy[BEST_PLAY_SITUATIONS] = {0};
  double worth[BEST_PLAY_SITUATIONS] = {0};
  double bias[BEST_PLAY_SITUATIONS];
  for (uint32_t h = 0; h < horizon; h++) {
    double before[BEST_PLAY_SITUATIONS];
    memcpy(before, worth, sizeof before);
    for (uint32_t s = 0; s < play->situations; s++) {
      policy[s] = best_in(play, before, discount, s);
      worth[s] = value_of(play, before, discount, s, policy[s]);
    }
  }
  return solve(play, policy, bias);
}

bool heed__best_play_of(const char *world, heed__best_play *play) {
  static const struct {
    const char *name;
    void (*write)(heed__best_play *play);
  } worlds[] = {{"tiger", tiger}, {"rock-paper-scissors", hands}, {"kuhn-poker", poker}};
  memset(play, 0, sizeof *play);
  for (size_t i = 0; i < sizeof worlds / sizeof worlds[0]; i++) {
    if (strcmp(world, worlds[i].name) == 0) {
      worlds[i].write(play);
      play->gain = solve(play, NULL, play->bias);
      return true;
    }
  }
  return false;
}

double heed__best_play_loss(const heed__best_play *play, uint32_t situation, int32_t action) {
  return play->gain + play->bias[situation] -
         value_of(play, play->bias, 1, situation, (uint32_t)action);
}
