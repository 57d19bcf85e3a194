/* bench_reward.c: scoring steps, fitting to people's answers, and judging what to ask. */
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/fixture.h"
#include "reward/query.h"

enum { BATCH = 64, DRAWS = 48 };

/* A reward model and steps to score. */
typedef struct scorer {
  heed_reward *reward;    /* owned, but for the fixture's */
  heed_step steps[BATCH]; /* of the experience, borrowed */
  double mean[BATCH], spread[BATCH];
  bool wants_spread;
  void *workspace; /* owned */
} scorer;

static double score(void *context) {
  scorer *s = context;
  heed_reward_score(s->reward, s->steps, BATCH, NULL, s->mean, s->wants_spread ? s->spread : NULL,
                    s->workspace);
  return BATCH;
}

static void scorer_init(scorer *s, heed_reward *reward, const heed_experience *experience,
                        bool wants_spread) {
  s->reward = reward;
  s->wants_spread = wants_spread;
  s->workspace = heed__must_alloc(1, heed_reward_workspace_size(reward, BATCH) + 1);
  size_t stride = heed_experience_count(experience) / BATCH;
  for (size_t i = 0; i < BATCH; i++) {
    size_t t = i * stride;
    s->steps[i] = (heed_step){
        heed_experience_obs(experience, t), heed_experience_action(experience, t),
        heed_experience_next_obs(experience, t), heed_experience_outcome(experience, t).reward};
  }
}

static heed_reward *make_reward(const fixture *f, const char *name, const char *params) {
  heed_error err = {0};
  const heed_env_spec *spec = heed_env_spec_of(f->env);
  heed_reward *reward;
  heed__must(heed_reward_create(name, params, &spec->obs_space, &spec->action_space, &reward, &err),
             &err);
  return reward;
}

static double fit(void *context) {
  const fixture *f = context;
  heed_error err = {0};
  heed_reward_report report;
  heed__must(heed_reward_learn(f->linear, &f->choices, NULL, &report, &err), &err);
  return 1;
}

/* Returns of two options under draws from a posterior: any numbers do. */
static double judge(void *context) {
  static const heed_query_form form = {.kind = HEED_COMPARISON, .options = 2, .beta = 0.2};
  const double *returns = context;
  double likelihood[2 * DRAWS];
  heed_query_likelihood(&form, returns, DRAWS, likelihood);
  volatile double nats = heed_query_information(likelihood, DRAWS, 2);
  (void)nats;
  return 1;
}

int main(int argc, char **argv) {
  fixture f;
  heed__fixture_init(&f);
  heed_reward *channel = make_reward(&f, "channel", NULL);
  heed_reward *formula = make_reward(&f, "formula", "formula={50*change[4,3] - one}");
  scorer scorers[4];
  scorer_init(&scorers[0], channel, f.experience, false);
  scorer_init(&scorers[1], formula, f.experience, false);
  scorer_init(&scorers[2], f.linear, f.experience, false);
  scorer_init(&scorers[3], f.linear, f.experience, true);

  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  double returns[2 * DRAWS];
  for (int i = 0; i < 2 * DRAWS; i++) {
    returns[i] = 100 * heed_rng_uniform(&rng);
  }

  const heed_bench_case scoring[] = {
      {"channel", "steps", score, NULL, &scorers[0], false},
      {"formula", "steps", score, NULL, &scorers[1], false},
      {"linear", "steps", score, NULL, &scorers[2], false},
      {"linear, with spread", "steps", score, NULL, &scorers[3], false},
  };
  const heed_bench_case fitting[] = {{"linear", "fits", fit, NULL, &f, false}};
  const heed_bench_case asking[] = {
      {"a pair under 48 draws", "pairs", judge, NULL, returns, false}};
  const heed_bench_group groups[] = {
      {.title = "rewards: scoring in batches of 64",
       .cases = scoring,
       .count = sizeof scoring / sizeof scoring[0]},
      {.title = "rewards: fitting 60 comparisons", .cases = fitting, .count = 1},
      {.title = "questions: what an answer would tell", .cases = asking, .count = 1},
  };
  int status = heed_bench_main(argc, argv, groups, sizeof groups / sizeof groups[0]);
  for (size_t i = 0; i < sizeof scorers / sizeof scorers[0]; i++) {
    free(scorers[i].workspace);
  }
  heed_reward_destroy(formula);
  heed_reward_destroy(channel);
  heed__fixture_deinit(&f);
  return status;
}
