/* test_kernel.c: the inner loops of every instruction set that this machine has, against plain loops in
 * double precision and the C library. */
#include "core/kernel.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/near.h"
#include "core/rng.h"

/* Runs a check on every kernel. */
static void for_each_kernel(void (*check)(const heed__kernel *kernel)) {
  for (size_t i = 0; heed__kernel_at(i) != NULL; i++) {
    print_message("             %s\n", heed__kernel_at(i)->name);
    check(heed__kernel_at(i));
  }
}

static float *numbers(size_t count, uint64_t seed) {
  heed_rng rng;
  heed_rng_init(&rng, seed);
  float *x = malloc((count + 1) * sizeof *x);
  assert_non_null(x);
  for (size_t i = 0; i < count; i++) {
    x[i] = (float)(2 * heed_rng_uniform(&rng) - 1);
  }
  return x;
}

/* ---- products --------------------------------------------------------------------------------- */

/* c = add c + a b by its definition. Partial sums of k terms within +-1 are of order sqrt(k / 9), and so
 * are their k roundings: five times what they come to is below k epsilon. */
static void check_product(const heed__kernel *kernel, size_t m, size_t n, size_t k, bool a_turned,
                          bool b_turned, bool add) {
  float *a = numbers(m * k, 1);
  float *b = numbers(k * n, 2);
  float *c = numbers(m * n, 3);
  float *before = numbers(m * n, 3);
  heed__matrix A = {a, a_turned ? 1 : k, a_turned ? m : 1};
  heed__matrix B = {b, b_turned ? 1 : n, b_turned ? k : 1};
  kernel->product(m, n, k, A, B, add, c);
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      double sum = add ? (double)before[i * n + j] : 0.0;
      for (size_t q = 0; q < k; q++) {
        sum += (double)a[i * A.row + q * A.col] * (double)b[q * B.row + j * B.col];
      }
      assert_near((double)c[i * n + j], sum, (double)FLT_EPSILON * ((double)k + 4));
    }
  }
  free(a);
  free(b);
  free(c);
  free(before);
}

static void check_products(const heed__kernel *kernel) {
  static const size_t sizes[] = {1, 2, 3, 5, 7, 8, 9, 16, 31, 33, 64, 257};
  enum { COUNT = sizeof sizes / sizeof sizes[0] };
  for (size_t i = 0; i < COUNT; i++) {
    for (size_t j = 0; j < COUNT; j++) {
      size_t k = sizes[(i + 3 * j) % COUNT];
      for (unsigned form = 0; form < 8; form++) {
        check_product(kernel, sizes[i], sizes[j], k, form & 1u, form & 2u, form & 4u);
      }
    }
  }
  check_product(kernel, 5, 40, 2 * HEED__KERNEL_DEPTH + 3, false, false, true);
}

static void products_are_sums_of_products(void **state) {
  (void)state;
  for_each_kernel(check_products);
}

/* Any rows of a product, taken alone, give the same bits. */
static void check_rows(const heed__kernel *kernel) {
  enum { M = 67, N = 45, K = 300 };
  for (int turned = 0; turned < 2; turned++) {
    float *a = numbers((size_t)M * K, 4);
    float *b = numbers((size_t)K * N, 5);
    float *all = malloc(sizeof(float) * M * N);
    float *some = malloc(sizeof(float) * M * N);
    assert_true(all != NULL && some != NULL);
    heed__matrix B = {b, turned ? 1 : N, turned ? K : 1};
    kernel->product(M, N, K, (heed__matrix){a, K, 1}, B, false, all);
    for (size_t rows = 1; rows < 20; rows++) {
      for (size_t i = 0; i + rows <= M; i += 11) {
        kernel->product(rows, N, K, (heed__matrix){a + i * K, K, 1}, B, false, some);
        assert_memory_equal(some, all + i * N, rows * N * sizeof(float));
      }
    }
    free(a);
    free(b);
    free(all);
    free(some);
  }
}

static void rows_of_a_product_depend_on_nothing_beside_them(void **state) {
  (void)state;
  for_each_kernel(check_rows);
}

/* ---- functions -------------------------------------------------------------------------------- */

enum { POINTS = 20011 }; /* no multiple of any vector */

static void check_functions(const heed__kernel *kernel) {
  static float x[POINTS];
  static float y[POINTS];
  static float slope[POINTS];
  for (size_t i = 0; i < POINTS; i++) {
    x[i] = (float)(-50 + 100.0 * (double)i / (POINTS - 1));
  }
  kernel->exp(POINTS, x, y);
  for (size_t i = 0; i < POINTS; i++) {
    double e = exp((double)x[i]);
    assert_near((double)y[i], e, 2e-7 * e);
  }
  for (int kind = HEED__TANH; kind <= HEED__SWISH; kind++) {
    memcpy(y, x, sizeof y);
    kernel->activate((heed__activation)kind, POINTS, y, slope);
    for (size_t i = 0; i < POINTS; i++) {
      double z = (double)x[i];
      double sigma = 1 / (1 + exp(-z));
      double value = kind == HEED__TANH ? tanh(z) : kind == HEED__RELU ? fmax(z, 0) : z * sigma;
      double by_z = kind == HEED__TANH   ? 1 - tanh(z) * tanh(z)
                    : kind == HEED__RELU ? (double)(z > 0)
                                         : sigma + z * sigma * (1 - sigma);
      assert_near((double)y[i], value, 3e-7 * fmax(1, fabs(value)));
      assert_near((double)slope[i], by_z, 2 * (double)FLT_EPSILON * (5 + fabs(z)));
    }
    /* Without slopes the values are the same. */
    memcpy(slope, x, sizeof slope);
    kernel->activate((heed__activation)kind, POINTS, slope, NULL);
    assert_memory_equal(slope, y, sizeof y);
  }
}

static void functions_agree_with_the_c_library(void **state) {
  (void)state;
  for_each_kernel(check_functions);
}

static void check_extremes(const heed__kernel *kernel) {
  const float x[] = {-1e30f, -100, 100, 1e30f};
  float y[4];
  kernel->exp(4, x, y);
  for (size_t i = 0; i < 4; i++) {
    double e = exp(x[i] < 0 ? -60.0 : 60.0);
    assert_near((double)y[i], e, 2e-7 * e);
  }
  memcpy(y, x, sizeof y);
  kernel->activate(HEED__TANH, 4, y, NULL);
  assert_true(y[0] == -1 && y[1] == -1 && y[2] == 1 && y[3] == 1);
  memcpy(y, x, sizeof y);
  kernel->activate(HEED__SWISH, 2, y + 2, NULL);
  assert_true(y[2] == 100 && y[3] == 1e30f);
}

static void functions_stay_finite_far_out(void **state) {
  (void)state;
  for_each_kernel(check_extremes);
}

static void check_rows_and_columns(const heed__kernel *kernel) {
  const float bias[3] = {1, 2, 3};
  float y[6];
  float sum[3];
  kernel->fill(2, 3, bias, y);
  assert_true(y[0] == 1 && y[2] == 3 && y[3] == 1 && y[5] == 3);
  y[4] = 10;
  kernel->sum(2, 3, y, sum);
  assert_true(sum[0] == 2 && sum[1] == 12 && sum[2] == 6);
  kernel->scale(3, sum, bias);
  assert_true(sum[0] == 2 && sum[1] == 24 && sum[2] == 18);
}

static void biases_fill_rows_and_gradients_sum_them(void **state) {
  (void)state;
  for_each_kernel(check_rows_and_columns);
}

static void there_is_always_a_kernel(void **state) {
  (void)state;
  assert_non_null(heed__kernel_best());
  assert_ptr_equal(heed__kernel_best(), heed__kernel_at(0));
  assert_null(heed__kernel_at(3));
}

/* Each element of a long array is, to the bit, what it is in a short one, with a slope and without. */
static void check_places(const heed__kernel *kernel) {
  enum { COUNT = 8192, SHORT = 100 };
  float *x = numbers(COUNT, 5);
  for (size_t i = 0; i < COUNT; i++) {
    x[i] *= 10;
  }
  for (int k = 0; k < 2 * (HEED__SWISH + 1); k++) {
    static float powers[COUNT];
    static float y[COUNT];
    static float slopes[COUNT];
    heed__activation kind = (heed__activation)(k / 2);
    memcpy(y, x, sizeof y);
    kernel->exp(COUNT, x, powers);
    kernel->activate(kind, COUNT, y, k % 2 == 0 ? slopes : NULL);
    for (size_t i = 0; i + SHORT < COUNT; i += SHORT) {
      float power[SHORT];
      float part[SHORT];
      float slope[SHORT];
      size_t n = i / SHORT % SHORT + 1;
      memcpy(part, x + i, sizeof part);
      kernel->exp(n, part, power);
      kernel->activate(kind, n, part, k % 2 == 0 ? slope : NULL);
      assert_memory_equal(power, powers + i, n * sizeof *x);
      assert_memory_equal(part, y + i, n * sizeof *x);
      if (k % 2 == 0) {
        assert_memory_equal(slope, slopes + i, n * sizeof *x);
      }
    }
  }
  free(x);
}

static void an_element_depends_on_nothing_beside_it(void **state) {
  (void)state;
  for_each_kernel(check_places);
}

/* Rows are added one after the other, so that every kernel makes the same bits as the plain loop. */
static void check_gathers(const heed__kernel *kernel) {
  enum { ROWS = 9, COUNT = 13 };
  static const size_t widths[] = {1, 3, 8, 16, 31, 64, 100, 129};
  uint32_t index[COUNT];
  heed_rng rng;
  heed_rng_init(&rng, 4);
  for (size_t k = 0; k < COUNT; k++) {
    index[k] = heed_rng_choice(&rng, ROWS);
  }
  for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
    size_t n = widths[w];
    float *x = numbers(ROWS * n, 1);
    float *y = numbers(n, 2);
    float *sum = numbers(n, 2);
    for (size_t k = 0; k < COUNT; k++) {
      for (size_t j = 0; j < n; j++) {
        sum[j] += x[index[k] * n + j];
      }
    }
    kernel->gather(n, COUNT, index, x, y);
    assert_memory_equal(y, sum, n * sizeof *y);

    float *back = numbers(ROWS * n, 1);
    kernel->scatter(n, COUNT, index, y, back);
    for (size_t k = 0; k < COUNT; k++) {
      for (size_t j = 0; j < n; j++) {
        x[index[k] * n + j] += y[j];
      }
    }
    assert_memory_equal(back, x, ROWS * n * sizeof *x);
    free(x);
    free(y);
    free(sum);
    free(back);
  }
}

static void gathers_add_the_rows_that_are_named(void **state) {
  (void)state;
  for_each_kernel(check_gathers);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(there_is_always_a_kernel),
      cmocka_unit_test(products_are_sums_of_products),
      cmocka_unit_test(rows_of_a_product_depend_on_nothing_beside_them),
      cmocka_unit_test(functions_agree_with_the_c_library),
      cmocka_unit_test(functions_stay_finite_far_out),
      cmocka_unit_test(an_element_depends_on_nothing_beside_it),
      cmocka_unit_test(gathers_add_the_rows_that_are_named),
      cmocka_unit_test(biases_fill_rows_and_gradients_sum_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
