/* basis.c: features of a few numbers. See basis.h. */
#include "dynamics/basis.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

/* A product is an earlier one times one more input. */
struct heed__basis_product {
  uint32_t before, input;
};

static const double tau = 6.283185307179586;

/* Products of at most `degree` of n numbers: n + degree over degree. */
static uint64_t of_numbers(uint64_t numbers, uint64_t degree) {
  uint64_t count = 1;
  for (uint64_t k = 1; k <= degree && count < UINT32_MAX; k++) {
    count = count * (numbers + k) / k;
  }
  return count;
}

uint32_t heed__basis_count(uint32_t numbers, uint32_t indicators, uint32_t degree) {
  uint64_t count = of_numbers(numbers, degree);
  if (degree > 0 && count < UINT32_MAX) {
    count += indicators * of_numbers(numbers, degree - 1);
  }
  return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

/* Degree by degree: each product of the last degree times every input that may follow. */
static void list_products(heed__basis *basis) {
  struct heed__basis_product *list = basis->products;
  uint32_t inputs = basis->numbers + basis->indicators;
  uint32_t begin = 0;
  uint32_t end = 1;
  list[0] = (struct heed__basis_product){0};
  for (uint32_t k = 0; k < basis->degree; k++) {
    uint32_t next = end;
    for (uint32_t i = begin; i < end; i++) {
      bool is_closed = i > 0 && list[i].input >= basis->numbers;
      for (uint32_t x = list[i].input; x < inputs && !is_closed; x++) {
        list[next++] = (struct heed__basis_product){.before = i, .input = x};
      }
    }
    begin = end;
    end = next;
  }
}

static void draw_waves(heed__basis *basis, uint64_t seed) {
  size_t inputs = basis->numbers + basis->indicators;
  heed_rng rng;
  heed_rng_init(&rng, seed);
  gsl_rng gsl = heed_rng_view(&rng);
  for (size_t i = 0; i < basis->waves; i++) {
    basis->phases[i] = tau * heed_rng_uniform(&rng);
    for (size_t k = 0; k < inputs; k++) {
      basis->frequencies[i * inputs + k] = gsl_ran_gaussian_ziggurat(&gsl, 1.0);
    }
  }
}

heed_status heed__basis_init(heed__basis *basis, uint32_t numbers, uint32_t indicators,
                             uint32_t degree, uint32_t waves, uint64_t seed, heed_error *err) {
  size_t inputs = (size_t)numbers + indicators;
  uint32_t monomials = degree > 0 ? heed__basis_count(numbers, indicators, degree) : 0;
  *basis = (heed__basis){.numbers = numbers,
                         .indicators = indicators,
                         .degree = degree,
                         .monomials = monomials,
                         .waves = waves,
                         .size = monomials + waves};
  basis->products = calloc((size_t)monomials + 1, sizeof *basis->products);
  basis->frequencies = calloc(waves * inputs + 1, sizeof *basis->frequencies);
  basis->phases = calloc((size_t)waves + 1, sizeof *basis->phases);
  if (basis->products == NULL || basis->frequencies == NULL || basis->phases == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%u features: no memory", basis->size);
  }
  if (monomials > 0) {
    list_products(basis);
  }
  draw_waves(basis, seed);
  return HEED_OK;
}

void heed__basis_deinit(heed__basis *basis) {
  free(basis->products);
  free(basis->frequencies);
  free(basis->phases);
  *basis = (heed__basis){0};
}

void heed__basis_eval(const heed__basis *basis, double lengthscale, const double *x, double *phi) {
  size_t inputs = basis->numbers + basis->indicators;
  if (basis->monomials > 0) {
    phi[0] = 1;
  }
  for (size_t i = 1; i < basis->monomials; i++) {
    phi[i] = phi[basis->products[i].before] * x[basis->products[i].input];
  }
  phi += basis->monomials;
  const double scale = sqrt(2.0);
  for (size_t i = 0; i < basis->waves; i++) {
    const double *f = basis->frequencies + i * inputs;
    double angle = 0;
    for (size_t k = 0; k < inputs; k++) {
      angle += f[k] * x[k];
    }
    phi[i] = scale * cos(angle / lengthscale + basis->phases[i]);
  }
}
