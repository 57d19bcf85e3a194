/* formula.c: a reward that somebody wrote down, in the language of expression.h. For tests, for
 * simulated people, and for telling an agent exactly what is wanted. */
#include "reward/registry.h"

#include <stdio.h>
#include <string.h>

#include "reward/expression.h"

typedef struct formula_params {
  char formula[HEED_PARAM_TEXT_SIZE];
} formula_params;

static const heed_param param_table[] = {
    {"formula", HEED_PARAM_TEXT, offsetof(formula_params, formula), "0", 0, 0, NULL, "",
     "reward of a step, e.g. {50*change[4,3] - one}; reward/expression.h has the grammar"},
};

typedef struct formula {
  const heed_reward_spec *spec; /* borrowed */
  formula_params params;
  heed__expression expression;
} formula;

static heed_status create(void *self, const void *params, heed_reward_spec *spec, heed_error *err) {
  formula *model = self;
  model->spec = spec;
  model->params = *(const formula_params *)params;
  spec->hypothesis_size = 0;
  return heed__expression_compile(model->params.formula, &spec->obs_space, &spec->action_space,
                                  &model->expression, err);
}

static void destroy(void *self) {
  (void)self;
}

static void score(const void *self, const heed_step *steps, size_t count, const void *hypothesis,
                  double *mean, double *spread, void *workspace) {
  const formula *model = self;
  (void)hypothesis;
  (void)workspace;
  for (size_t i = 0; i < count; i++) {
    mean[i] = heed__expression_value(&model->expression, &model->spec->obs_space,
                                     &model->spec->action_space, &steps[i]);
  }
  if (spread != NULL) {
    memset(spread, 0, count * sizeof *spread);
  }
}

static bool explain(const void *self, size_t i, char *text, size_t size) {
  const formula *model = self;
  if (i > 0) {
    return false;
  }
  (void)snprintf(text, size, "%s", model->params.formula);
  return true;
}

const heed_reward_ops heed__reward_formula = {
    .name = "formula",
    .summary = "a formula over what a step shows",
    .params = param_table,
    .param_count = sizeof param_table / sizeof param_table[0],
    .params_size = sizeof(formula_params),
    .self_size = sizeof(formula),
    .create = create,
    .destroy = destroy,
    .score = score,
    .explain = explain,
};
