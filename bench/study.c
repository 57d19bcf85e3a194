#include "bench/study.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <omp.h>

#include "cli/output.h"

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
  /* NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): it does not read pragmas */
  int threads = study->threads > 0 ? (int)study->threads : omp_get_max_threads();
  uint32_t failed = study->count;
  heed_error first = {0};
#pragma omp parallel for schedule(dynamic) num_threads(threads)
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

heed_status heed__study_check_outputs(const char *const *paths, size_t count, heed_error *err) {
  heed_status status = HEED_OK;
  for (size_t i = 0; status == HEED_OK && i < count; i++) {
    status = paths[i] != NULL ? heed__check_output(paths[i], NULL, 0, err) : HEED_OK;
  }
  return status;
}
