/* fuzz_formula.c: formulas. What compiles must have a finite value, whatever is computed. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reward/expression.h"

static void evaluate(const char *text, const heed_space *obs_space, const heed_space *action_space,
                     const heed_step *step) {
  heed__expression expression;
  heed_error err = {0};
  heed_status status = heed__expression_compile(text, obs_space, action_space, &expression, &err);
  if (status != HEED_OK && (err.status != HEED_ERR_ARG || err.message[0] == '\0')) {
    abort();
  }
  if (status == HEED_OK &&
      !isfinite(heed__expression_value(&expression, obs_space, action_space, step))) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  if (text == NULL) {
    abort();
  }
  if (size > 0) {
    memcpy(text, data, size);
  }
  text[size] = '\0';

  const uint8_t before[6] = {0, 1, 2, 3, 4, 5};
  const uint8_t after[6] = {1, 1, 2, 0, 4, 5};
  const heed_space cells = heed_space_board(2, 3, 6);
  const heed_space discrete = heed_space_discrete(4);
  const heed_step moved = {.obs = before, .action = {.index = 1}, .next_obs = after};
  evaluate(text, &cells, &discrete, &moved);

  const uint16_t counts[3] = {2, 6, 3};
  const heed_space factors = {
      .kind = HEED_SPACE_CELLS, .count = 3, .value_count = 6, .value_counts = counts};
  evaluate(text, &factors, &discrete, &moved);

  const float low[3] = {-INFINITY, -1, 0};
  const float high[3] = {INFINITY, 1, 0};
  const float next[3] = {3e38F, -0.5F, 0};
  const heed_space box = heed_space_box(3, low, high);
  const heed_step swung = {.obs = next, .action = {.value = {-3e38F, 1, 0}}, .next_obs = next};
  evaluate(text, &box, &box, &swung);
  free(text);
  return 0;
}
