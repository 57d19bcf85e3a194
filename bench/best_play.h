/* best_play.h: what best play earns a step in the long run in small worlds that hide what counts, and what each
 * decision gives up of it.
 *
 * What an agent can know of such a world sums up in a few situations: how much more often one side was heard
 * (tiger), whether the opponent is about to repeat rock, one's card and the opponent's bet (Kuhn poker). Over
 * these it is a Markov decision process, whose gain g and bias h solve (Howard 1960; Puterman 1994, chapter 8)
 *
 *     g + h(s) = max_a q(s, a)          q(s, a) = r(s, a) + sum_s' p(s' | s, a) h(s')
 *
 * To decide for a in s gives up g + h(s) - q(s, a), at least 0, and what any way to play earns in the long
 * run is g less the mean of what its decisions give up. That figure is free of the luck of doors and cards,
 * which the mean of the rewards is not: in Kuhn poker a hand deviates by 25 times what it is worth. */
#ifndef HEED_BENCH_BEST_PLAY_H
#define HEED_BENCH_BEST_PLAY_H

#include <stdbool.h>
#include <stdint.h>

enum { BEST_PLAY_SITUATIONS = 25, BEST_PLAY_ACTIONS = 3 };

typedef struct heed__best_play {
  uint32_t situations, actions, start; /* start: the situation before the first observation */
  double reward[BEST_PLAY_SITUATIONS][BEST_PLAY_ACTIONS];                  /* r(s, a) */
  double p[BEST_PLAY_SITUATIONS][BEST_PLAY_ACTIONS][BEST_PLAY_SITUATIONS]; /* of the next */
  double gain;                                                             /* g; error below 1e-9 */
  double bias[BEST_PLAY_SITUATIONS]; /* h; 0 where it starts */

  /* The situation after an action (-1: at the beginning) and what was seen then. */
  uint32_t (*next)(uint32_t situation, int32_t action, const unsigned char *obs);
} heed__best_play;

/* Of a world with its default parameters: tiger, rock-paper-scissors, kuhn-poker. False for others. */
bool heed__best_play_of(const char *world, heed__best_play *play);

/* What is earned in the long run by who plans each step exactly, but so many steps ahead and with discount:
 * no search with that horizon is meant to earn more. */
double heed__best_play_ahead(const heed__best_play *play, uint32_t horizon, double discount);

/* What a decision gives up. */
double heed__best_play_loss(const heed__best_play *play, uint32_t situation, int32_t action);

#endif
