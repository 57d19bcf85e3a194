#include "bench/study.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void heed__words_set(heed__words *list, const char *text) {
  free(list->text);
  *list = (heed__words){.text = text != NULL ? strdup(text) : NULL};
  char *rest = list->text;
  for (char *word; (word = strsep(&rest, ",")) != NULL && list->count < HEED__WORDS_MAX;) {
    if (word[0] != '\0') {
      list->words[list->count++] = word;
    }
  }
}

uint32_t heed__option_number(const char *text, const char *name, uint32_t max,
                             struct argp_state *state) {
  char *end;
  unsigned long value = strtoul(text, &end, 10);
  if (*end != '\0' || end == text || value < 1 || value > max) {
    argp_error(state, "--%s: '%s', 1 to %u expected", name, text, max);
  }
  return (uint32_t)value;
}

heed__interval heed__interval_of(const double *values, uint32_t count) {
  double n = count;
  double mean = 0;
  double squares = 0;
  for (uint32_t i = 0; i < count; i++) {
    mean += values[i] / n;
  }
  for (uint32_t i = 0; i < count; i++) {
    squares += (values[i] - mean) * (values[i] - mean);
  }
  double half =
      count > 1 ? gsl_cdf_tdist_Pinv(0.975, n - 1) * sqrt(squares / (n - 1) / n) : (double)NAN;
  return (heed__interval){.mean = mean, .half = half};
}

heed_status heed__study_run(heed__study *study, heed_error *err) {
  uint32_t failed = study->count;
  heed_error first = {0};
#pragma omp parallel for schedule(dynamic) num_threads(study->threads)
  for (uint32_t i = 0; i < study->count; i++) {
    heed_error own = {0};
    heed_status status = study->one(study->context, i, &own);
#pragma omp critical
    {
      if (status != HEED_OK && i < failed) {
        failed = i;
        first = own;
      }
      (void)heed_progress_report(study->progress, ++study->done, study->total);
    }
  }
  if (failed < study->count && err != NULL) {
    *err = first;
  }
  return failed < study->count ? first.status : HEED_OK;
}
