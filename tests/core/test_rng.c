/* test_rng.c: the generator against its authors' outputs and against GSL's statistics. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "core/cmocka_all.h"
#include "core/rng.h"

static void draws_are_those_of_the_reference(void **state) {
  (void)state;
  /* xoshiro256plusplus.c of Blackman and Vigna, started from {1, 2, 3, 4}. */
  static const uint64_t reference[] = {
      UINT64_C(41943041),
      UINT64_C(58720359),
      UINT64_C(3588806011781223),
      UINT64_C(3591011842654386),
      UINT64_C(9228616714210784205),
      UINT64_C(9973669472204895162),
      UINT64_C(14011001112246962877),
      UINT64_C(12406186145184390807),
      UINT64_C(15849039046786891736),
      UINT64_C(10450023813501588000),
  };
  heed_rng rng = {.s = {1, 2, 3, 4}};
  for (size_t i = 0; i < sizeof reference / sizeof *reference; i++) {
    assert_true(heed_rng_next(&rng) == reference[i]);
  }
}

static void seeding_is_that_of_splitmix64(void **state) {
  (void)state;
  /* splitmix64.c of Vigna, started from 1234567. */
  static const uint64_t reference[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                       UINT64_C(9817491932198370423),
                                       UINT64_C(4593380528125082431)};
  heed_rng rng;
  heed_rng_init(&rng, 1234567);
  assert_memory_equal(rng.s, reference, sizeof reference);
  assert_null(rng.tape);
}

static void uniform_draws_fill_the_unit_interval_evenly(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 5);
  double counts[20] = {0};
  enum { DRAWS = 100000 };
  for (int i = 0; i < DRAWS; i++) {
    double u = heed_rng_uniform(&rng);
    assert_true(u >= 0.0 && u < 1.0);
    assert_true(ldexp(u, 53) == floor(ldexp(u, 53)));
    counts[(int)(u * 20)]++;
  }
  double statistic = 0;
  for (int i = 0; i < 20; i++) {
    statistic += pow(counts[i] - DRAWS / 20.0, 2) / (DRAWS / 20.0);
  }
  assert_true(gsl_cdf_chisq_Q(statistic, 19) > 1e-3);
}

/* Chi-square of choices out of n, in `classes` classes by remainder, which must divide n. */
static double choice_p_value(uint32_t n, uint32_t classes) {
  heed_rng rng;
  heed_rng_init(&rng, 7);
  double counts[16] = {0};
  enum { DRAWS = 60000 };
  for (int i = 0; i < DRAWS; i++) {
    uint32_t choice = heed_rng_choice(&rng, n);
    assert_true(choice < n);
    counts[choice % classes]++;
  }
  double expected = (double)DRAWS / classes;
  double statistic = 0;
  for (uint32_t c = 0; c < classes; c++) {
    statistic += (counts[c] - expected) * (counts[c] - expected) / expected;
  }
  return gsl_cdf_chisq_Q(statistic, classes - 1);
}

static void choices_are_unbiased(void **state) {
  (void)state;
  assert_true(choice_p_value(7, 7) > 1e-3);
  /* Out of 3 * 2^30, multiply-and-shift without rejection makes every third value twice as likely. */
  assert_true(choice_p_value(UINT32_C(3) << 30, 3) > 1e-3);
  assert_true(choice_p_value(UINT32_MAX, 3) > 1e-3);
}

static void one_option_is_always_chosen(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 7);
  for (int i = 0; i < 100; i++) {
    assert_int_equal(heed_rng_choice(&rng, 1), 0);
  }
}

static void derived_streams_differ(void **state) {
  (void)state;
  heed_rng master;
  heed_rng_init(&master, 1);
  uint64_t first[64];
  size_t n = 0;
  for (int purpose = HEED_STREAM_ENV; purpose <= HEED_STREAM_TEST; purpose++) {
    for (uint64_t index = 0; index < 8; index++) {
      heed_rng stream = heed_rng_derive(&master, (heed_stream)purpose, index);
      first[n++] = heed_rng_next(&stream);
    }
  }
  assert_int_equal(n, 64);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < i; j++) {
      assert_true(first[i] != first[j]);
    }
  }
}

static void deriving_depends_on_the_master_alone_and_leaves_it(void **state) {
  (void)state;
  heed_rng master;
  heed_rng_init(&master, 1);
  heed_rng before = master;
  heed_rng a = heed_rng_derive(&master, HEED_STREAM_ENV, 3);
  for (int i = 0; i < 1000; i++) {
    (void)heed_rng_next(&a);
  }
  assert_memory_equal(master.s, before.s, sizeof master.s);

  /* What one stream draws shifts no other. */
  heed_rng late = heed_rng_derive(&master, HEED_STREAM_SEARCH, 0);
  heed_rng early = heed_rng_derive(&before, HEED_STREAM_SEARCH, 0);
  assert_memory_equal(late.s, early.s, sizeof late.s);

  /* Every word of the master counts. */
  for (int i = 0; i < 4; i++) {
    heed_rng other = master;
    other.s[i] ^= 1;
    heed_rng stream = heed_rng_derive(&other, HEED_STREAM_SEARCH, 0);
    assert_memory_not_equal(stream.s, early.s, sizeof stream.s);
  }
}

static void gsl_draws_from_a_callers_stream(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 9);
  gsl_rng view = heed_rng_view(&rng);
  double sum = 0;
  double squares = 0;
  enum { DRAWS = 40000 };
  for (int i = 0; i < DRAWS; i++) {
    double x = gsl_ran_gaussian_ziggurat(&view, 2.0);
    sum += x;
    squares += x * x;
  }
  /* The mean of n draws has deviation 2 / sqrt(n), their mean square 4 sqrt(2 / n); four of each. */
  assert_true(fabs(sum / DRAWS) < 4 * 2 / sqrt(DRAWS));
  assert_true(fabs(squares / DRAWS - 4) < 4 * 4 * sqrt(2.0 / DRAWS));

  heed_rng untouched;
  heed_rng_init(&untouched, 9);
  assert_memory_not_equal(rng.s, untouched.s, sizeof rng.s);
}

static void a_gsl_generator_continues_a_stream(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 9);
  gsl_rng *gsl = gsl_rng_alloc(heed_rng_gsl());
  heed_rng_to_gsl(&rng, gsl);
  for (int i = 0; i < 10; i++) {
    assert_true(gsl_rng_uniform(gsl) == heed_rng_uniform(&rng));
    assert_true(gsl_rng_get(gsl) == heed_rng_next(&rng) >> 32);
  }
  gsl_rng_set(gsl, 9);
  heed_rng_init(&rng, 9);
  assert_true(gsl_rng_uniform(gsl) == heed_rng_uniform(&rng));
  gsl_rng_free(gsl);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(draws_are_those_of_the_reference),
      cmocka_unit_test(seeding_is_that_of_splitmix64),
      cmocka_unit_test(uniform_draws_fill_the_unit_interval_evenly),
      cmocka_unit_test(choices_are_unbiased),
      cmocka_unit_test(one_option_is_always_chosen),
      cmocka_unit_test(derived_streams_differ),
      cmocka_unit_test(deriving_depends_on_the_master_alone_and_leaves_it),
      cmocka_unit_test(gsl_draws_from_a_callers_stream),
      cmocka_unit_test(a_gsl_generator_continues_a_stream),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
