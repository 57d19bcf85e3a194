/* program.c: somebody else's program. It calls the library, an inline function of a header, and GSL
 * through the library, and prints the version that it was compiled with. */
#include <heed.h>
#include <stdio.h>

int main(void) {
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  double draw = heed_rng_uniform(&rng);
  gsl_rng view = heed_rng_view(&rng);
  double through_gsl = gsl_rng_uniform(&view);

  heed_error err = {HEED_OK, ""};
  if (draw < 0 || draw >= 1 || through_gsl < 0 || through_gsl >= 1 ||
      heed_fail(&err, HEED_ERR_ARG, "on purpose") != HEED_ERR_ARG) {
    return 1;
  }
  printf("heed %s: %s\n", HEED_VERSION, heed_status_text(HEED_OK));
  return 0;
}
