#include "cli/estimate.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "cli/print.h"

static double number_at(const double *first, size_t stride, size_t i) {
  return *(const double *)((const char *)first + i * stride);
}

heed__estimate heed__estimate_of(const double *first, size_t stride, size_t count) {
  double n = (double)count;
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    sum += number_at(first, stride, i);
  }
  double mean = sum / n;
  double squares = 0;
  for (size_t i = 0; i < count; i++) {
    double x = number_at(first, stride, i) - mean;
    squares += x * x;
  }
  double half = count > 1 ? gsl_cdf_tdist_Pinv(0.975, n - 1) * sqrt(squares / (n - 1) / n) : 0;
  return (heed__estimate){mean, half};
}

json_t *heed__estimate_json(heed__estimate e) {
  return json_pack("{s:o, s:[o, o]}", "mean", heed__number_json(e.mean), "interval_95",
                   heed__number_json(e.mean - e.half), heed__number_json(e.mean + e.half));
}
