/* fuzz_dynamics.c: files of dynamics models. What loads must also predict, and what it predicts must be an
 * observation of its space. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/dynamics.h"
#include "fuzz/seal.h"

/* Larger spaces are left alone: a row of them alone would take the time of many inputs. */
enum { ROW_MAX = 4096, STEPS = 8 };

static void check(bool is_true) {
  if (!is_true) {
    abort();
  }
}

/* Some row of a box: 0, or what is nearest to it. */
static void fill_box(const heed_space *space, float *row) {
  for (uint32_t i = 0; i < space->count; i++) {
    row[i] = fmaxf(fminf(0, space->high[i]), space->low[i]);
  }
}

/* Imagines a few steps, each from what was imagined before. */
static void predict(const heed_dynamics *model, const void *hypothesis, heed_rng *rng) {
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(model);
  unsigned char *obs = calloc(1, heed_space_size(&spec->obs_space)); /* cells of value 0 */
  void *belief = calloc(1, spec->belief_size);
  void *next = calloc(1, spec->belief_size);
  void *workspace = calloc(1, heed_dynamics_workspace_size(model, 1) + 1);
  check(obs != NULL && belief != NULL && next != NULL && workspace != NULL);
  if (spec->obs_space.kind == HEED_SPACE_BOX) {
    fill_box(&spec->obs_space, (float *)(void *)obs);
  }
  heed_dynamics_begin(model, obs, belief);
  for (uint32_t t = 0; t < STEPS; t++) {
    heed_action action = {.index = (int32_t)(t % spec->action_space.count)};
    if (spec->action_space.kind == HEED_SPACE_BOX) {
      fill_box(&spec->action_space, action.value);
    }
    heed_prediction p = {.belief = belief,
                         .action = action,
                         .hypothesis = hypothesis,
                         .rng = rng,
                         .wants_uncertainty = true,
                         .next_belief = next};
    heed_dynamics_predict(model, &p, 1, workspace);
    check(isfinite(p.reward) && isfinite(p.uncertainty) && p.uncertainty >= 0);
    heed_dynamics_decode(model, next, obs);
    check(heed_space_check_row(&spec->obs_space, obs, NULL) == HEED_OK);
    memcpy(belief, next, spec->belief_size);
    heed_dynamics_observe(model, belief, p.action, obs);
  }
  free(obs);
  free(belief);
  free(next);
  free(workspace);
}

/* Does a document ask for thousands of features? To fit these takes seconds, as it should, and no search
 * finds anything that way: the same lines run for ten of them. */
static bool is_slow(const uint8_t *data, size_t size) {
  enum { WAVES_MAX = 50, PRODUCTS_MAX = 500 };
  heed_pack_reader *reader = NULL;
  const char *params = "";
  bool result = false;
  if (heed_pack_open_memory(data, size, "dynamics", 1, &reader, NULL) == HEED_OK &&
      heed_pack_get_text(heed_pack_root(reader), "params", &params, NULL) == HEED_OK) {
    const char *count = strstr(params, "count=");
    bool has_waves = strstr(params, "fourier") != NULL || strstr(params, "both") != NULL;
    result = count != NULL && strtol(count + 6, NULL, 10) > (has_waves ? WAVES_MAX : PRODUCTS_MAX);
  }
  heed_pack_close(reader);
  return result;
}

static void try_document(const uint8_t *data, size_t size) {
  if (is_slow(data, size)) {
    return;
  }
  heed_dynamics *model = NULL;
  heed_card card;
  heed_error err = {0};
  heed_status status = heed_dynamics_load_memory(data, size, &model, &card, &err);
  check((status == HEED_OK) == (model != NULL));
  if (status != HEED_OK) {
    check(err.status == status && err.message[0] != '\0');
    return;
  }
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(model);
  if (heed_space_size(&spec->obs_space) <= ROW_MAX) {
    heed_rng rng;
    heed_rng_init(&rng, 1);
    predict(model, NULL, &rng);
    if (spec->hypothesis_size > 0) {
      void *hypothesis = calloc(1, spec->hypothesis_size);
      check(hypothesis != NULL);
      heed_dynamics_draw(model, &rng, hypothesis);
      predict(model, hypothesis, &rng);
      free(hypothesis);
    }
  }
  heed_dynamics_destroy(model);
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
