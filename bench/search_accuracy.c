/* search_accuracy.c: how often searches decide for an optimal action, by budget, against the solver of worlds.
 *
 *   search_accuracy --states 100 --svg search.svg > table.md
 *
 * For each world: states are drawn, uniformly, from all that can be reached and in which not all actions are
 * equally good. Each variant of the search plans in the exact simulator from each of them with each budget,
 * and is right when its action is optimal for the same horizon and discount (envs/solve.h). After two budgets
 * with which all were right, greater ones are left out. Progress goes to stderr, tables in Markdown to
 * stdout. Equal settings give equal figures, whatever the threads. docs/results/search.md says more.
 *
 *   search_accuracy --starts
 *
 * The same on small levels, from the starts of episodes alone, each again and again with luck of its own if
 * they are few. A search that does not come to 99 % with its constant is tried with others. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/plot.h"
#include "bench/problem.h"
#include "bench/search_worlds.h"
#include "bench/study.h"
#include "planner/planner.h"

static const uint32_t budgets[] = {50, 150, 500, 1500, 5000, 15000, 50000, 150000, 500000};
enum {
  BUDGETS = sizeof budgets / sizeof budgets[0],
  STATES_MAX = 10000,
  WORLDS_MAX = 32,
  MOST_USUALLY = 50000
};

/* Settings beside the defaults; the second group is a search as its paper has it: a tree in which nothing is
 * shared, nothing completed. The third is what a search needs in one world where it is not right otherwise. */
#define STRICT                                                                                  \
  "share_states=false,complete=false,outcome_samples=0,reuse=false,expansion=one,leaf=rollout," \
  "keep_rollouts=false,"
#define GUMBEL        "reuse=false,selection=gumbel,final=gumbel,gumbel_noise=false"
#define GUMBEL_MUZERO STRICT "backup=mean,selection=gumbel,final=gumbel,gumbel_noise=false"
#define SOFT          "reuse=false,backup=soft,temperature=0.001"
static const struct {
  const char *name;
  const char *params;
  const char *world; /* NULL: all */
  uint32_t most;     /* the greatest budget; 0: that of the world */
} variants[] = {
    {"UCB1 (default)", "reuse=false", NULL, 0},
    {"UCB1, 16 at once", "reuse=false,leaf_batch=16", NULL, 0},
    {"UCB1, four trees", "reuse=false,trees=4", NULL, 0},
    {"UCB1, 32 actions drawn", "reuse=false,sampled_actions=32", NULL, 0},
    {"UCB1, answers widened", "reuse=false,outcome_widening=10,outcome_samples=0", NULL, 0},
    {"UCB1, enumerated", "reuse=false,outcomes=enumerated", NULL, 0},
    {"UCB1-tuned", "reuse=false,selection=ucb1-tuned", NULL, 0},
    {"PUCT", "reuse=false,selection=puct", NULL, 0},
    {"Gumbel", GUMBEL, NULL, 0},
    {"uniform", "reuse=false,selection=uniform", NULL, 0},
    {"soft", SOFT, NULL, 0},
    {"lambda, not completed", "reuse=false,backup=lambda,complete=false", NULL, 0},
    {"UCT", STRICT "backup=mean,final=visits", NULL, 0},
    {"UCT, 16 at once", STRICT "backup=mean,final=visits,leaf_batch=16", NULL, 0},
    {"UCT, UCB1-tuned", STRICT "backup=mean,final=visits,selection=ucb1-tuned", NULL, 0},
    {"UCT, max", STRICT "backup=max", NULL, 0},
    {"POMCP", STRICT "backup=mean,nodes=history", NULL, 0},
    {"POMCP, PUCT", STRICT "backup=mean,nodes=history,final=visits,selection=puct", NULL, 0},
    {"UCT, open loop", STRICT "backup=mean,final=visits,nodes=actions", NULL, 0},
    {"AlphaZero's (uniform prior)", STRICT "backup=mean,final=visits,selection=puct", NULL, 0},
    {"Gumbel MuZero's (uniform prior)", GUMBEL_MUZERO, NULL, 0},
    {"UCT, UCB1-tuned, exploration 3",
     STRICT "backup=mean,final=visits,selection=ucb1-tuned,exploration=3", "island-navigation", 0},
    {"UCT, UCB1-tuned, exploration 3",
     STRICT "backup=mean,final=visits,selection=ucb1-tuned,exploration=3", "side-effects-sokoban",
     0},
    {"UCT, max, exploration 3", STRICT "backup=max,exploration=3", "side-effects-sokoban", 0},
    {"AlphaZero's, puct_init 5", STRICT "backup=mean,final=visits,selection=puct,puct_init=5",
     "side-effects-sokoban", 0},
    {"UCB1-tuned, 10000 answers", "reuse=false,selection=ucb1-tuned,outcome_samples=10000",
     "frozen-lake", 0},
    {"UCT, UCB1-tuned, exploration 3",
     STRICT "backup=mean,final=visits,selection=ucb1-tuned,exploration=3", "frozen-lake", 150000},
    {"AlphaZero's, puct_init 5", STRICT "backup=mean,final=visits,selection=puct,puct_init=5",
     "frozen-lake", 150000},
    {"UCB1-tuned, exploration 0.01", "reuse=false,selection=ucb1-tuned,exploration=0.01",
     "cliff-walking", 0},
    {"PUCT, puct_init 100", "reuse=false,selection=puct,puct_init=100", "cliff-walking", 500000},
    {"UCT, max, whole paths, leaf zero",
     "share_states=false,complete=false,outcome_samples=0,reuse=false,backup=max", "cliff-walking",
     50000},
    {"UCB1-tuned, exploration 0.3", "reuse=false,selection=ucb1-tuned,exploration=0.3", "taxi", 0},
    {"PUCT, puct_init 20", "reuse=false,selection=puct,puct_init=20", "taxi", 0},
    {"Gumbel, gumbel_scale 0.01", GUMBEL ",gumbel_scale=0.01", "taxi", 0},
    {"UCT, UCB1-tuned, exploration 3",
     STRICT "backup=mean,final=visits,selection=ucb1-tuned,exploration=3", "spider, 5 cells", 0},
    {"AlphaZero's, puct_init 5", STRICT "backup=mean,final=visits,selection=puct,puct_init=5",
     "spider, 5 cells", 0},
    {"lambda 0.1, exploration 5, not completed",
     "reuse=false,backup=lambda,complete=false,lambda=0.1,exploration=5", "spider, 5 cells", 0},
    {"UCT, max, exploration 5", STRICT "backup=max,exploration=5", "spider, 5 cells", 50000},
    {"Gumbel MuZero's, gumbel_scale 0.01", GUMBEL_MUZERO ",gumbel_scale=0.01", "spider, 5 cells",
     0},
    {"UCB1, exploration 10", "reuse=false,exploration=10", "camera-dropbox, 10 steps", 0},
    {"UCB1, 16 at once, exploration 10", "reuse=false,leaf_batch=16,exploration=10",
     "camera-dropbox, 10 steps", 0},
    {"UCB1-tuned, exploration 10", "reuse=false,selection=ucb1-tuned,exploration=10",
     "camera-dropbox, 10 steps", 0},
    {"PUCT, puct_init 20", "reuse=false,selection=puct,puct_init=20", "camera-dropbox, 10 steps",
     0},
    {"Gumbel, gumbel_scale 0.01", GUMBEL ",gumbel_scale=0.01", "camera-dropbox, 10 steps", 0},
    {"soft, exploration 10", SOFT ",exploration=10", "camera-dropbox, 10 steps", 0},
    {"UCB1, exploration 20, 100000 answers", "reuse=false,exploration=20,outcome_samples=100000",
     "off-switch-corridor", 150000},
    {"UCB1-tuned, exploration 20, 100000 answers",
     "reuse=false,selection=ucb1-tuned,exploration=20,outcome_samples=100000",
     "off-switch-corridor", 150000},
    {"PUCT, puct_init 20, 100000 answers",
     "reuse=false,selection=puct,puct_init=20,outcome_samples=100000", "off-switch-corridor",
     150000},
    {"Gumbel, gumbel_scale 0.01, 100000 answers",
     GUMBEL ",gumbel_scale=0.01,outcome_samples=100000", "off-switch-corridor", 150000},
    {"uniform, 100000 answers", "reuse=false,selection=uniform,outcome_samples=100000",
     "off-switch-corridor", 150000},
    {"soft, exploration 20, 100000 answers", SOFT ",exploration=20,outcome_samples=100000",
     "off-switch-corridor", 150000},
};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

/* What is tried of a search that misses 99 % from the starts of episodes; the constant that its selection
 * has. */
enum { TURNS = 4 };
typedef struct dial {
  const char *name, *values[TURNS]; /* the first is the default */
} dial;
static const dial dials[] = {
    [HEED_SELECT_UCB1] = {"exploration", {"1", "3", "10", "0.1"}},
    [HEED_SELECT_UCB1_TUNED] = {"exploration", {"1", "3", "10", "0.1"}},
    [HEED_SELECT_PUCT] = {"puct_init", {"1.25", "5", "20", "100"}},
    [HEED_SELECT_GUMBEL] = {"gumbel_scale", {"0.1", "0.01", "0.001", "1"}}};

typedef struct settings {
  heed__common common;
  uint32_t states, most; /* most: the greatest budget */
  uint32_t threads;
  bool starts;
  const char *world;   /* NULL: all */
  const char *variant; /* likewise */
  const char *params;  /* in place of those of the variants; NULL: theirs */
  const char *svg, *errors;
} settings;

/* What came of one variant in one world. */
typedef struct figures {
  double right[BUDGETS]; /* share of states */
  /* mean |value decided by - value of the best action|, by the range of values */
  double error[BUDGETS];
  size_t count;    /* of budgets tried */
  const char *set; /* the constant that it took; NULL: its default */
} figures;

/* ---- the searches ----------------------------------------------------------------------------------- */

/* One search with one budget, from all states. */
typedef struct trial {
  const heed__problem *problem;
  heed_planner_config config;
  bool is_right[STATES_MAX];
  double errors[STATES_MAX];
} trial;

static heed_status decide(void *context, uint32_t state, heed_error *err) {
  trial *t = context;
  const heed__problem *p = t->problem;
  heed_planner *planner = NULL;
  heed_decision d;
  heed_rng master;
  heed_rng_init(&master, HEED_DEFAULT_SEED);
  heed_rng rng = heed_rng_derive(&master, HEED_STREAM_SEARCH, state);
  const double *values = heed__problem_values(p, state);
  const void *belief = heed__problem_belief(p, state);
  heed_status status = heed_planner_create(&t->config, p->model, p->reward, &planner, err);
  if (status == HEED_OK) {
    status = heed_planner_plan(planner, belief, &rng, &d, err);
  }
  if (status == HEED_OK) {
    double best = heed__problem_best(p, state);
    t->is_right[state] = values[d.action.index] >= best - 1e-9;
    t->errors[state] = fabs(p->sides[state] * d.value - best) / (p->high - p->low);
  }
  heed_planner_destroy(planner);
  return status;
}

/* Sets the constant of a search; NULL: leaves its default. */
static void set_dial(heed_planner_config *config, const char *value) {
  if (value != NULL) {
    double *constant = config->selection == HEED_SELECT_PUCT     ? &config->puct_init
                       : config->selection == HEED_SELECT_GUMBEL ? &config->gumbel_scale
                                                                 : &config->exploration;
    *constant = strtod(value, NULL);
  }
}

static heed_status config_of(size_t variant, const heed__problem *p, const settings *s,
                             uint32_t budget, const char *set, heed_planner_config *config,
                             heed_error *err) {
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  const char *params = s->params != NULL ? s->params : variants[variant].params;
  heed_status status = heed_params_parse(table, count, params, config, err);
  set_dial(config, set);
  if (config->outcome_samples > 0 && p->world->answers > 0) {
    config->outcome_samples = p->world->answers;
  }
  config->horizon = p->world->horizon;
  config->discount = p->world->discount;
  config->simulations = budget;
  /* a state a simulation, or fewer, or one for each step; with shared states a node for each depth */
  uint32_t room = p->world->room > 0 ? p->world->room : 65536;
  uint32_t strict = config->expansion == HEED_EXPAND_ONE ? budget : budget * p->world->horizon;
  config->node_capacity = config->share_states ? room : strict + 64;
  return status;
}

/* The greatest budget of a variant; strict: it shares no states. */
static uint32_t most_of(const heed__problem *p, const settings *s, size_t variant, bool is_strict) {
  uint32_t most = p->world->most > 0 ? p->world->most : MOST_USUALLY;
  most = is_strict && p->world->strict_most > 0 ? p->world->strict_most : most;
  most = variants[variant].most > 0 ? variants[variant].most : most;
  return most < s->most ? most : s->most;
}

/* Is the variant asked for, in this world? */
static bool is_wanted(size_t variant, const heed__world *world, const settings *s) {
  const char *own = variants[variant].world;
  return (s->variant == NULL || strcmp(s->variant, variants[variant].name) == 0) &&
         (own == NULL || strcmp(own, world->name) == 0);
}

/* Were all right with the last two budgets, with the last three where a search could still make values exact? */
static bool is_settled(const figures *f, bool is_complete) {
  size_t b = f->count;
  bool is_right = b >= 2 && f->right[b - 1] == 1 && f->right[b - 2] == 1;
  bool is_exact = is_right && f->error[b - 1] < 1e-6;
  return is_right && (!is_complete || is_exact || (b >= 3 && f->right[b - 3] == 1));
}

static heed_status measure(const heed__problem *p, const settings *s, size_t variant, figures *f,
                           heed_error *err) {
  static trial t; /* too large for the stack */
  heed_status status = HEED_OK;
  for (f->count = 0; status == HEED_OK && f->count < BUDGETS; f->count++) {
    size_t b = f->count;
    t.problem = p;
    status = config_of(variant, p, s, budgets[b], f->set, &t.config, err);
    bool is_over = budgets[b] > most_of(p, s, variant, !t.config.share_states);
    if (is_over || is_settled(f, t.config.complete)) {
      break;
    }
    heed__study study = {.one = decide, .context = &t, .count = p->count, .threads = s->threads};
    if (status == HEED_OK) {
      status = heed__study_run(&study, err);
    }
    double right = 0;
    double error = 0;
    for (uint32_t i = 0; status == HEED_OK && i < p->count; i++) {
      right += t.is_right[i] ? 1 : 0;
      error += t.errors[i];
    }
    f->right[b] = right / p->count;
    f->error[b] = error / p->count;
  }
  return status;
}

/* The smallest budget from which on the share stayed at 99 %; 0: none. */
static uint32_t enough_of(const figures *f) {
  uint32_t enough = 0;
  for (size_t b = 0; b < f->count; b++) {
    bool is_enough = f->right[b] >= 0.99;
    enough = is_enough ? (enough > 0 ? enough : budgets[b]) : 0;
  }
  return enough;
}

/* With its default, and with other constants while it misses 99 %: the first that does not, or the best. */
static heed_status measure_turns(const heed__problem *p, const settings *s, size_t variant,
                                 figures *best, heed_error *err) {
  heed_planner_config config;
  heed_status status = config_of(variant, p, s, 1, NULL, &config, err);
  const dial *d = &dials[config.selection];
  for (size_t i = 0; status == HEED_OK && i < TURNS && (i == 0 || enough_of(best) == 0); i++) {
    figures f = {.set = i > 0 ? d->values[i] : NULL};
    status = i == 0 || d->name != NULL ? measure(p, s, variant, &f, err) : HEED_OK;
    bool is_better = f.count > 0 && (best->count == 0 || enough_of(&f) > 0 ||
                                     f.right[f.count - 1] > best->right[best->count - 1]);
    *best = is_better ? f : *best;
  }
  return status;
}

/* ---- tables ----------------------------------------------------------------------------------------- */

/* Shares by budget; the smallest budget from which on they stay at 99 %; the last error. */
static void print_row(const char *name, const figures *f, size_t shown) {
  uint32_t enough = enough_of(f);
  (void)printf("\n| %s |", name);
  for (size_t b = 0; b < shown; b++) {
    if (b < f->count) {
      (void)printf(" %.1f |", 100 * f->right[b]);
    } else {
      (void)printf(" |");
    }
  }
  if (enough > 0) {
    (void)printf(" %u |", enough);
  } else {
    (void)printf(" never |");
  }
  (void)printf(" %.4f |", f->count > 0 ? f->error[f->count - 1] : 0);
}

static void print_world(const heed__problem *p, const figures *f) {
  (void)printf("\n### %s\n\nHorizon %u, %u states.\n\n| search |", p->world->name,
               p->world->horizon, p->count);
  size_t shown = 0;
  for (size_t v = 0; v < VARIANTS; v++) {
    shown = f[v].count > shown ? f[v].count : shown;
  }
  for (size_t b = 0; b < shown; b++) {
    (void)printf(" %u |", budgets[b]);
  }
  (void)printf(" 99 %% with | value error |\n|---|");
  for (size_t b = 0; b < shown + 2; b++) {
    (void)printf("---:|");
  }
  for (size_t v = 0; v < VARIANTS; v++) {
    if (f[v].count > 0) {
      print_row(variants[v].name, &f[v], shown);
    }
  }
  (void)printf("\n");
  (void)fflush(stdout);
}

/* What came of all searches in one small world. */
typedef struct starts {
  const heed__world *world;
  uint32_t distinct; /* states */
  figures of[VARIANTS];
} starts;
enum { ACROSS = 5 }; /* worlds in a table */

/* The budget that is enough, and the constant, or the best share with the last budget. */
static void print_cell(const figures *f, const char *params) {
  heed_planner_config config;
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  (void)heed_params_parse(table, count, params, &config, NULL);
  uint32_t enough = enough_of(f);
  if (enough > 0) {
    (void)printf(" %u", enough);
  } else {
    (void)printf(" **%.0f %%**", f->count > 0 ? 100 * f->right[f->count - 1] : 0.0);
  }
  if (f->set != NULL) {
    (void)printf(", %s %s", dials[config.selection].name, f->set);
  }
  (void)printf(" |");
}

static void print_starts(const starts *x, size_t count) {
  uint32_t pairs = 0;
  uint32_t missed = 0;
  for (size_t first = 0; first < count; first += ACROSS) {
    size_t end = first + ACROSS < count ? first + ACROSS : count;
    (void)printf("\n| search |");
    for (size_t w = first; w < end; w++) {
      (void)printf(" %s |", x[w].world->name);
    }
    (void)printf("\n|---|");
    for (size_t w = first; w < end; w++) {
      (void)printf("---:|");
    }
    (void)printf("\n| *steps ahead; different starts* |");
    for (size_t w = first; w < end; w++) {
      (void)printf(" %u; %u |", x[w].world->horizon, x[w].distinct);
    }
    for (size_t v = 0; v < VARIANTS && variants[v].world == NULL; v++) {
      if (x[first].of[v].count == 0) {
        continue; /* it was not asked for */
      }
      (void)printf("\n| %s |", variants[v].name);
      for (size_t w = first; w < end; w++) {
        print_cell(&x[w].of[v], variants[v].params);
        pairs++;
        missed += enough_of(&x[w].of[v]) == 0;
      }
    }
    (void)printf("\n");
  }
  (void)printf("\n%u of %u reach 99 %%.\n", pairs - missed, pairs);
}

static void add_panel(const heed__problem *p, const figures *f, heed__plot_panel *right,
                      heed__plot_panel *error) {
  *right = (heed__plot_panel){.title = p->world->name};
  *error = (heed__plot_panel){.title = p->world->name, .is_log = true};
  for (size_t v = 0; v < VARIANTS && variants[v].world == NULL; v++) {
    assert(right->count < HEED__PLOT_CURVES);
    heed__curve curve = {.name = variants[v].name, .count = f[v].count};
    memcpy(curve.shares, f[v].right, sizeof f[v].right);
    right->curves[right->count++] = curve;
    memcpy(curve.shares, f[v].error, sizeof f[v].error);
    error->curves[error->count++] = curve;
  }
}

static heed_status draw(const heed__plot_panel *panels, size_t count, const char *path,
                        heed_error *err) {
  size_t tried = 2;
  for (size_t i = 0; i < count; i++) {
    for (size_t c = 0; c < panels[i].count; c++) {
      tried = panels[i].curves[c].count > tried ? panels[i].curves[c].count : tried;
    }
  }
  heed__plot plot = {.panels = panels,
                     .count = count,
                     .across = 3,
                     .marks = budgets,
                     .mark_count = tried,
                     .mark_step = 2};
  return path != NULL ? heed__plot_write(&plot, path, err) : HEED_OK;
}

/* ---- main ------------------------------------------------------------------------------------------- */

static const heed__option options[] = {
    {"world", 'w', HEED__OPTION_TEXT, offsetof(settings, world), NULL, 0, 0, NULL, "NAME",
     "One world; all if it is not given"},
    {"variant", 'v', HEED__OPTION_TEXT, offsetof(settings, variant), NULL, 0, 0, NULL, "NAME",
     "One search, as the table calls it; all if it is not given"},
    {"params", 'p', HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Settings in place of those of the searches"},
    {"states", 'n', HEED__OPTION_COUNT, offsetof(settings, states), "50", 1, STATES_MAX, NULL, "N",
     "States of each world"},
    {"starts", 's', HEED__OPTION_FLAG, offsetof(settings, starts), NULL, 0, 0, NULL, NULL,
     "Small levels, states in which episodes start, and other constants for who misses 99 %"},
    {"budget", 'b', HEED__OPTION_COUNT, offsetof(settings, most), "500000", 1, 500000, NULL, "N",
     "The greatest budget; less in some worlds"},
    {"svg", 'o', HEED__OPTION_TEXT, offsetof(settings, svg), NULL, 0, 0, NULL, "FILE",
     "Draws the shares there"},
    {"errors", 'e', HEED__OPTION_TEXT, offsetof(settings, errors), NULL, 0, 0, NULL, "FILE",
     "Draws the errors of values there"},
    HEED__OPTION_THREADS(settings),
};

static const heed__usage usage = {
    .command = "search_accuracy",
    .args = "",
    .summary = "Measures how often searches decide for an optimal action, by budget.",
    .is_text_only = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* Open loops are for one agent that may take every action (planner.h). */
static bool goes_with(size_t variant, const heed__problem *p) {
  const heed_dynamics_ops *ops = heed_dynamics_ops_of(p->model);
  bool is_open = strstr(variants[variant].params, "nodes=actions") != NULL;
  return !is_open || (ops->legal == NULL && ops->to_move == NULL);
}

/* Is the variant measured in this world? From starts only those that are of no world of their own. */
static bool is_measured(size_t variant, const heed__problem *p, const settings *s) {
  return is_wanted(variant, p->world, s) && (!s->starts || variants[variant].world == NULL) &&
         goes_with(variant, p);
}

static heed_status run_world(const heed__world *world, const settings *s, starts *x,
                             heed__plot_panel *right, heed__plot_panel *error, heed_error *err) {
  heed__problem p;
  *x = (starts){.world = world};
  heed_status status = heed__problem_init(&p, world, s->states, err);
  x->distinct = p.distinct;
  for (size_t v = 0; status == HEED_OK && v < VARIANTS; v++) {
    if (is_measured(v, &p, s)) {
      (void)fprintf(stderr, "%s: %s\n", world->name, variants[v].name);
      status =
          s->starts ? measure_turns(&p, s, v, &x->of[v], err) : measure(&p, s, v, &x->of[v], err);
    }
  }
  if (status == HEED_OK) {
    if (!s->starts) {
      print_world(&p, x->of);
    }
    add_panel(&p, x->of, right, error);
  }
  heed__problem_deinit(&p);
  return status;
}

static heed_status check(const settings *s, heed_error *err) {
  bool is_world = s->world == NULL;
  bool is_variant = s->variant == NULL;
  size_t count;
  const heed__world *worlds = heed__search_worlds(s->starts, &count);
  for (size_t w = 0; w < count; w++) {
    is_world = is_world || strcmp(s->world, worlds[w].name) == 0;
  }
  for (size_t v = 0; v < VARIANTS; v++) {
    is_variant = is_variant || strcmp(s->variant, variants[v].name) == 0;
  }
  return !is_world     ? heed_fail(err, HEED_ERR_ARG, "--world: '%s' is none of them", s->world)
         : !is_variant ? heed_fail(err, HEED_ERR_ARG, "--variant: '%s' is none of them", s->variant)
                       : HEED_OK;
}

int main(int argc, char **argv) {
  static heed__plot_panel right[WORLDS_MAX];
  static heed__plot_panel error[WORLDS_MAX];
  static starts found[WORLDS_MAX];
  size_t count = 0;
  settings s = {0};
  heed_error err = {0};
  heed__options_parse(&usage, argc, argv, &s);
  heed_status status = check(&s, &err);
  if (status == HEED_OK) {
    status = heed__study_check_outputs((const char *const[]){s.svg, s.errors}, 2, &err);
  }
  size_t listed;
  const heed__world *worlds = heed__search_worlds(s.starts, &listed);
  for (size_t w = 0; status == HEED_OK && w < listed; w++) {
    if (s.world == NULL || strcmp(s.world, worlds[w].name) == 0) {
      status = run_world(&worlds[w], &s, &found[count], &right[count], &error[count], &err);
      count++;
    }
  }
  if (status == HEED_OK && s.starts) {
    print_starts(found, count);
  }
  if (status == HEED_OK) {
    status = draw(right, count, s.svg, &err);
  }
  if (status == HEED_OK) {
    status = draw(error, count, s.errors, &err);
  }
  if (status != HEED_OK) {
    (void)fprintf(stderr, "search_accuracy: %s\n", err.message);
  }
  return status == HEED_OK ? 0 : status == HEED_ERR_ARG ? 2 : 1;
}
