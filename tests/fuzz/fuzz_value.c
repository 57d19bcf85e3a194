/* fuzz_value.c: files of value networks. What loads must also evaluate, and learn or say why not. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/seal.h"
#include "value/network.h"

/* Larger spaces are left alone: a row of them alone would take the time of many inputs. */
enum { ROW_MAX = 4096, ACTIONS_MAX = 256 };

static void check(bool is_true) {
  if (!is_true) {
    abort();
  }
}

/* The least row of its space: cells of value 0, numbers of 0, whatever the bounds. */
static void evaluate(const heed_value_network *network, uint32_t actions) {
  static const float row[ROW_MAX / sizeof(float)];
  double prior[ACTIONS_MAX];
  heed_evaluator evaluator = heed_value_network_evaluator(network);
  void *workspace = malloc(evaluator.workspace_size(network, 1) + 1);
  check(workspace != NULL);
  heed_evaluation e = {.obs = row, .action_count = actions, .prior = actions > 0 ? prior : NULL};
  evaluator.evaluate(network, &e, 1, workspace);
  free(workspace);
}

static void try_document(const uint8_t *data, size_t size) {
  heed_value_network *network = NULL;
  heed_card card;
  heed_error err = {0};
  heed_status status = heed_value_network_load_memory(data, size, &network, &card, &err);
  check((status == HEED_OK) == (network != NULL));
  if (status != HEED_OK) {
    check(err.status == status && err.message[0] != '\0');
    return;
  }
  const heed_space *actions = heed_value_network_action_space(network);
  uint32_t count = actions->kind == HEED_SPACE_DISCRETE ? actions->count : 0;
  if (heed_space_size(heed_value_network_obs_space(network)) <= ROW_MAX && count <= ACTIONS_MAX) {
    evaluate(network, count);
  }
  heed_value_network_destroy(network);
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
