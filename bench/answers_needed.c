/* answers_needed.c: how many answers an agent needs until it does what people want.
 *
 *   answers_needed --questions information,uniform --seeds 20 --log answers.log > questions.md
 *
 * For each world, way of asking, simulated person and seed: people are asked, and after 1, 2, 3, 5, ... answers
 * the agent plans with the mean of what it has learned. The figure is the first of two successive marks at
 * which its hidden performance is at least 95 % of the best. What was run stands in the log, line by line,
 * and is not run again: the program can be stopped and gone on with, world by world. Equal settings give
 * equal figures, whatever the threads. docs/results/questions.md says more. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/asking.h"
#include "bench/plot.h"
#include "bench/study.h"

enum { SEEDS_MAX = 100, WAYS_MAX = 12 };

/* ---- settings --------------------------------------------------------------------------------- */

typedef struct settings {
  heed__common common;
  heed__words worlds, questions, people;
  const char *dynamics, *reward; /* exact or a model's name; parameters of the reward */
  uint32_t seeds, most;
  uint32_t threads;
  const char *log, *svg; /* NULL: none */
} settings;

static const heed__option options[] = {
    {"worlds", 'w', HEED__OPTION_WORDS, offsetof(settings, worlds), NULL, 0, 0, NULL, "LIST",
     "Worlds, comma between; all eleven if it is not given"},
    {"questions", 'q', HEED__OPTION_WORDS, offsetof(settings, questions),
     "decision,information,disagreement,entropy,request,uniform", 0, 0, NULL, "LIST",
     "Ways of asking; the first is for all people"},
    {"people", 'p', HEED__OPTION_WORDS, offsetof(settings, people), "oracle", 0, 0, NULL, "LIST",
     "Simulated people; the first answers all questions"},
    {"dynamics", 'd', HEED__OPTION_TEXT, offsetof(settings, dynamics), "exact", 0, 0, NULL, "NAME",
     "exact, or a model that learns first"},
    {"reward", 'r', HEED__OPTION_TEXT, offsetof(settings, reward), "place_scale=1,moments=true", 0,
     0, NULL, "P", "Parameters of the reward"},
    {"seeds", 's', HEED__OPTION_COUNT, offsetof(settings, seeds), "20", 1, SEEDS_MAX, NULL, "N",
     "Seeds 1 to N"},
    {"answers", 'n', HEED__OPTION_COUNT, offsetof(settings, most), "150", 1, 150, NULL, "N",
     "The last mark"},
    {"log", 'l', HEED__OPTION_TEXT, offsetof(settings, log), NULL, 0, 0, NULL, "FILE",
     "Figures are added there, and those that it has are not run again"},
    {"svg", 'o', HEED__OPTION_TEXT, offsetof(settings, svg), NULL, 0, 0, NULL, "FILE",
     "Draws the shares of seeds there"},
    HEED__OPTION_THREADS(settings),
};

static const heed__usage usage = {
    .command = "answers_needed",
    .args = "",
    .summary = "Measures how many answers an agent needs until it does what people want.",
    .is_text_only = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* ---- a row ------------------------------------------------------------------------------------ */

typedef struct row {
  const settings *settings;
  heed__asking_place place;
  heed__asking_way ways[WAYS_MAX];
  size_t way_count;
  heed__asking_figure figures[WAYS_MAX][SEEDS_MAX];
  FILE *log; /* borrowed; NULL: none */
} row;

/* ---- the log ---------------------------------------------------------------------------------- */

static void write_line(const row *p, size_t w, uint32_t seed) {
  const heed__asking_figure *f = &p->figures[w][seed];
  if (p->log != NULL) {
    (void)fprintf(p->log, "%s %s %s %s %u %u %d\n", p->place.world->name, p->settings->dynamics,
                  p->ways[w].questions, p->ways[w].person, seed + 1, f->answers, f->has_reached);
    (void)fflush(p->log);
  }
}

/* Takes over what the log has of this place. */
static void read_log(row *p) {
  char world_name[48];
  char dynamics[48];
  char questions[48];
  char person[48];
  unsigned seed;
  unsigned answers;
  int has_reached;
  FILE *log = p->settings->log != NULL ? fopen(p->settings->log, "r") : NULL;
  /* NOLINTNEXTLINE(cert-err34-c): these lines were written here, numbers that fit */
  while (log != NULL && fscanf(log, "%47s %47s %47s %47s %u %u %d", world_name, dynamics, questions,
                               person, &seed, &answers, &has_reached) == 7) {
    for (size_t w = 0; w < p->way_count; w++) {
      if (strcmp(world_name, p->place.world->name) == 0 &&
          strcmp(dynamics, p->settings->dynamics) == 0 &&
          strcmp(questions, p->ways[w].questions) == 0 && strcmp(person, p->ways[w].person) == 0 &&
          seed >= 1 && seed <= SEEDS_MAX) {
        p->figures[w][seed - 1] = (heed__asking_figure){true, answers, has_reached != 0};
      }
    }
  }
  if (log != NULL) {
    (void)fclose(log);
  }
}

/* ---- running ----------------------------------------------------------------------------------- */

static heed_status run_index(void *context, uint32_t i, heed_error *err) {
  row *p = context;
  size_t w = i % p->way_count; /* seed by seed, so that a run that was stopped has whole seeds */
  uint32_t seed = i / (uint32_t)p->way_count;
  if (p->figures[w][seed].is_known) {
    return HEED_OK;
  }
  heed_status status =
      heed__asking_run(&p->place, &p->ways[w], seed + 1, &p->figures[w][seed], err);
  if (status == HEED_OK) {
#pragma omp critical(heed_log)
    write_line(p, w, seed);
  }
  return status;
}

static heed__asking_way make_way(const settings *s, const char *questions, const char *person) {
  return (heed__asking_way){.questions = questions,
                            .person = person,
                            .dynamics = s->dynamics,
                            .reward = s->reward,
                            .most = s->most};
}

/* All ways of asking with the first person, then all others with the first way. */
static heed_status list_ways(row *p, heed_error *err) {
  const settings *s = p->settings;
  if (s->questions.count + s->people.count > WAYS_MAX + 1 || s->questions.count == 0 ||
      s->people.count == 0) {
    return heed_fail(err, HEED_ERR_ARG, "1 to %d questions and people expected", WAYS_MAX);
  }
  for (size_t q = 0; q < s->questions.count; q++) {
    p->ways[p->way_count++] = make_way(s, s->questions.words[q], s->people.words[0]);
  }
  for (size_t k = 1; k < s->people.count; k++) {
    p->ways[p->way_count++] = make_way(s, s->questions.words[0], s->people.words[k]);
  }
  return HEED_OK;
}

/* ---- tables ----------------------------------------------------------------------------------- */

static void print_mean(const row *p, size_t w) {
  double values[SEEDS_MAX];
  uint32_t never = 0;
  for (uint32_t i = 0; i < p->settings->seeds; i++) {
    values[i] = p->figures[w][i].answers;
    never += !p->figures[w][i].has_reached;
  }
  heed__interval mean = heed__interval_of(values, p->settings->seeds);
  (void)printf(" %.1f", mean.mean);
  if (isfinite(mean.half)) {
    (void)printf(" ± %.1f", mean.half);
  }
  if (never > 0) {
    (void)printf(", %u never", never);
  }
  (void)printf(" |");
}

/* Is way w no worse than way u? Two one-sided tests at 5 % of the paired difference against a margin of
 * `margin` answers (Schuirmann 1987). */
static const char *compare(const row *p, size_t w, size_t u, double margin) {
  double differences[SEEDS_MAX];
  uint32_t n = p->settings->seeds;
  for (uint32_t i = 0; i < n; i++) {
    differences[i] = (double)p->figures[w][i].answers - (double)p->figures[u][i].answers;
  }
  heed__interval d = heed__interval_of(differences, n);
  double reach =
      n > 1 ? gsl_cdf_tdist_Pinv(0.95, n - 1.0) / gsl_cdf_tdist_Pinv(0.975, n - 1.0) * d.half
            : HUGE_VAL;
  double low = d.mean - reach;
  double high = d.mean + reach;
  return high < 0                         ? "better"
         : low > -margin && high < margin ? "equivalent"
         : high < margin                  ? "not worse"
         : low > 0                        ? "worse"
                                          : "open";
}

static void print_header(const settings *s) {
  (void)printf("| world | best | ideal |");
  for (size_t q = 0; q < s->questions.count; q++) {
    (void)printf(" %s |", s->questions.words[q]);
  }
  for (size_t k = 1; k < s->people.count; k++) {
    (void)printf(" %s, %s |", s->questions.words[0], s->people.words[k]);
  }
  (void)printf("\n|---|---:|---:|");
  for (size_t c = 0; c + 1 < s->questions.count + s->people.count; c++) {
    (void)printf("---:|");
  }
  (void)printf("\n");
}

/* What TOST says of each way against the last of the ways of asking. */
static void print_verdicts(const row *p, double margin) {
  size_t last = p->settings->questions.count - 1;
  (void)printf("| %s |", p->place.world->name);
  for (size_t w = 0; w < last; w++) {
    (void)printf(" %s |", compare(p, w, last, margin));
  }
  (void)printf("\n");
}

static void print_row(const row *p) {
  (void)printf("| %s | %.4g | %.4g |", p->place.world->name, p->place.best, p->place.ideal_planner);
  for (size_t w = 0; w < p->way_count; w++) {
    print_mean(p, w);
  }
  (void)printf("\n");
  (void)fflush(stdout);
}

/* The share of seeds that had reached it, by answers. */
static void add_panel(const row *p, heed__plot_panel *panel) {
  *panel = (heed__plot_panel){.title = p->place.world->name, .count = p->way_count};
  for (size_t w = 0; w < p->way_count; w++) {
    heed__curve *curve = &panel->curves[w];
    curve->name = w < p->settings->questions.count ? p->ways[w].questions : p->ways[w].person;
    for (curve->count = 0; curve->count < HEED__MARKS; curve->count++) {
      uint32_t reached = 0;
      for (uint32_t i = 0; i < p->settings->seeds; i++) {
        const heed__asking_figure *f = &p->figures[w][i];
        reached += f->has_reached && f->answers <= heed__marks[curve->count];
      }
      curve->shares[curve->count] = (double)reached / p->settings->seeds;
    }
  }
}

/* ---- main ------------------------------------------------------------------------------------- */

static bool is_chosen(const settings *s, const char *name) {
  for (size_t i = 0; i < s->worlds.count; i++) {
    if (strcmp(s->worlds.words[i], name) == 0) {
      return true;
    }
  }
  return s->worlds.count == 0;
}

static heed_status check(const settings *s, heed_error *err) {
  for (size_t i = 0; i < s->worlds.count; i++) {
    bool is_known = false;
    for (size_t w = 0; w < HEED__ASKING_WORLDS; w++) {
      is_known = is_known || strcmp(s->worlds.words[i], heed__asking_worlds[w].name) == 0;
    }
    if (!is_known) {
      return heed_fail(err, HEED_ERR_ARG, "--worlds: '%s' is none of them", s->worlds.words[i]);
    }
  }
  return HEED_OK;
}

static heed_status run_worlds(const settings *s, row *rows, size_t *count, FILE *log,
                              heed_error *err) {
  heed_progress_bar bar;
  heed_progress_bar_begin(&bar, "asking", s->common.quiet);
  heed_progress_sink sink = heed_progress_bar_sink(&bar);
  heed_status status = HEED_OK;
  for (size_t i = 0; i < HEED__ASKING_WORLDS && status == HEED_OK; i++) {
    if (!is_chosen(s, heed__asking_worlds[i].name)) {
      continue;
    }
    row *p = &rows[(*count)++];
    *p = (row){.settings = s, .log = log};
    status = list_ways(p, err);
    if (status == HEED_OK) {
      status = heed__asking_place_init(&p->place, &heed__asking_worlds[i], err);
      read_log(p);
    }
    if (status == HEED_OK) {
      heed__study study = {.one = run_index,
                           .context = p,
                           .count = (uint32_t)p->way_count * s->seeds,
                           .threads = s->threads,
                           .progress = &sink,
                           .total = p->way_count * s->seeds};
      status = heed__study_run(&study, err);
    }
    if (status == HEED_OK) {
      print_row(p);
    }
  }
  heed_progress_bar_end(&bar);
  return status;
}

static void print_comparison(const settings *s, const row *rows, size_t count) {
  static const double margin = 5;
  size_t last = s->questions.count - 1;
  if (last == 0 || s->seeds < 2) {
    return;
  }
  (void)printf("\nAgainst %s, with a margin of %g answers:\n\n| world |", s->questions.words[last],
               margin);
  for (size_t w = 0; w < last; w++) {
    (void)printf(" %s |", s->questions.words[w]);
  }
  (void)printf("\n|---|");
  for (size_t w = 0; w < last; w++) {
    (void)printf("---|");
  }
  (void)printf("\n");
  for (size_t i = 0; i < count; i++) {
    print_verdicts(&rows[i], margin);
  }
}

static heed_status draw(const settings *s, const row *rows, size_t count, heed_error *err) {
  static heed__plot_panel panels[HEED__ASKING_WORLDS];
  for (size_t i = 0; i < count; i++) {
    add_panel(&rows[i], &panels[i]);
  }
  heed__plot plot = {.panels = panels,
                     .count = count,
                     .across = 3,
                     .marks = heed__marks,
                     .mark_count = HEED__MARKS,
                     .mark_step = 3};
  return heed__plot_write(&plot, s->svg, err);
}

int main(int argc, char **argv) {
  static row rows[HEED__ASKING_WORLDS];
  size_t count = 0;
  settings s = {0};
  heed_error err = {0};
  (void)gsl_set_error_handler_off();
  heed__options_parse(&usage, argc, argv, &s);
  FILE *log = s.log != NULL ? fopen(s.log, "a") : NULL;
  heed_status status = check(&s, &err);
  if (status == HEED_OK) {
    status = heed__study_check_outputs(&s.svg, 1, &err);
  }
  if (status == HEED_OK && s.log != NULL && log == NULL) {
    status = heed_fail(&err, HEED_ERR_IO, "'%s' cannot be written", s.log);
  }
  if (status == HEED_OK) {
    print_header(&s);
    status = run_worlds(&s, rows, &count, log, &err);
  }
  if (status == HEED_OK) {
    print_comparison(&s, rows, count);
  }
  if (status == HEED_OK && s.svg != NULL) {
    status = draw(&s, rows, count, &err);
  }
  for (size_t i = 0; i < count; i++) {
    heed__asking_place_deinit(&rows[i].place);
  }
  if (log != NULL) {
    (void)fclose(log);
  }
  if (status != HEED_OK) {
    (void)fprintf(stderr, "answers_needed: %s\n", err.message);
  }
  return status == HEED_OK ? 0 : status == HEED_ERR_ARG ? 2 : 1;
}
