/* test_self_play.c: searches play games: on every board of tic-tac-toe against its solution, against chance,
 * against weaker ones, and against themselves. */
#include "agent/episode.h"
#include "agent/tournament.h"
#include "envs/solve.h"

/* Every so-manieth board is asked about; all when the program is called with 1. */
static uint32_t stride = 16;

#define STRICT "share_states=false,complete=false,outcome_samples=0,expansion=one,leaf=rollout,"

/* With how many simulations each search of docs/results/search.md decides right on 99 % of all boards. */
static const struct {
  uint32_t simulations;
  const char *params;
} searches[] = {
    {500, "selection=ucb1"},
    {5000, "selection=ucb1-tuned"},
    {1500, "selection=puct"},
    {5000, "selection=gumbel,final=gumbel,gumbel_noise=false"},
    {1500, "selection=uniform"},
    {500, "backup=soft,temperature=0.001"},
    {500, "backup=lambda,complete=false"},
    {500, STRICT "backup=mean,final=visits"},
    {500, STRICT "backup=mean,final=visits,selection=ucb1-tuned"},
    {5000, STRICT "backup=max"},
    {500, STRICT "backup=mean,final=visits,selection=puct"},
    {500, STRICT "backup=mean,selection=gumbel,final=gumbel,gumbel_noise=false"},
};

typedef struct truth {
  heed_mdp mdp;
  heed_solution *solution;
} truth;

static void solve(const heed_env *env, truth *x) {
  heed_error err = {0};
  heed_mdp_config config = heed_mdp_config_default();
  assert_ok(heed_mdp_init(&x->mdp, env, &config, NULL, &err), &err);
  heed_solve_config wanted = heed_solve_config_default(env);
  wanted.horizon = 2 * 9; /* from every board, the rest of a game is less */
  wanted.keep_values = true;
  assert_ok(heed_solution_create(&x->mdp, &wanted, NULL, &x->solution, &err), &err);
}

/* How much an action loses against the best one; *is_choice: not all legal ones are equally good. */
static double loss(const truth *x, const arena *t, int32_t action, bool *is_choice) {
  heed_value value;
  heed_value values[9];
  heed_error err = {0};
  *is_choice = false;
  assert_ok(heed_solution_at(x->solution, t->state, 9, &value, values, &err), &err);
  for (int a = 0; a < 9; a++) {
    *is_choice = *is_choice || (!isnan(values[a].first) && values[a].first != value.first);
  }
  return fabs(value.first - values[action].first);
}

static void searches_decide_right_on_99_of_100_boards_of_tic_tac_toe(void **state) {
  (void)state;
  arena t;
  truth x;
  arena_open(&t, "tic-tac-toe", NULL);
  solve(t.env, &x);
  for (size_t k = 0; k < sizeof searches / sizeof searches[0]; k++) {
    char params[256];
    (void)snprintf(params, sizeof params, "horizon=9,discount=1,reuse=false,simulations=%u,%s",
                   searches[k].simulations, searches[k].params);
    arena_seat(&t, 0, (contestant){params});
    uint32_t boards = 0;
    uint32_t right = 0;
    for (uint32_t id = 0; id < x.mdp.states.count; id += stride) {
      bool is_choice;
      heed_rng rng;
      heed_rng_init(&rng, id);
      heed_mdp_state(&x.mdp, id, t.state);
      heed_planner_reset(t.planners[0]); /* of other boards it shall know nothing */
      heed_action action = arena_action(&t, t.planners[0], &rng);
      bool is_right = loss(&x, &t, action.index, &is_choice) == 0;
      boards += is_choice ? 1 : 0;
      right += is_choice && is_right ? 1 : 0;
    }
    print_message("             %u of %u with %u: %s\n", right, boards, searches[k].simulations,
                  searches[k].params);
    assert_true(boards > 100 && right >= 0.99 * boards);
    heed_planner_destroy(t.planners[0]);
    t.planners[0] = NULL;
  }
  heed_solution_destroy(x.solution);
  heed_mdp_deinit(&x.mdp);
  arena_close(&t);
}

/* ---- games ---------------------------------------------------------------------------------------- */

static void a_search_never_loses_tic_tac_toe_against_chance(void **state) {
  (void)state;
  score s = tournament("tic-tac-toe", NULL, (contestant){"horizon=9,simulations=500,reuse=false"},
                       (contestant){NULL}, 60);
  print_message("             won %u, lost %u of %u\n", s.won, s.lost, s.games);
  assert_int_equal(s.lost, 0);
  assert_true(s.won > 40 && least_chance(s) > 0.75);
}

#define UCT STRICT "backup=mean,final=visits,reuse=false,horizon=42,discount=1,"

static void a_search_beats_chance_at_connect_four(void **state) {
  (void)state;
  score s =
      tournament("connect-four", NULL, (contestant){UCT "simulations=50"}, (contestant){NULL}, 40);
  print_message("             won %u, lost %u of %u\n", s.won, s.lost, s.games);
  assert_true(least_chance(s) > 0.6);
}

static void more_simulations_beat_fewer(void **state) {
  (void)state;
  static const char *const pairs[][2] = {
      {UCT "simulations=400", UCT "simulations=40"},
      {UCT "selection=puct,simulations=400", UCT "selection=puct,simulations=40"},
  };
  for (size_t k = 0; k < sizeof pairs / sizeof pairs[0]; k++) {
    score s = tournament("connect-four", "width=6,height=5", (contestant){pairs[k][0]},
                         (contestant){pairs[k][1]}, 40);
    print_message("             won %u, lost %u of %u\n", s.won, s.lost, s.games);
    assert_true(least_chance(s) > 0.5);
  }
}

/* One agent plays both sides of a game in an ordinary episode. */
static double self_play(const char *name, const char *params, const char *planner, uint64_t seed,
                        uint32_t *steps) {
  arena t;
  heed_agent *agent = NULL;
  heed_error err = {0};
  heed_rng env_rng;
  heed_rng search_rng;
  heed_episode_result result;
  arena_open(&t, name, params);
  heed_planner_config config = config_from(planner);
  heed_rng_init(&env_rng, seed);
  heed_rng_init(&search_rng, seed + 1);
  heed_env_init(t.env, t.state);
  assert_ok(heed_agent_create(&config, t.exact, t.channel, false, &agent, &err), &err);
  assert_ok(heed_run_episode(t.env, t.state, agent, &(heed_episode_config){0}, &env_rng,
                             &search_rng, &result, &err),
            &err);
  assert_true(result.is_terminal);
  assert_near(result.performance, result.reward_sum, 0);
  *steps = result.steps;
  heed_agent_destroy(agent);
  arena_close(&t);
  return result.reward_sum;
}

/* Tic-tac-toe is a draw after nine stones; the first player wins at three in a row on a board of 4 by 4
 * (tests/envs/test_games.c), and at two in a row with its second stone. */
static void perfect_players_get_what_the_game_is_worth(void **state) {
  (void)state;
  uint32_t steps;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    assert_near(self_play("tic-tac-toe", NULL, "horizon=9,simulations=3000", seed, &steps), 0, 0);
    assert_int_equal(steps, 9);
    assert_near(self_play("connect-four", "width=4,height=4,connect=3",
                          "horizon=16,simulations=5000", seed, &steps),
                1, 0);
    assert_near(self_play("connect-four", "connect=2", "horizon=4,simulations=500", seed, &steps),
                1, 0);
    assert_int_equal(steps, 3);
  }
}

/* A model that knows no rules may plan what may not be done: the episode says so. */
static void what_may_not_be_done_ends_an_episode_with_a_reason(void **state) {
  (void)state;
  arena t;
  heed_agent *agent = NULL;
  heed_dynamics *model = NULL;
  heed_error err = {0};
  heed_rng rng;
  heed_episode_result result;
  arena_open(&t, "tic-tac-toe", NULL);
  const heed_env_spec *spec = heed_env_spec_of(t.env);
  heed_rng_init(&rng, 1);
  heed_env_init(t.env, t.state);
  assert_ok(
      heed_dynamics_create("tabular", NULL, &spec->obs_space, &spec->action_space, &model, &err),
      &err);
  heed_planner_config config = config_from("horizon=2,simulations=20");
  assert_ok(heed_agent_create(&config, model, t.channel, false, &agent, &err), &err);
  heed_status status =
      heed_run_episode(t.env, t.state, agent, &(heed_episode_config){0}, &rng, &rng, &result, &err);
  assert_fails(status, HEED_ERR_ARG, &err, "may not be taken here");
  heed_agent_destroy(agent);
  heed_dynamics_destroy(model);
  arena_close(&t);
}

int main(int argc, char **argv) {
  stride = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : stride;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(searches_decide_right_on_99_of_100_boards_of_tic_tac_toe),
      cmocka_unit_test(a_search_never_loses_tic_tac_toe_against_chance),
      cmocka_unit_test(a_search_beats_chance_at_connect_four),
      cmocka_unit_test(more_simulations_beat_fewer),
      cmocka_unit_test(perfect_players_get_what_the_game_is_worth),
      cmocka_unit_test(what_may_not_be_done_ends_an_episode_with_a_reason),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
