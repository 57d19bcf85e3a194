#include "bench/bench.h"

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/options.h"
#include "core/api.h"

typedef struct settings {
  heed__common common;
  uint32_t runs;    /* measured per case */
  uint32_t time_ms; /* that a run takes at least */
} settings;

/* What was measured of one case: units per second, or a figure. */
typedef struct result {
  double median;
  double min;
  double max;
  double ratio; /* median to the median of the baseline */
} result;

/* A case while its group is measured. */
typedef struct job {
  const heed_bench_case *what;
  uint64_t calls; /* that make one run */
  double *rates;  /* owned, [runs] */
} job;

static double now_s(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* One run: `calls` calls from the saved state. Returns seconds; units per second go to `rate`. */
static double measure(const heed_bench_case *what, uint64_t calls, double *rate) {
  if (what->reset != NULL) {
    what->reset(what->context);
  }
  double units = 0;
  double start_s = now_s();
  for (uint64_t i = 0; i < calls; i++) {
    units += what->run(what->context);
  }
  double time_s = fmax(now_s() - start_s, 1e-9); /* a tick of the clock at least */
  *rate = units / time_s;
  return time_s;
}

/* Warms up, and finds how many calls fill a run. */
static uint64_t calibrate(const heed_bench_case *what, double run_s) {
  double rate;
  uint64_t calls = 1;
  while (measure(what, calls, &rate) < run_s && calls < UINT64_MAX / 2) {
    calls *= 2;
  }
  return calls;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Median, least and most of rates[runs], which are sorted. */
static result summarize(double *rates, size_t runs) {
  qsort(rates, runs, sizeof *rates, compare_doubles);
  return (result){.median = 0.5 * (rates[(runs - 1) / 2] + rates[runs / 2]),
                  .min = rates[0],
                  .max = rates[runs - 1]};
}

/* Measures the jobs of a group in turns and writes results[count]. */
static void measure_jobs(job *jobs, size_t count, const settings *set, result *results) {
  for (size_t i = 0; i < count; i++) {
    jobs[i].calls = jobs[i].what->is_figure ? 1 : calibrate(jobs[i].what, set->time_ms * 1e-3);
  }
  for (uint32_t run = 0; run < set->runs; run++) {
    for (size_t i = 0; i < count; i++) {
      const heed_bench_case *what = jobs[i].what;
      if (!what->is_figure) {
        (void)measure(what, jobs[i].calls, &jobs[i].rates[run]);
      } else {
        jobs[i].rates[run] = run == 0 ? what->run(what->context) : jobs[i].rates[0];
      }
    }
  }
  for (size_t i = 0; i < count; i++) {
    results[i] = summarize(jobs[i].rates, set->runs);
    results[i].ratio = results[i].median / results[0].median;
  }
}

/* Measures a group; false when memory runs out. */
static bool measure_group(const heed_bench_group *group, const settings *set, result *results) {
  size_t runs = set->runs;
  job *jobs = calloc(group->count, sizeof *jobs);
  double *rates = calloc(group->count * runs, sizeof *rates);
  bool ok = jobs != NULL && rates != NULL;
  if (ok) {
    for (size_t i = 0; i < group->count; i++) {
      jobs[i] = (job){.what = &group->cases[i], .rates = rates + i * runs};
    }
    measure_jobs(jobs, group->count, set, results);
  }
  free(rates);
  free(jobs);
  return ok;
}

/* The prefix that leaves one to three digits before the point, and what it stands for. */
static double scale_of(double value, const char **prefix) {
  static const char *const prefixes[] = {"", "k", "M", "G", "T"};
  size_t i = 0;
  double scale = 1;
  while (fabs(value) >= 1000 * scale && i + 1 < sizeof prefixes / sizeof *prefixes) {
    scale *= 1000;
    i++;
  }
  *prefix = prefixes[i];
  return scale;
}

static void print_text(const heed_bench_group *group, const result *results) {
  printf("%-36s %9s  %9s -- max\n", group->title, "median", "min");
  for (size_t i = 0; i < group->count; i++) {
    const heed_bench_case *what = &group->cases[i];
    const result *r = &results[i];
    const char *prefix = "";
    double scale = scale_of(r->median, &prefix);
    char unit[64];
    (void)snprintf(unit, sizeof unit, "%s%s%s%s", prefix, *prefix == '\0' ? "" : " ", what->unit,
                   what->is_figure ? "" : "/s");
    printf("  %-34s %9.2f  %9.2f -- %-9.2f %-14s", what->name, r->median / scale, r->min / scale,
           r->max / scale, unit);
    /* Bytes are no multiple of steps a second. */
    if (what->is_figure == group->cases[0].is_figure) {
      printf(" %7.3g", r->ratio);
    }
    printf("\n");
  }
  printf("\n");
  (void)fflush(stdout);
}

static json_t *to_json(const heed_bench_group *group, const result *results) {
  json_t *cases = json_array();
  for (size_t i = 0; i < group->count; i++) {
    const heed_bench_case *what = &group->cases[i];
    const result *r = &results[i];
    (void)json_array_append_new(
        cases, json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:f}", "name", what->name, "unit",
                         what->unit, "kind", what->is_figure ? "figure" : "rate", "median",
                         r->median, "min", r->min, "max", r->max, "ratio", r->ratio));
  }
  return json_pack("{s:s, s:o}", "title", group->title, "cases", cases);
}

/* Prints a group, or appends it to `list`. */
static void report(const heed_bench_group *group, const result *results, json_t *list) {
  if (list != NULL) {
    (void)json_array_append_new(list, to_json(group, results));
  } else {
    print_text(group, results);
  }
}

/* Sums of logarithms over the averaged groups, whose cases are the same in the same order. */
typedef struct means {
  const heed_bench_group *first; /* group that is averaged; NULL: none yet */
  size_t groups;
  result *sums; /* owned; [first->count] */
} means;

/* Adds the results of a group; false when memory runs out. */
static bool means_add(means *m, const heed_bench_group *group, const result *results) {
  if (m->first == NULL) {
    m->first = group;
    m->sums = calloc(group->count, sizeof *m->sums);
  }
  for (size_t i = 0; m->sums != NULL && i < group->count; i++) {
    m->sums[i].median += log(results[i].median);
    m->sums[i].min += log(results[i].min);
    m->sums[i].max += log(results[i].max);
    m->sums[i].ratio += log(results[i].ratio);
  }
  m->groups++;
  return m->sums != NULL;
}

/* Turns the sums into means; the group they make borrows title[size]. */
static heed_bench_group means_finish(means *m, char *title, size_t size) {
  heed_bench_group group = *m->first;
  for (size_t i = 0; i < group.count; i++) {
    result *sum = &m->sums[i];
    double n = (double)m->groups;
    *sum =
        (result){exp(sum->median / n), exp(sum->min / n), exp(sum->max / n), exp(sum->ratio / n)};
  }
  (void)snprintf(title, size, "geometric mean of %zu", m->groups);
  group.title = title;
  return group;
}

static const heed__option options[] = {
    {"runs", 'r', HEED__OPTION_COUNT, offsetof(settings, runs), "9", 1, 999, NULL, "N",
     "Runs that are measured of each case; their median is reported"},
    {"time-ms", 't', HEED__OPTION_COUNT, offsetof(settings, time_ms), "100", 0, 60000, NULL, "MS",
     "Milliseconds that a run takes at least"},
};

int heed_bench_main(int argc, char **argv, const heed_bench_group *groups, size_t count) {
  const char *slash = strrchr(argv[0], '/');
  const heed__usage usage = {.command = slash != NULL ? slash + 1 : argv[0],
                             .args = "",
                             .summary = "Measures one part of heed against a baseline.",
                             .options = options,
                             .option_count = sizeof options / sizeof options[0]};
  settings set = {0};
  heed__options_parse(&usage, argc, argv, &set);
  bool is_json = set.common.format == HEED__JSON;
  json_t *document = json_pack("{s:s, s:i, s:i, s:[]}", "version", HEED_VERSION, "runs",
                               (int)set.runs, "time_ms", (int)set.time_ms, "groups");
  bool ok = document != NULL;
  json_t *list = json_object_get(document, "groups"); /* borrowed */
  means averages = {0};
  for (size_t i = 0; ok && i < count; i++) {
    result *results = calloc(groups[i].count, sizeof *results);
    ok = results != NULL && measure_group(&groups[i], &set, results);
    if (ok) {
      report(&groups[i], results, is_json ? list : NULL);
      ok = !groups[i].is_averaged || means_add(&averages, &groups[i], results);
    }
    free(results);
  }
  if (ok && averages.groups > 1) {
    char title[64];
    heed_bench_group group = means_finish(&averages, title, sizeof title);
    report(&group, averages.sums, is_json ? list : NULL);
  }
  free(averages.sums);
  if (ok && is_json) {
    ok = json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0;
    printf("\n");
  }
  json_decref(document);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
