/* mountain_car_continuous.c: can a car leave the valley of mountain_car.c with little fuel?
 *
 * The engine is a little stronger, pushes with any force within 1, and is paid for: a step costs
 * 0.1 force^2, and the goal, at 0.45, pays 100. Gymnasium's MountainCarContinuous-v0. Position p,
 * velocity v, force a:
 *
 *   v <- v + 0.0015 a - 0.0025 cos 3p        p <- p + v
 *
 * The state is rounded to floats after each step, so that the observation is the state. With NumPy 2
 * the arithmetic on such floats is that of floats, too; the state of a reset is in doubles. */
#include "envs/control/control.h"
#include "envs/control/valley.h"
#include "envs/control/worlds.h"

#define POWER       0.0015
#define GRAVITY     0.0025
#define SPEED_LIMIT 0.07
#define LEFT_WALL   (-1.2)
#define RIGHT_WALL  0.6
#define GOAL        0.45
#define GOAL_REWARD 100.0
#define FUEL_COST   0.1

typedef struct params {
  double goal_velocity;
  double low, high;
  int32_t numerics;
  int32_t max_steps;
} params;

static const heed_param param_table[] = {
    CONTROL_REAL(goal_velocity, -1, 1, "0", "", "least velocity at the goal"),
    CONTROL_REAL(low, -1000, 1000, "-0.6", "", "least position at the start"),
    CONTROL_REAL(high, -1000, 1000, "-0.4", "", "largest position at the start; not below low"),
    CONTROL_NUMERICS,
    CONTROL_MAX_STEPS("999"),
};

typedef struct world {
  double goal_velocity;
  double low, high;
  bool is_np1;
  uint32_t max_steps;
  float obs_low[2], obs_high[2];
} world;

typedef struct state {
  control_tally tally;
  double p, v;      /* v: per step. Floats, widened, unless has_doubles */
  bool has_doubles; /* the state is still the reset's */
} state;

static const char *const names[] = {"position", "velocity"};
static const float force_low[] = {-1.0F};
static const float force_high[] = {1.0F};

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  world *w = self;
  const params *p = parsed;
  w->goal_velocity = p->goal_velocity;
  w->low = p->low;
  w->high = p->high;
  w->is_np1 = p->numerics == CONTROL_NP1;
  w->max_steps = (uint32_t)p->max_steps;
  /* A start is not clipped to the valley. */
  w->obs_low[0] = (float)fmin(LEFT_WALL, p->low);
  w->obs_high[0] = (float)fmax(RIGHT_WALL, p->high);
  w->obs_low[1] = (float)-SPEED_LIMIT;
  w->obs_high[1] = (float)SPEED_LIMIT;
  heed__control_spec_init(spec, 2, w->obs_low, w->obs_high, sizeof(state), p->max_steps);
  spec->action_space = heed_space_box(1, force_low, force_high);
  spec->clips_actions = true;
  return heed__control_check_range(p->low, p->high, err);
}

static void reset(const void *self, void *block, heed_rng *rng) {
  const world *w = self;
  state *s = block;
  memset(s, 0, sizeof *s);
  s->p = control_uniform(rng, w->low, w->high);
  s->has_doubles = true;
}

static bool is_within_bounds(float a) {
  return a >= -1.0F && a <= 1.0F;
}

/* A step in doubles, whose result is rounded. Returns whether it reaches the goal, which is decided
 * before the rounding. */
static bool step_in_doubles(const world *w, state *s, float a) {
  double force = (double)control_clip_float(a, -1.0F, 1.0F);
  double slope = GRAVITY * cos(3.0 * s->p);
  double acceleration = w->is_np1 || !is_within_bounds(a)
                            ? force * POWER - slope
                            : (double)(a * (float)POWER - (float)slope);
  double v = control_clip(s->v + acceleration, -SPEED_LIMIT, SPEED_LIMIT);
  double p = control_clip(s->p + v, LEFT_WALL, RIGHT_WALL);
  v = p == LEFT_WALL && v < 0.0 ? 0.0 : v;
  s->p = (double)(float)p;
  s->v = (double)(float)v;
  return p >= GOAL && v >= w->goal_velocity;
}

/* The same in floats: each operation, each constant. */
static bool step_in_floats(const world *w, state *s, float a) {
  double force = (double)control_clip_float(a, -1.0F, 1.0F);
  float p = (float)s->p;
  float v = (float)s->v;
  double slope = GRAVITY * cos((double)(3.0F * p));
  float acceleration =
      is_within_bounds(a) ? a * (float)POWER - (float)slope : (float)(force * POWER - slope);
  v = control_clip_float(v + acceleration, (float)-SPEED_LIMIT, (float)SPEED_LIMIT);
  p = control_clip_float(p + v, (float)LEFT_WALL, (float)RIGHT_WALL);
  v = p == (float)LEFT_WALL && v < 0.0F ? 0.0F : v;
  s->p = (double)p;
  s->v = (double)v;
  return p >= (float)GOAL && v >= (float)w->goal_velocity;
}

static double reward_of(bool is_terminal, float a) {
  return (is_terminal ? GOAL_REWARD : 0.0) - (double)a * (double)a * FUEL_COST;
}

static heed_outcome step(const void *self, void *block, heed_action action, heed_rng *rng) {
  (void)rng;
  const world *w = self;
  state *s = block;
  float a = action.value[0];
  bool is_terminal =
      w->is_np1 || s->has_doubles ? step_in_doubles(w, s, a) : step_in_floats(w, s, a);
  s->has_doubles = false;
  return control_end(&s->tally, w->max_steps, reward_of(is_terminal, a), is_terminal);
}

static void observe(const void *self, const void *block, void *obs) {
  (void)self;
  const state *s = block;
  const float row[2] = {(float)s->p, (float)s->v};
  memcpy(obs, row, sizeof row);
}

static heed_appraisal appraise(const void *self, const void *obs, heed_action action,
                               const void *next_obs) {
  (void)obs;
  const world *w = self;
  const float *next = next_obs;
  bool is_terminal = next[0] >= (float)GOAL && next[1] >= (float)w->goal_velocity;
  return (heed_appraisal){.task = reward_of(is_terminal, action.value[0])};
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

void heed__mountain_car_continuous_place(void *block, const double *numbers) {
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
  heed__mountain_car_continuous_place(block, numbers);
}

const heed_env_ops heed__mountain_car_continuous_ops = {
    .name = "mountain-car-continuous",
    .summary = "can a car leave a valley with an engine that is too weak, and little fuel?",
    .details =
        "Observed are position and velocity. The action is a force within 1; what is out of "
        "bounds\n"
        "is clipped. A step costs 0.1 force^2, of the force before it is clipped. At position\n"
        "0.45 or beyond, with at least goal_velocity, the episode ends and pays 100. The wall at\n"
        "-1.2 stops the car; that at 0.6 holds it and lets it keep its velocity.\n"
        "\n"
        "Stepping on past the end goes on as before, and each step that ends at the goal pays 100\n"
        "again.\n"
        "\n"
        "Hidden: nothing but the steps left, and the digits of the start that floats do not show.\n"
        "The performance is the return. Appraisal: the reward.\n"
        "\n"
        "Facts to inspect, as doubles: position, velocity; steps, return.\n"
        "\n"
        "A force of 0.35 in the direction of the velocity, to the right when it is 0, gets 97.6 "
        "on\n"
        "average; of 1, 89.3.\n"
        "\n"
        "Source: Gymnasium's MountainCarContinuous-v0. numerics=np1 rounds as it does with NumPy "
        "1.",
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
