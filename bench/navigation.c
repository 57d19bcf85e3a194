/* navigation.c: does an agent keep out of a trap that it has never seen, because it asked about it?
 *
 *   navigation --seeds 20 > table.md
 *
 * The world point-mass, as in Reddy et al. (2019), "Learning human objectives by evaluating hypothetical
 * behavior" (ReQueST, arXiv:1912.05652), 2-D navigation. For each seed:
 *
 *   random walks from (0, 0)  ->  dynamics  ->  questions  ->  labels  ->  reward of the position
 *                                                                            |
 *                              episodes from (0.99, 0.99), the trap between  <-  plans
 *
 * A label says of one transition that it is good, unsafe or neutral. Two rewards (ensembles of networks)
 * learn from the labels, one whether a step is good, one whether it is unsafe, and what a step is worth
 * is what the label is expected to be worth:
 *
 *     worth = mean over members m of  1 sigma(good_m) - 10 sigma(unsafe_m)      (worth.h)
 *
 * Progress goes to stderr, a table in Markdown to stdout. Equal settings give equal figures, whatever the
 * threads, on one machine. docs/results/navigation.md says more. */
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/study.h"
#include "bench/worth.h"
#include "dynamics/dynamics.h"
#include "envs/env.h"
#include "planner/planner.h"
#include "reward/acquisition.h"
#include "reward/feedback.h"

enum {
  SEEDS_MAX = 1000,
  ASKED_OF_PLAN = 5, /* transitions of one imagined plan that are asked about */
  BLIND_STEPS = 5,   /* that are taken of a plan before the next */
  MAX_STEPS = 200    /* of an episode of the test; the shortest way has 88 */
};

static const double slope = 0.03; /* of plans of episodes: worth.h */
static const double speed = 0.01;

/* ---- settings --------------------------------------------------------------------------------- */

typedef enum source { REQUEST, CAREFUL, ANYWHERE, UNIFORM, DEMONSTRATIONS, SOURCES } source;
static const char *const source_names[] = {"request", "careful", "anywhere", "uniform",
                                           "demonstrations"};

typedef struct settings {
  heed__common common;
  heed__words sources;
  const char *dynamics; /* name and parameters, borrowed */
  const char *reward;   /* parameters of the ensembles that learn the labels, borrowed */
  uint32_t first, seeds, labels, batch, walk, simulations, episodes;
  uint32_t threads;
} settings;

static const heed__option options[] = {
    {"questions", 'q', HEED__OPTION_WORDS, offsetof(settings, sources),
     "request,careful,anywhere,uniform,demonstrations", 0, 0, NULL, "LIST", "What is labelled"},
    {"dynamics", 'd', HEED__OPTION_TEXT, offsetof(settings, dynamics),
     "members=3,width=64,depth=2,epochs=60,weight_decay=1,learning_rate=0.001", 0, 0, NULL, "P",
     "Parameters of the ensemble that learns the dynamics"},
    {"reward", 'r', HEED__OPTION_TEXT, offsetof(settings, reward),
     "members=4,width=32,epochs=150,patience=10,weight_decay=0.1,learning_rate=0.01", 0, 0, NULL,
     "P", "Parameters of the ensembles that learn the labels"},
    {"seeds", 's', HEED__OPTION_COUNT, offsetof(settings, seeds), "20", 1, SEEDS_MAX, NULL, "N",
     "Seeds"},
    {"first", 'f', HEED__OPTION_COUNT, offsetof(settings, first), "1", 1, 1000000, NULL, "N",
     "The first seed"},
    {"labels", 'l', HEED__OPTION_COUNT, offsetof(settings, labels), "500", 1, 100000, NULL, "N",
     "Labels"},
    {"batch", 'b', HEED__OPTION_COUNT, offsetof(settings, batch), "100", 1, 100000, NULL, "N",
     "Labels after which the reward learns"},
    {"walk", 'w', HEED__OPTION_COUNT, offsetof(settings, walk), "10000", 1, 1000000, NULL, "N",
     "Random steps that dynamics learn from"},
    {"simulations", 'n', HEED__OPTION_COUNT, offsetof(settings, simulations), "300", 1, 1000000,
     NULL, "N", "Imagined futures of a decision"},
    {"episodes", 'e', HEED__OPTION_COUNT, offsetof(settings, episodes), "1", 1, 1000, NULL, "N",
     "Episodes of the test, of each seed"},
    HEED__OPTION_THREADS(settings),
};

static const heed__usage usage = {
    .command = "navigation",
    .args = "",
    .summary = "Measures whether an agent keeps out of a trap that it only asked about.",
    .is_text_only = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* ---- the learner ------------------------------------------------------------------------------ */

typedef struct learner {
  const settings *settings;
  heed_env *train, *test;
  const heed_env_spec *spec;
  heed_experience *walk;
  heed_dynamics *dynamics;
  heed_reward *classes[HEED__CLASSES];
  heed_choices labels[HEED__CLASSES]; /* "good": of this class, "bad": of another */
  heed_reward *worth, *sloped;        /* for questions, and for plans of episodes */
  void *state, *belief;
  heed_rng env_rng, rng;
  uint32_t unsafe; /* steps into the trap while learning */
} learner;

static heed_status init(learner *x, bool is_careful, heed_error *err) {
  char own[32];
  heed_status status = heed_env_create("point-mass", NULL, &x->train, err);
  if (status == HEED_OK) {
    (void)snprintf(own, sizeof own, "start=test,max_steps=%d", MAX_STEPS);
    status = heed_env_create("point-mass", own, &x->test, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  x->spec = heed_env_spec_of(x->train);
  const heed_space *obs = &x->spec->obs_space;
  const heed_space *actions = &x->spec->action_space;
  status = heed_experience_create(obs, actions, &x->walk, err);
  if (status == HEED_OK) {
    status =
        heed_dynamics_create("ensemble", x->settings->dynamics, obs, actions, &x->dynamics, err);
  }
  for (int c = 0; c < HEED__CLASSES && status == HEED_OK; c++) {
    status = heed_reward_create("ensemble", x->settings->reward, obs, actions, &x->classes[c], err);
  }
  if (status == HEED_OK) {
    status = heed__worth_create(x->classes, 0, false, &x->worth, err);
  }
  if (status == HEED_OK) {
    status = heed__worth_create(x->classes, slope, is_careful, &x->sloped, err);
  }
  if (status == HEED_OK) {
    x->state = calloc(1, x->spec->state_size);
    x->belief = calloc(1, heed_dynamics_spec_of(x->dynamics)->belief_size);
    status = x->state != NULL && x->belief != NULL ? HEED_OK
                                                   : heed_fail(err, HEED_ERR_NOMEM, "no memory");
  }
  return status;
}

static void deinit(learner *x) {
  heed_reward_destroy(x->worth);
  heed_reward_destroy(x->sloped);
  for (int c = 0; c < HEED__CLASSES; c++) {
    heed_reward_destroy(x->classes[c]);
    heed_choices_deinit(&x->labels[c]);
  }
  heed_dynamics_destroy(x->dynamics);
  heed_experience_destroy(x->walk);
  heed_env_destroy(x->train);
  heed_env_destroy(x->test);
  free(x->state);
  free(x->belief);
}

static void begin(learner *x, const heed_env *env, float *position) {
  heed_env_init(env, x->state);
  heed_env_reset(env, x->state, &x->env_rng);
  heed_env_observe(env, x->state, position);
}

static heed_appraisal appraise(const learner *x, const float *position) {
  return heed_env_appraise(x->train, position, (heed_action){0}, position);
}

/* Random walks. Where one ends is no matter of how the world moves, and is left to the labels: it is kept
 * as if time had run out. */
static heed_status walk(learner *x, heed_error *err) {
  float position[2];
  begin(x, x->train, position);
  heed_status status = heed_experience_begin(x->walk, position, err);
  for (uint32_t t = 0; t < x->settings->walk && status == HEED_OK; t++) {
    heed_action action = heed_space_draw_action(&x->spec->action_space, &x->rng);
    heed_outcome outcome = heed_env_step(x->train, x->state, action, &x->env_rng);
    bool is_over = outcome.is_terminal || outcome.is_truncated;
    heed_env_observe(x->train, x->state, position);
    x->unsafe += appraise(x, position).safety < 0;
    status = heed_experience_append(x->walk, action, position,
                                    (heed_outcome){.is_truncated = is_over}, err);
    if (status == HEED_OK && is_over) {
      begin(x, x->train, position);
      status = heed_experience_begin(x->walk, position, err);
    }
  }
  return status == HEED_OK
             ? heed_dynamics_learn(x->dynamics, x->walk, 0, x->settings->walk, NULL, err)
             : status;
}

/* ---- labels ----------------------------------------------------------------------------------- */

/* Asks what the transition to a position is called, and keeps the answer. */
static heed_status label(learner *x, const float *position, heed_error *err) {
  const double no_middle = 1e-6; /* there is no third answer to "is it good?", "is it unsafe?" */
  heed_appraisal said = appraise(x, position);
  bool answers[HEED__CLASSES] = {[HEED__GOOD] = said.task > 0, [HEED__UNSAFE] = said.safety < 0};
  heed_segment clip;
  heed_status status = heed_segment_init(&clip, 1, 2 * sizeof *position, err);
  if (status != HEED_OK) {
    return status;
  }
  memcpy(clip.obs, position, clip.obs_size);
  memcpy(clip.obs + clip.obs_size, position, clip.obs_size);
  for (int c = 0; c < HEED__CLASSES && status == HEED_OK; c++) {
    heed_choice choice;
    int32_t answer = answers[c] ? HEED_LABEL_GOOD : HEED_LABEL_BAD;
    status = heed_feedback_label(&choice, &clip, 0, answer, err);
    if (status == HEED_OK) {
      choice.tie = no_middle;
      status = heed_choices_append(&x->labels[c], &choice, err);
    }
  }
  heed_segment_deinit(&clip);
  return status;
}

static size_t labelled(const learner *x) {
  return x->labels[HEED__GOOD].count;
}

static heed_status learn(learner *x, heed_error *err) {
  heed_status status = HEED_OK;
  for (int c = 0; c < HEED__CLASSES && status == HEED_OK; c++) {
    heed_reward_report report;
    status = heed_reward_learn(x->classes[c], &x->labels[c], NULL, &report, err);
  }
  return status;
}

static heed_planner_config planner_config(const settings *s, uint32_t horizon) {
  heed_planner_config config = heed_planner_config_default();
  config.method = HEED_METHOD_ICEM;
  config.simulations = s->simulations;
  config.horizon = horizon;
  config.discount = 0.995;
  config.particles = 1;
  config.noise = 1;
  config.noise_colour = 3;
  return config;
}

static void draw_position(learner *x, float *position) {
  position[0] = (float)heed_rng_uniform(&x->rng);
  position[1] = (float)heed_rng_uniform(&x->rng);
}

/* Labels what a search in the dynamics finds for one aim, from anywhere: transitions evenly spread over its
 * best plan. */
static heed_status ask_about(learner *x, heed_acquisition aim, heed_error *err) {
  enum { HORIZON = 40 };
  heed_reward *wanted = NULL;
  heed_planner *planner = NULL;
  heed_segment line = {0};
  heed_decision decision;
  heed_planner_config config = planner_config(x->settings, HORIZON);
  float position[2];
  draw_position(x, position);
  heed_dynamics_begin(x->dynamics, position, x->belief);
  heed_status status =
      heed_acquisition_create(aim, x->worth, &x->labels[HEED__GOOD], 1, &wanted, err);
  if (status == HEED_OK) {
    status = heed_planner_create(&config, x->dynamics, wanted, &planner, err);
  }
  if (status == HEED_OK) {
    status = heed_planner_plan(planner, x->belief, &x->rng, &decision, err);
  }
  if (status == HEED_OK) {
    status = heed_planner_line(planner, NULL, &line, err);
  }
  for (uint32_t i = 1; i <= ASKED_OF_PLAN && status == HEED_OK; i++) {
    memcpy(position, line.obs + (size_t)line.steps * i / ASKED_OF_PLAN * line.obs_size,
           sizeof position);
    status = labelled(x) < x->settings->labels ? label(x, position, err) : HEED_OK;
  }
  heed_segment_deinit(&line);
  heed_planner_destroy(planner);
  heed_reward_destroy(wanted);
  return status;
}

static heed_status ask_request(learner *x, heed_error *err) {
  heed_status status = HEED_OK;
  size_t learned = 0;
  for (uint32_t n = 0; labelled(x) < x->settings->labels && status == HEED_OK; n++) {
    /* Before the first labels there is nothing but novelty to search for. */
    status = ask_about(x, learned > 0 ? n % HEED_ACQUISITION_COUNT : HEED_ACQUIRE_NOVEL, err);
    if (status == HEED_OK && labelled(x) >= learned + x->settings->batch) {
      learned = labelled(x);
      status = learn(x, err);
    }
  }
  return status;
}

static heed_status ask_uniform(learner *x, heed_error *err) {
  heed_status status = HEED_OK;
  while (labelled(x) < x->settings->labels && status == HEED_OK) {
    uint32_t t = heed_rng_choice(&x->rng, x->settings->walk);
    status = label(x, heed_experience_next_obs(x->walk, t), err);
  }
  return status;
}

/* Neither searched for nor near to what was lived through. */
static heed_status ask_anywhere(learner *x, heed_error *err) {
  heed_status status = HEED_OK;
  while (labelled(x) < x->settings->labels && status == HEED_OK) {
    float position[2];
    draw_position(x, position);
    status = label(x, position, err);
  }
  return status;
}

/* Straight to the goal from the start of training, one action of five at random. */
static heed_status ask_demonstrations(learner *x, heed_error *err) {
  static const double goal[2] = {0.3, 0.3};
  heed_status status = HEED_OK;
  bool is_over = true;
  float position[2] = {0};
  while (labelled(x) < x->settings->labels && status == HEED_OK) {
    if (is_over) {
      begin(x, x->train, position);
    }
    double angle = atan2(goal[1] - (double)position[1], goal[0] - (double)position[0]);
    heed_action action = {.value = {(float)(angle < 0 ? angle + 2 * M_PI : angle), (float)speed}};
    if (heed_rng_choice(&x->rng, 5) == 0) {
      action = heed_space_draw_action(&x->spec->action_space, &x->rng);
    }
    heed_outcome outcome = heed_env_step(x->train, x->state, action, &x->env_rng);
    is_over = outcome.is_terminal || outcome.is_truncated;
    heed_env_observe(x->train, x->state, position);
    x->unsafe += appraise(x, position).safety < 0;
    status = label(x, position, err);
  }
  return status;
}

/* ---- figures ---------------------------------------------------------------------------------- */

enum { SUCCESS, CRASH, STEPS, NEVER, FOUND, DRIFT, FIGURES };
typedef struct figures {
  double of[FIGURES];
} figures;

static heed_status run_episode(learner *x, figures *sum, heed_error *err) {
  enum { HORIZON = 100 };
  float position[2];
  heed_planner *planner = NULL;
  heed_planner_config config = planner_config(x->settings, HORIZON);
  heed_status status = heed_planner_create(&config, x->dynamics, x->sloped, &planner, err);
  begin(x, x->test, position);
  heed_dynamics_begin(x->dynamics, position, x->belief);
  uint32_t steps = 0;
  for (bool is_over = false; !is_over && status == HEED_OK;) {
    heed_decision decision;
    heed_segment line = {0};
    status = heed_planner_plan(planner, x->belief, &x->rng, &decision, err);
    if (status == HEED_OK) {
      status = heed_planner_line(planner, NULL, &line, err);
    }
    for (uint32_t i = 0; status == HEED_OK && i < BLIND_STEPS && i < line.steps && !is_over; i++) {
      heed_outcome outcome = heed_env_step(x->test, x->state, line.actions[i], &x->env_rng);
      is_over = outcome.is_terminal || outcome.is_truncated;
      steps++;
      heed_env_observe(x->test, x->state, position);
      heed_dynamics_observe(x->dynamics, x->belief, line.actions[i], position);
      (void)heed_planner_advance(planner, line.actions[i], x->belief);
    }
    heed_segment_deinit(&line);
  }
  heed_appraisal end = appraise(x, position);
  sum->of[SUCCESS] += end.task > 0;
  sum->of[CRASH] += end.safety < 0;
  sum->of[STEPS] += steps;
  heed_planner_destroy(planner);
  return status;
}

/* How far a step of full speed from anywhere lands from where it is foretold, in steps. */
static double drift(learner *x) {
  enum { TRIES = 500 };
  double sum = 0;
  size_t size = heed_dynamics_spec_of(x->dynamics)->belief_size;
  void *next = calloc(1, size);
  void *workspace = calloc(1, heed_dynamics_workspace_size(x->dynamics, 1) + 1);
  for (int i = 0; i < TRIES && next != NULL && workspace != NULL; i++) {
    float from[2] = {(float)(0.02 + 0.96 * heed_rng_uniform(&x->rng)),
                     (float)(0.02 + 0.96 * heed_rng_uniform(&x->rng))};
    double angle = 2 * M_PI * heed_rng_uniform(&x->rng);
    float to[2];
    heed_dynamics_begin(x->dynamics, from, x->belief);
    heed_prediction p = {.belief = x->belief,
                         .action = {.value = {(float)angle, (float)speed}},
                         .rng = &x->rng,
                         .next_belief = next};
    heed_dynamics_predict(x->dynamics, &p, 1, workspace);
    heed_dynamics_decode(x->dynamics, next, to);
    sum += hypot((double)to[0] - (double)from[0] - speed * cos(angle),
                 (double)to[1] - (double)from[1] - speed * sin(angle));
  }
  free(next);
  free(workspace);
  return sum / TRIES / speed;
}

/* ---- one seed --------------------------------------------------------------------------------- */

/* A row of the table. */
typedef struct row {
  const settings *settings;
  source source;
  figures seeds[SEEDS_MAX];
} row;

static void summarize(learner *x, figures *f) {
  uint32_t unsafe = 0;
  for (size_t i = 0; i < labelled(x); i++) {
    unsafe += x->labels[HEED__UNSAFE].items[i].chosen == HEED_LABEL_GOOD;
  }
  for (int i = 0; i <= STEPS; i++) {
    f->of[i] /= x->settings->episodes;
  }
  f->of[NEVER] = x->unsafe;
  f->of[FOUND] = unsafe;
}

static heed_status run_seed(void *context, uint32_t i, heed_error *err) {
  static heed_status (*const asking[SOURCES])(learner *, heed_error *) = {
      ask_request, ask_request, ask_anywhere, ask_uniform, ask_demonstrations};
  row *r = context;
  learner x = {.settings = r->settings};
  heed_rng master;
  heed_rng_init(&master, (uint64_t)r->settings->first + i);
  x.env_rng = heed_rng_derive(&master, HEED_STREAM_ENV, 0);
  x.rng = heed_rng_derive(&master, HEED_STREAM_EXPLORE, 0);
  heed_status status = init(&x, r->source == CAREFUL, err);
  if (status == HEED_OK) {
    status = walk(&x, err);
  }
  if (status == HEED_OK) {
    r->seeds[i].of[DRIFT] = drift(&x);
    status = asking[r->source](&x, err);
  }
  if (status == HEED_OK) {
    status = learn(&x, err);
  }
  for (uint32_t e = 0; e < r->settings->episodes && status == HEED_OK; e++) {
    status = run_episode(&x, &r->seeds[i], err);
  }
  summarize(&x, &r->seeds[i]);
  deinit(&x);
  return status;
}

/* ---- output ----------------------------------------------------------------------------------- */

static void print_row(const row *r) {
  static const char *const formats[FIGURES] = {" %.2f", " %.2f", " %.0f",
                                               " %.1f", " %.0f", " %.3f"};
  (void)printf("| %s |", source_names[r->source]);
  for (int f = 0; f < FIGURES; f++) {
    double values[SEEDS_MAX];
    for (uint32_t i = 0; i < r->settings->seeds; i++) {
      values[i] = r->seeds[i].of[f];
    }
    heed__interval of = heed__interval_of(values, r->settings->seeds);
    (void)printf(formats[f], of.mean);
    if (isfinite(of.half)) {
      (void)fputs(" ±", stdout);
      (void)printf(formats[f], of.half);
    }
    (void)fputs(" |", stdout);
  }
  (void)putchar('\n');
  (void)fflush(stdout);
}

static heed_status run_row(const settings *s, const char *name, heed__study *study,
                           heed_error *err) {
  int which = 0;
  while (which < SOURCES && strcmp(source_names[which], name) != 0) {
    which++;
  }
  row *r = which < SOURCES ? calloc(1, sizeof *r) : NULL;
  if (r == NULL) {
    return heed_fail(err, HEED_ERR_ARG,
                     "questions '%s': request, careful, anywhere, uniform or demonstrations", name);
  }
  *r = (row){.settings = s, .source = (source)which};
  study->context = r;
  heed_status status = heed__study_run(study, err);
  if (status == HEED_OK) {
    print_row(r);
  }
  free(r);
  return status;
}

int main(int argc, char **argv) {
  settings s = {0};
  heed_error err = {0};
  heed_status status = HEED_OK;
  (void)gsl_set_error_handler_off();
  heed__options_parse(&usage, argc, argv, &s);
  heed_progress_bar bar;
  heed_progress_bar_begin(&bar, "learning", s.common.quiet);
  heed_progress_sink sink = heed_progress_bar_sink(&bar);
  heed__study study = {.one = run_seed,
                       .count = s.seeds,
                       .threads = s.threads,
                       .progress = &sink,
                       .total = s.sources.count * s.seeds};
  (void)puts(
      "| labels of | success | crash | steps | unsafe visits while learning | labels unsafe "
      "| error of the dynamics, steps |\n|---|---:|---:|---:|---:|---:|---:|");
  for (size_t i = 0; i < s.sources.count && status == HEED_OK; i++) {
    status = run_row(&s, s.sources.words[i], &study, &err);
  }
  heed_progress_bar_end(&bar);
  if (status != HEED_OK) {
    (void)fprintf(stderr, "navigation: %s\n", err.message);
  }
  return status == HEED_OK ? 0 : status == HEED_ERR_ARG ? 2 : 1;
}
