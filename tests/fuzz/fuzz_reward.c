/* fuzz_reward.c: files of reward models. What loads must also score, and its scores must be finite. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/seal.h"
#include "reward/reward.h"

/* Larger spaces are left alone: a row of them alone would take the time of many inputs. */
enum { ROW_MAX = 4096 };

static void check(bool is_true) {
  if (!is_true) {
    abort();
  }
}

/* A row inside its space: cells of value 0, or the point of a box that is nearest to 0. */
static void fill_row(const heed_space *space, void *row) {
  memset(row, 0, heed_space_size(space));
  for (size_t i = 0; space->kind == HEED_SPACE_BOX && i < space->count; i++) {
    float x = fminf(fmaxf(0, space->low[i]), space->high[i]);
    memcpy((unsigned char *)row + i * sizeof x, &x, sizeof x);
  }
}

static void score(const heed_reward *model, const heed_step *step) {
  const heed_reward_spec *spec = heed_reward_spec_of(model);
  void *workspace = malloc(heed_reward_workspace_size(model, 1) + 1);
  double *hypothesis = malloc(spec->hypothesis_size + 1);
  check(workspace != NULL && hypothesis != NULL);
  double mean;
  double spread;
  heed_reward_score(model, step, 1, NULL, &mean, &spread, workspace);
  check(isfinite(mean) && isfinite(spread) && spread >= 0);
  if (spec->hypothesis_size > 0) {
    heed_rng rng;
    heed_rng_init(&rng, 1);
    heed_reward_draw(model, &rng, hypothesis);
    heed_reward_score(model, step, 1, hypothesis, &mean, &spread, workspace);
    check(isfinite(mean) && spread == 0);
  }
  free(hypothesis);
  free(workspace);
}

static void try_document(const uint8_t *data, size_t size) {
  heed_reward *model = NULL;
  heed_card card;
  heed_error err = {0};
  heed_status status = heed_reward_load_memory(data, size, &model, &card, &err);
  check((status == HEED_OK) == (model != NULL));
  if (status != HEED_OK) {
    check(err.status == status && err.message[0] != '\0');
    return;
  }
  const heed_reward_spec *spec = heed_reward_spec_of(model);
  if (heed_space_size(&spec->obs_space) <= ROW_MAX) {
    float row[ROW_MAX / sizeof(float)];
    heed_step step = {.obs = row, .next_obs = row, .channel = 1};
    fill_row(&spec->obs_space, row);
    if (spec->action_space.kind == HEED_SPACE_BOX) {
      fill_row(&spec->action_space, step.action.value);
    }
    score(model, &step);
  }
  char line[128];
  for (size_t i = 0; heed_reward_explain(model, i, line, sizeof line); i++) {
    check(strlen(line) < sizeof line);
  }
  heed_reward_destroy(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  try_document(data, size);
  uint8_t *sealed = malloc(size + 1);
  check(sealed != NULL);
  if (size > 0) {
    memcpy(sealed, data, size);
  }
  seal(sealed, size);
  try_document(sealed, size);
  free(sealed);
  return 0;
}
