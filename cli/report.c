#include "cli/report.h"

#include <math.h>

#include "cli/print.h"

/* ---- text ------------------------------------------------------------------------------------- */

static void print_calibration(const heed_assess_step *step, FILE *out) {
  (void)fputs("  said to be   is   95 % interval    events\n", out);
  for (int i = 0; i < HEED_ASSESS_BINS; i++) {
    const heed_assess_bin *bin = &step->bins[i];
    if (bin->events > 0) {
      (void)fprintf(out, "      %5.3f %6.3f   %.3f -- %.3f %9llu\n", bin->predicted, bin->happened,
                    bin->low, bin->high, (unsigned long long)bin->events);
    }
  }
}

static void print_step(const heed__report *report, FILE *out) {
  const heed_assess_step *s = &report->step;
  if (s->steps == 0) {
    (void)fputs("too few episodes to hold any out: predictions of one step are not measured\n",
                out);
    return;
  }
  (void)fprintf(out, "of %llu steps not seen before: ", (unsigned long long)s->steps);
  if (!report->is_box) {
    (void)fprintf(out, "%.1f %% predicted right, %.3g nats lost a step, ", 100 * s->accuracy,
                  s->log_loss);
  }
  (void)fprintf(out, "ends %.1f %%, reward off by %.3g on average\n", 100 * s->end_accuracy,
                s->reward_error);
  (void)fprintf(out, "probabilities off by %.3g on average:\n", s->calibration_error);
  print_calibration(s, out);
}

static void print_rollout(const heed__report *report, FILE *out) {
  const heed_assess_rollout *r = &report->rollout;
  if (r->horizon_count == 0) {
    (void)fputs("the world is not known from the experience: no rollouts to compare with\n", out);
    return;
  }
  (void)fprintf(out, "%u rollouts of random actions from the start, imagined beside real ones:\n",
                r->rollouts);
  (void)fputs(report->is_box
                  ? "  steps   error/range   90 % interval covers   ended, imagined to have\n"
                  : "  steps   boards apart (chance)   cells apart (chance)   ended, imagined to "
                    "have\n",
              out);
  for (uint32_t i = 0; i < r->horizon_count; i++) {
    const heed_assess_horizon *h = &r->horizons[i];
    const heed_rollouts_distance *d = &h->cells;
    (void)fprintf(out, "  %5u", h->steps);
    if (report->is_box) {
      (void)fprintf(out, "   %11.4f   %20.3f", h->mean_error, h->coverage);
    } else {
      (void)fprintf(out, "   %12.3f  (%.3f)    %10.4f (%.4f)", fmax(0, d->board), d->board_floor,
                    fmax(0, d->cell), d->cell_floor);
    }
    (void)fprintf(out, "   %5.3f, %.3f\n", h->ended, h->imagined_ended);
  }
}

void heed__report_print(const heed__report *report, FILE *out) {
  if (report->is_made) {
    print_step(report, out);
    print_rollout(report, out);
  }
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static json_t *bins_json(const heed_assess_step *step) {
  json_t *bins = json_array();
  for (int i = 0; i < HEED_ASSESS_BINS; i++) {
    const heed_assess_bin *bin = &step->bins[i];
    bool is_known = bin->events > 0;
    (void)json_array_append_new(
        bins, json_pack("{s:I, s:o, s:o, s:o, s:o}", "events", (json_int_t)bin->events, "predicted",
                        is_known ? json_real(bin->predicted) : json_null(), "happened",
                        is_known ? json_real(bin->happened) : json_null(), "low",
                        json_real(bin->low), "high", json_real(bin->high)));
  }
  return bins;
}

static json_t *horizons_json(const heed__report *report) {
  json_t *horizons = json_array();
  for (uint32_t i = 0; i < report->rollout.horizon_count; i++) {
    const heed_assess_horizon *h = &report->rollout.horizons[i];
    json_t *one = report->is_box ? json_pack("{s:I, s:o, s:o}", "steps", (json_int_t)h->steps,
                                             "mean_error", heed__number_json(h->mean_error),
                                             "coverage", heed__number_json(h->coverage))
                                 : json_pack("{s:I, s:f, s:f, s:f, s:f}", "steps",
                                             (json_int_t)h->steps, "board_distance", h->cells.board,
                                             "board_floor", h->cells.board_floor, "cell_error",
                                             h->cells.cell, "cell_floor", h->cells.cell_floor);
    (void)json_object_set_new(one, "ended", json_real(h->ended));
    (void)json_object_set_new(one, "imagined_ended", json_real(h->imagined_ended));
    (void)json_array_append_new(horizons, one);
  }
  return horizons;
}

static void set(json_t *object, const char *name, bool is_known, double value) {
  (void)json_object_set_new(object, name, is_known ? heed__number_json(value) : json_null());
}

void heed__report_json(const heed__report *report, json_t *object) {
  const heed_assess_step *s = &report->step;
  bool is_known = s->steps > 0;
  (void)json_object_set_new(object, "held_out_steps", json_integer((json_int_t)s->steps));
  set(object, "accuracy", is_known, s->accuracy);
  set(object, "log_loss", is_known, s->log_loss);
  set(object, "end_accuracy", is_known, s->end_accuracy);
  set(object, "end_error", is_known, s->end_error);
  set(object, "reward_error", is_known, s->reward_error);
  set(object, "calibration_error", is_known, s->calibration_error);
  (void)json_object_set_new(object, "calibration", bins_json(s));
  (void)json_object_set_new(object, "rollouts", json_integer(report->rollout.rollouts));
  (void)json_object_set_new(object, "horizons", horizons_json(report));
}

/* ---- card ------------------------------------------------------------------------------------- */

static void card_step(const heed__report *report, heed_card *card) {
  const heed_assess_step *s = &report->step;
  heed_card_number(card, "held-out steps", (double)s->steps);
  if (s->steps == 0) {
    return;
  }
  if (!report->is_box) {
    heed_card_number(card, "held-out accuracy", s->accuracy);
    heed_card_number(card, "held-out log loss", s->log_loss);
  }
  heed_card_number(card, "held-out end accuracy", s->end_accuracy);
  heed_card_number(card, "held-out reward error", s->reward_error);
  heed_card_number(card, "held-out calibration error", s->calibration_error);
}

void heed__report_card(const heed__report *report, heed_card *card) {
  if (!report->is_made) {
    return;
  }
  card_step(report, card);
  for (uint32_t i = 0; i < report->rollout.horizon_count; i++) {
    const heed_assess_horizon *h = &report->rollout.horizons[i];
    char name[48];
    (void)snprintf(name, sizeof name, "%u-step %s", h->steps,
                   report->is_box ? "mean error" : "board distance");
    heed_card_number(card, name, report->is_box ? h->mean_error : h->cells.board);
    (void)snprintf(name, sizeof name, "%u-step %s", h->steps,
                   report->is_box ? "coverage" : "cell error");
    heed_card_number(card, name, report->is_box ? h->coverage : h->cells.cell);
  }
}
