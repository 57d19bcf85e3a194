#include "cli/topics.h"

#include <stdio.h>
#include <string.h>

#include "agent/ask.h"
#include "dynamics/dynamics.h"
#include "planner/planner.h"
#include "reward/reward.h"
#include "reward/teacher.h"
#include "value/network.h"

/* ---- parameters ----------------------------------------------------------------------------- */

const char *heed__param_range(const heed_param *param, char *text, size_t size) {
  switch (param->type) {
    case HEED_PARAM_INT:
    case HEED_PARAM_REAL:
      (void)snprintf(text, size, "%g to %g", param->min, param->max);
      break;
    case HEED_PARAM_BOOL:
      (void)snprintf(text, size, "true|false");
      break;
    case HEED_PARAM_CHOICE:
      (void)snprintf(text, size, "%s", param->choices);
      break;
    case HEED_PARAM_TEXT:
      (void)snprintf(text, size, "text");
      break;
  }
  return text;
}

void heed__params_print(const heed_param *table, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const heed_param *param = &table[i];
    char range[128];
    bool has_unit = param->unit != NULL && param->unit[0] != '\0';
    (void)printf("  %-26s %s%s%s; default %s\n      %s\n", param->name,
                 heed__param_range(param, range, sizeof range), has_unit ? " " : "",
                 has_unit ? param->unit : "", param->fallback[0] != '\0' ? param->fallback : "none",
                 param->help);
  }
  if (count == 0) {
    (void)puts("  none");
  }
}

/* ---- topics --------------------------------------------------------------------------------- */

static void print_planner(void) {
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  (void)puts(
      "What --planner takes, e.g. --planner=horizon=6,simulations=1000. Some commands have other\n"
      "defaults; each prints what is in force. Where actions are a box all begin with method=icem\n"
      "and three times the horizon, or, where values of an evaluator are planned with, with\n"
      "sampled_actions=8.\n");
  heed__params_print(table, count);
}

static void print_value(void) {
  size_t count;
  const heed_param *table = heed_value_network_params(&count);
  (void)puts("What --network of heed learn value takes, e.g. --network=width=128,depth=2.\n");
  heed__params_print(table, count);
}

static void print_dynamics(void) {
  (void)puts(
      "Models of how a world works (heed learn dynamics --model), and what --model-params takes.");
  for (size_t i = 0; i < heed_dynamics_count(); i++) {
    const heed_dynamics_ops *ops = heed_dynamics_at(i);
    (void)printf("\n%s: %s\n", ops->name, ops->summary);
    heed__params_print(ops->params, ops->param_count);
  }
}

static void print_reward(void) {
  (void)puts(
      "Models of what is wanted: those that learn (heed learn reward --model), what "
      "--model-params\n"
      "takes, and those that --reward makes of others.");
  for (size_t i = 0; i < heed_reward_count(); i++) {
    const heed_reward_ops *ops = heed_reward_at(i);
    (void)printf("\n%s: %s\n", ops->name, ops->summary);
    heed__params_print(ops->params, ops->param_count);
  }
}

static void print_ask(void) {
  size_t count;
  const heed_param *table = heed_ask_params(&count);
  (void)puts(
      "How questions are made: what --ask takes, but for the first two, which heed learn reward "
      "has as\n"
      "options.\n");
  heed__params_print(table, count);
}

static void print_people(void) {
  size_t count;
  const heed_param *table = heed_simulated_table(&count);
  const heed_simulated_kind *kind;
  (void)puts("Simulated people (heed learn reward --teacher)\n");
  for (size_t i = 0; (kind = heed_simulated_at(i)) != NULL; i++) {
    (void)printf("  %-12s %s\n", kind->name, kind->summary);
  }
  (void)puts(
      "\nand their traits, e.g. --teacher=noisy,beta=0.5; --teacher-params sets those of all.\n");
  heed__params_print(table, count);
}

static const struct {
  const char *name;
  void (*print)(void);
} topics[] = {{"planner", print_planner}, {"dynamics", print_dynamics}, {"reward", print_reward},
              {"value", print_value},     {"ask", print_ask},           {"people", print_people}};
enum { TOPIC_COUNT = sizeof topics / sizeof topics[0] };

bool heed__topic_print(const char *name) {
  for (size_t i = 0; i < TOPIC_COUNT; i++) {
    if (strcmp(topics[i].name, name) == 0) {
      topics[i].print();
      return true;
    }
  }
  return false;
}
