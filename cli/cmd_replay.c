/* cmd_replay.c: `heed replay`: play recorded episodes again and compare everything. */
#include <inttypes.h>

#include "cli/commands.h"
#include "cli/print.h"
#include "envs/trace.h"

typedef struct settings {
  heed__common common;
} settings;

static const heed__usage usage = {
    .command = "heed replay",
    .args = "FILE...",
    .args_min = 1,
    .args_max = UINT32_MAX,
    .summary =
        "Plays recorded episodes again, with the luck that they had, and compares what was seen, "
        "rewards, hidden facts and ends. Exits with 1 if anything differs.",
};

static json_t *difference_json(const heed_trace_report *report) {
  return json_pack("{s:I, s:I, s:o, s:o, s:o}", "line", (json_int_t)report->line, "step",
                   (json_int_t)report->step, "field", heed__text_json(report->field), "expected",
                   heed__text_json(report->expected), "got", heed__text_json(report->got));
}

static json_t *report_json(const char *path, const heed_trace_report *report) {
  return json_pack("{s:o, s:I, s:I, s:b, s:o}", "file", heed__text_json(path), "episodes",
                   (json_int_t)report->episodes, "steps", (json_int_t)report->steps, "agrees",
                   !report->differs, "difference",
                   report->differs ? difference_json(report) : json_null());
}

static void print_report(const char *path, const heed_trace_report *report) {
  (void)printf("%s: %" PRIu64 " episodes, %" PRIu64 " steps agree\n", path, report->episodes,
               report->steps);
  if (report->differs) {
    (void)printf("%s:%zu: step %" PRId64 ": %s: expected %s, got %s\n", path, report->line,
                 report->step, report->field, report->expected, report->got);
  }
}

int heed__cmd_replay(int argc, char **argv) {
  settings s = {0};
  heed__options_parse(&usage, argc, argv, &s);
  int result = HEED__DONE;
  json_t *files = json_array();
  for (uint32_t i = 0; i < s.common.arg_count; i++) {
    const char *path = s.common.args[i];
    heed_error err = {0};
    heed_trace_report report = {0};
    heed_status status = heed_trace_replay(path, &report, &err);
    if (status == HEED_OK && report.episodes == 0 && !report.differs) {
      status = heed_fail(&err, HEED_ERR_FORMAT, "'%s' holds no episode", path);
    }
    if (status != HEED_OK) {
      result = heed__failed(&usage, &err);
      continue;
    }
    if (s.common.format == HEED__TEXT) {
      print_report(path, &report);
    }
    (void)json_array_append_new(files, report_json(path, &report));
    result = report.differs ? HEED__FAILED : result;
  }
  if (s.common.format == HEED__JSON) {
    heed__print_json(files);
  } else {
    json_decref(files);
  }
  return result;
}
