/* mountain_car.c: can a car leave a valley whose slope is steeper than its engine is strong?
 *
 *                                         G
 *     \                                _-'
 *      \                             .'
 *       '.                         .'
 *         '-.      car          .-'
 *            '-.__[o-o]____.--''
 *   -1.2         -0.5              p   0.5
 *
 * Moore (1990), "Efficient Memory-Based Learning for Robot Control", as in Sutton and Barto (1998),
 * example 8.2; Gymnasium's MountainCar-v0. Position p, velocity v, action a in 0, 1, 2:
 *
 *   v <- v + 0.001 (a - 1) - 0.0025 cos 3p        p <- p + v */
#include "envs/control/control.h"
#include "envs/control/valley.h"
#include "envs/control/worlds.h"

#define FORCE       0.001
#define GRAVITY     0.0025
#define SPEED_LIMIT 0.07
#define LEFT_WALL   (-1.2)
#define RIGHT_WALL  0.6
#define GOAL        0.5
#define STEP_REWARD (-1.0)

typedef struct params {
  double goal_velocity;
  double low, high;
  int32_t max_steps;
} params;

static const heed_param param_table[] = {
    CONTROL_REAL(goal_velocity, -1, 1, "0", "", "least velocity at the goal"),
    CONTROL_REAL(low, -1000, 1000, "-0.6", "", "least position at the start"),
    CONTROL_REAL(high, -1000, 1000, "-0.4", "", "largest position at the start; not below low"),
    CONTROL_MAX_STEPS("200"),
};

typedef struct world {
  double goal_velocity;
  double low, high;
  uint32_t max_steps;
  float obs_low[2], obs_high[2];
} world;

typedef struct state {
  control_tally tally;
  double p, v; /* v: per step */
} state;

static const char *const names[] = {"position", "velocity"};
static const char *const action_names[] = {"left", "none", "right"};

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  world *w = self;
  const params *p = parsed;
  w->goal_velocity = p->goal_velocity;
  w->low = p->low;
  w->high = p->high;
  w->max_steps = (uint32_t)p->max_steps;
  /* A start is not clipped to the valley. */
  w->obs_low[0] = (float)fmin(LEFT_WALL, p->low);
  w->obs_high[0] = (float)fmax(RIGHT_WALL, p->high);
  w->obs_low[1] = (float)-SPEED_LIMIT;
  w->obs_high[1] = (float)SPEED_LIMIT;
  heed__control_spec_init(spec, 2, w->obs_low, w->obs_high, sizeof(state), p->max_steps);
  spec->action_space = heed_space_discrete(3);
  spec->accepted_actions = 3;
  spec->action_names = action_names;
  return heed__control_check_range(p->low, p->high, err);
}

static void reset(const void *self, void *block, heed_rng *rng) {
  const world *w = self;
  state *s = block;
  memset(s, 0, sizeof *s);
  s->p = control_uniform(rng, w->low, w->high);
}

static heed_outcome step(const void *self, void *block, heed_action action, heed_rng *rng) {
  (void)rng;
  const world *w = self;
  state *s = block;
  double v = s->v + ((action.index - 1) * FORCE + cos(3.0 * s->p) * -GRAVITY);
  v = control_clip(v, -SPEED_LIMIT, SPEED_LIMIT);
  double p = control_clip(s->p + v, LEFT_WALL, RIGHT_WALL);
  /* Only the left wall stops the car. */
  bool is_stopped = p == LEFT_WALL && v < 0.0;
  s->p = p;
  s->v = is_stopped ? 0.0 : v;
  bool is_terminal = s->p >= GOAL && s->v >= w->goal_velocity;
  return control_end(&s->tally, w->max_steps, STEP_REWARD, is_terminal);
}

static void observe(const void *self, const void *block, void *obs) {
  (void)self;
  const state *s = block;
  const float row[2] = {(float)s->p, (float)s->v};
  memcpy(obs, row, sizeof row);
}

static heed_appraisal appraise(const void *self, const void *obs, heed_action action,
                               const void *next_obs) {
  (void)self;
  (void)obs;
  (void)action;
  (void)next_obs;
  return (heed_appraisal){.task = STEP_REWARD};
}

static void depict(const void *self, const void *obs, heed_picture *picture) {
  (void)self;
  heed__valley_depict(((const float *)obs)[0], (float)GOAL, picture);
}

static bool inspect(const void *self, const void *block, const char *name, heed_reading *reading) {
  (void)self;
  const state *s = block;
  const double numbers[] = {s->p, s->v};
  return heed__control_inspect(&s->tally, names, numbers, 2, name, reading);
}

void heed__mountain_car_place(void *block, const double *numbers) {
  state *s = block;
  s->p = numbers[0];
  s->v = numbers[1];
}

/* The state as floats show it. */
static void recall(const void *self, const void *obs, void *block) {
  (void)self;
  const float *seen = obs;
  const double numbers[] = {(double)seen[0], (double)seen[1]};
  memset(block, 0, sizeof(state));
  heed__mountain_car_place(block, numbers);
}

const heed_env_ops heed__mountain_car_ops = {
    .name = "mountain-car",
    .summary = "can a car leave a valley that is steeper than its engine is strong?",
    .details =
        "Observed are position and velocity, rounded to floats. The engine pushes to the left, "
        "not\n"
        "at all, or to the right, more weakly than the slope pulls: the car must swing. Each step\n"
        "pays -1. The episode ends at position 0.5 or beyond with at least goal_velocity. The\n"
        "wall at -1.2 stops the car; that at 0.6 holds it and lets it keep its velocity.\n"
        "\n"
        "Stepping on past the end goes on as before, for -1 a step.\n"
        "\n"
        "Hidden: nothing but the digits that floats do not show, and the steps left. The\n"
        "performance is the return. Appraisal: the reward.\n"
        "\n"
        "Facts to inspect, as doubles: position, velocity; steps, return.\n"
        "\n"
        "To push in the direction of the velocity, right when it is 0, takes 113 to 125 steps.\n"
        "\n"
        "Source: Moore (1990), Efficient Memory-Based Learning for Robot Control; Sutton and "
        "Barto\n"
        "(1998), example 8.2; Gymnasium's MountainCar-v0.",
    .params = param_table,
    .param_count = sizeof param_table / sizeof param_table[0],
    .params_size = sizeof(params),
    .self_size = sizeof(world),
    .create = create,
    .reset = reset,
    .step = step,
    .observe = observe,
    .recall = recall,
    .performance = heed__control_performance,
    .appraise = appraise,
    .depict = depict,
    .inspect = inspect,
};
