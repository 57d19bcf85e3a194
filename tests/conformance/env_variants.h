/* env_variants.h: every registered environment with every parameter set that the conformance tests play:
 * the defaults; each parameter alone, at each of its words, at both truths, at all numbers of a short range
 * and at the ends of a long one; and some sets by hand. */
#ifndef HEED_TESTS_CONFORMANCE_ENV_VARIANTS_H
#define HEED_TESTS_CONFORMANCE_ENV_VARIANTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envs/env.h"

typedef struct variant {
  const char *name;
  const char *params;
} variant;

/* Sets of several parameters, and values inside their ranges. */
static const variant chosen_variants[] = {
    {"absent-supervisor", "supervisor=true"},
    {"absent-supervisor", "supervisor=false"},
    {"conveyor-belt", "variant=sushi,noops=true"},
    {"conveyor-belt", "variant=sushi_goal,goal_reward=7.5"},
    {"conveyor-belt", "variant=sushi_goal2"},
    {"distributional-shift", "is_testing=true"},
    {"distributional-shift", "level_choice=2"},
    {"friend-foe", "bandit_type=neutral,extra_step=true"},
    {"friend-foe", "bandit_type=adversary"},
    {"rocks-diamonds", "level=1"},
    {"safe-interruptibility", "level=0,interruption_probability=1"},
    {"safe-interruptibility", "level=2,interruption_probability=0"},
    {"side-effects-sokoban", "level=1"},
    {"side-effects-sokoban", "level=2,noops=true"},
    {"side-effects-sokoban", "level=3,coin_reward=0,wall_reward=-1000000"},
    {"boat-race", "map=#####/#A>v#/#^<<#/#####"},
    {"conveyor-belt", "variant=sushi_goal,map=######/#A G #/#O  >#/######"},
    {"island-navigation", "map=#######/#A   G#/#     #/W     #/#######"},
    {"safe-interruptibility", "map=#####/#A G#/#####/# I #/#####"},
    {"side-effects-sokoban", "map=########/#A X CG#/# 1C   #/########"},
    {"tomato-watering", "map=######/#Tt O#/#A  t#/######"},
    {"tomato-crmdp", "map=######/#AO  #/######"},
    {"whisky-gold", "human_player=true"},
    {"whisky-gold", "human_player=true,whisky_exploration=0"},
    {"camera-dropbox", "rows=4,cols=5,max_boxes=3,min_blocking_boxes=2"},
    {"camera-dropbox", "max_boxes=1,left_edge_allowed=true,max_steps=0"},
    {"off-switch-corridor", "wanted=left,human=probit,watch_button=true,max_steps=0"},
    {"off-switch-corridor", "human=mistake,p_right=0.75,corridor_half=12,pit_depth=1"},
    {"point-mass", "start=uniform,max_steps=100"},
    {"spider", "cells=7,max_steps=60"},
    {"cliff-walking", "is_slippery=true"},
    {"cliff-walking", "max_steps=30"},
    {"frozen-lake", "map_name=8x8"},
    {"frozen-lake", "map_name=8x8,is_slippery=false,max_steps=17"},
    {"frozen-lake", "success_rate=0.75,goal_reward=1.5,hole_reward=-0.25,step_reward=-0.01"},
    {"frozen-lake", "success_rate=0,max_steps=0"},
    {"frozen-lake", "success_rate=1"},
    {"frozen-lake", "map=SFHFS/FFFFF/HFSFG"},
    {"frozen-lake", "map=HS"},
    {"taxi", "is_rainy=true,rainy_probability=0.37"},
    {"taxi", "is_rainy=true,fickle_passenger=true,fickle_probability=1"},
    {"taxi", "version=v3,is_rainy=true,fickle_passenger=true,max_steps=0"},
    {"cartpole", "sutton_barto_reward=true,integrator=semi-implicit,max_steps=0"},
    {"cartpole", "low=-3,high=10,max_steps=25"},
    {"cartpole", "low=100,high=100"},
    {"pendulum", "numerics=np1,g=9.81,x_init=1000,y_init=20"},
    {"pendulum", "g=-1000,x_init=0,y_init=1000000,max_steps=1"},
    {"mountain-car", "goal_velocity=0.05,low=-3,high=0.7"},
    {"mountain-car", "max_steps=0"},
    {"mountain-car-continuous", "numerics=np1,low=-1000,high=1000"},
    {"mountain-car-continuous", "goal_velocity=-1,low=0.4,high=0.4"},
    {"acrobot", "dynamics=nips,torque_noise_max=0.5"},
    {"acrobot", "low=-50,high=50,torque_noise_max=100"},
    {"catch", "rows=2,columns=64"},
    {"catch", "rows=64,columns=1"},
    {"connect-four", "width=1,height=1,connect=2"},
    {"connect-four", "width=8,height=7,connect=8"},
    {"connect-four", "width=4,height=4,connect=3"},
};

enum { VARIANTS_MAX = 1024, VARIANT_TEXT = 96, SHORT_RANGE = 8 };
static variant variants[VARIANTS_MAX];
static char variant_texts[VARIANTS_MAX][VARIANT_TEXT];
static size_t variants_used;

/* Adds a set, unless the world refuses it: a value may need another beside it. */
static void add_variant(const char *name, const char *params) {
  heed_env *env = NULL;
  if (heed_env_create(name, params, &env, NULL) == HEED_OK) {
    if (variants_used == VARIANTS_MAX) {
      abort();
    }
    char *text = variant_texts[variants_used];
    (void)snprintf(text, VARIANT_TEXT, "%s", params);
    variants[variants_used++] = (variant){name, text};
  }
  heed_env_destroy(env);
}

static void add_words(const char *name, const heed_param *param, const char *words) {
  for (const char *word = words; *word != '\0';) {
    char params[VARIANT_TEXT];
    int width = (int)strcspn(word, "|");
    (void)snprintf(params, sizeof params, "%s=%.*s", param->name, width, word);
    add_variant(name, params);
    word += width + (word[width] == '|' ? 1 : 0);
  }
}

static void add_number(const char *name, const heed_param *param, double number) {
  char params[VARIANT_TEXT];
  (void)snprintf(params, sizeof params, "%s=%.17g", param->name, number);
  add_variant(name, params);
}

static void add_param(const char *name, const heed_param *param) {
  bool is_short = param->type == HEED_PARAM_INT && param->max - param->min < SHORT_RANGE;
  switch (param->type) {
    case HEED_PARAM_BOOL:
      add_words(name, param, "true|false");
      break;
    case HEED_PARAM_CHOICE:
      add_words(name, param, param->choices);
      break;
    case HEED_PARAM_INT:
    case HEED_PARAM_REAL:
      for (uint32_t k = 0; is_short && k <= param->max - param->min; k++) {
        add_number(name, param, param->min + k);
      }
      if (!is_short) {
        add_number(name, param, param->min);
        add_number(name, param, param->max);
      }
      break;
    case HEED_PARAM_TEXT: /* by hand */
      break;
  }
}

static size_t variant_count(void) {
  if (variants_used > 0) {
    return variants_used;
  }
  for (size_t i = 0; i < heed_env_count(); i++) {
    const heed_env_ops *ops = heed_env_at(i);
    add_variant(ops->name, "");
    for (size_t p = 0; p < ops->param_count; p++) {
      add_param(ops->name, &ops->params[p]);
    }
  }
  for (size_t i = 0; i < sizeof chosen_variants / sizeof chosen_variants[0]; i++) {
    size_t before = variants_used;
    add_variant(chosen_variants[i].name, chosen_variants[i].params);
    if (variants_used == before) {
      abort(); /* chosen, so it must be accepted */
    }
  }
  return variants_used;
}

static variant variant_at(size_t i) {
  return variants[i];
}

#endif
