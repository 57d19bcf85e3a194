/* cartpole.c: how long can a pole be kept upright on a cart that is pushed left and right?
 *
 *                 /  th
 *                / <--- 0.1 kg, 1 m
 *           ____/____
 *    10 N ->|  1 kg |          ------> x
 *   ---------o-----o---------------------
 *   -2.4 m       0                 2.4 m
 *
 * Barto, Sutton and Anderson (1983), "Neuronlike adaptive elements that can solve difficult learning
 * control problems", without friction; Gymnasium's CartPole-v1 (CartPole-v0: max_steps=200).
 *
 * With the force F, cart m_c, pole m_p, half its length l, gravity g, total mass m:
 *
 *   temp  = (F + m_p l w^2 sin th) / m
 *   th''  = (g sin th - temp cos th) / (l (4/3 - m_p cos^2 th / m))
 *   x''   = temp - m_p l th'' cos th / m */
#include "envs/control/control.h"
#include "envs/control/worlds.h"

#define GRAVITY     9.8 /* m/s^2 */
#define CART_MASS   1.0 /* kg */
#define POLE_MASS   0.1 /* kg */
#define TOTAL_MASS  (POLE_MASS + CART_MASS)
#define HALF_LENGTH 0.5                         /* m, of the pole */
#define POLE_MOMENT 0.05                        /* kg m, POLE_MASS * HALF_LENGTH */
#define FORCE       10.0                        /* N */
#define DT          0.02                        /* s */
#define TRACK_LIMIT 2.4                         /* m */
#define ANGLE_LIMIT (24.0 * CONTROL_PI / 360.0) /* rad: 12 degrees */

enum { EULER, SEMI_IMPLICIT };

typedef struct params {
  bool sutton_barto_reward;
  int32_t integrator;
  double low, high;
  int32_t max_steps;
} params;

static const heed_param param_table[] = {
    CONTROL_BOOL(sutton_barto_reward, "false", "0 for a step and -1 for the fall, instead of 1"),
    CONTROL_CHOICE(integrator, "euler|semi-implicit", "euler",
                   "move by the old speeds, or by the new ones"),
    CONTROL_REAL(low, -100, 100, "-0.05", "m, m/s, rad, rad/s",
                 "least start of each of the four numbers"),
    CONTROL_REAL(high, -100, 100, "0.05", "m, m/s, rad, rad/s",
                 "largest start of each; not below low"),
    CONTROL_MAX_STEPS("500"),
};

typedef struct world {
  bool sutton_barto_reward;
  bool is_semi_implicit;
  double low, high;
  uint32_t max_steps;
  float obs_low[4], obs_high[4];
} world;

typedef struct state {
  control_tally tally;
  double x, v;         /* m, m/s */
  double th, w;        /* rad from upright, clockwise, rad/s */
  bool has_terminated; /* a step since the reset was terminal */
} state;

static const char *const names[] = {"position", "velocity", "angle", "angular_velocity"};
static const char *const action_names[] = {"left", "right"};

/* Positions and angles stay within twice their limits as long as an episode that begins there lasts. */
static void set_bounds(world *w) {
  const float x = (float)(2.0 * TRACK_LIMIT);
  const float th = (float)(2.0 * ANGLE_LIMIT);
  bool is_usual = w->low >= -(double)th && w->high <= (double)th;
  const float bounds[4] = {is_usual ? x : INFINITY, INFINITY, is_usual ? th : INFINITY, INFINITY};
  for (int i = 0; i < 4; i++) {
    w->obs_low[i] = -bounds[i];
    w->obs_high[i] = bounds[i];
  }
}

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  world *w = self;
  const params *p = parsed;
  w->sutton_barto_reward = p->sutton_barto_reward;
  w->is_semi_implicit = p->integrator == SEMI_IMPLICIT;
  w->low = p->low;
  w->high = p->high;
  w->max_steps = (uint32_t)p->max_steps;
  set_bounds(w);
  heed__control_spec_init(spec, 4, w->obs_low, w->obs_high, sizeof(state), p->max_steps);
  spec->action_space = heed_space_discrete(2);
  spec->accepted_actions = 2;
  spec->action_names = action_names;
  spec->dt_s = DT;
  return heed__control_check_range(p->low, p->high, err);
}

static void reset(const void *self, void *block, heed_rng *rng) {
  const world *w = self;
  state *s = block;
  memset(s, 0, sizeof *s);
  s->x = control_uniform(rng, w->low, w->high);
  s->v = control_uniform(rng, w->low, w->high);
  s->th = control_uniform(rng, w->low, w->high);
  s->w = control_uniform(rng, w->low, w->high);
}

/* One for each step, also the first terminal one; 0 for further terminal ones. */
static double reward_of(const world *w, bool is_terminal, bool has_terminated) {
  if (w->sutton_barto_reward) {
    return is_terminal ? -1.0 : 0.0;
  }
  return is_terminal && has_terminated ? 0.0 : 1.0;
}

static bool is_fallen(double x, double th) {
  return x < -TRACK_LIMIT || x > TRACK_LIMIT || th < -ANGLE_LIMIT || th > ANGLE_LIMIT;
}

static heed_outcome step(const void *self, void *block, heed_action action, heed_rng *rng) {
  (void)rng;
  const world *w = self;
  state *s = block;
  double sine;
  double cosine;
  sincos(s->th, &sine, &cosine);
  double force = action.index == 1 ? FORCE : -FORCE;
  double temp = (force + POLE_MOMENT * (s->w * s->w) * sine) / TOTAL_MASS;
  double th_acc =
      (GRAVITY * sine - cosine * temp) /
      (HALF_LENGTH * (4.0 / 3.0 - POLE_MASS * (cosine * cosine) / TOTAL_MASS)); /* rad/s^2 */
  double x_acc = temp - POLE_MOMENT * th_acc * cosine / TOTAL_MASS;             /* m/s^2 */

  double new_v = s->v + DT * x_acc;
  double new_w = s->w + DT * th_acc;
  s->x += DT * (w->is_semi_implicit ? new_v : s->v);
  s->th += DT * (w->is_semi_implicit ? new_w : s->w);
  s->v = new_v;
  s->w = new_w;

  bool is_terminal = is_fallen(s->x, s->th);
  double reward = reward_of(w, is_terminal, s->has_terminated);
  s->has_terminated |= is_terminal;
  return control_end(&s->tally, w->max_steps, reward, is_terminal);
}

static void observe(const void *self, const void *block, void *obs) {
  (void)self;
  const state *s = block;
  const float row[4] = {(float)s->x, (float)s->v, (float)s->th, (float)s->w};
  memcpy(obs, row, sizeof row);
}

static heed_appraisal appraise(const void *self, const void *obs, heed_action action,
                               const void *next_obs) {
  (void)obs;
  (void)action;
  const world *w = self;
  const float *next = next_obs;
  bool is_terminal = is_fallen((double)next[0], (double)next[2]);
  return (heed_appraisal){.task = reward_of(w, is_terminal, false)};
}

/* Drawn with 1.75 units to the metre; the pale wedge is where the pole counts as upright. */
static void depict(const void *self, const void *obs, heed_picture *picture) {
  (void)self;
  const float unit = 1.75F; /* units per metre */
  const float width = 10.0F;
  const float rail = 3.2F;  /* height of the track, from above */
  const float axle = 2.45F; /* of the pole's foot */
  const float length = 2.0F * (float)HALF_LENGTH * unit;
  const float limit = (float)ANGLE_LIMIT;
  const float *seen = obs;
  float x = width / 2 + unit * seen[0];
  float end = unit * (float)TRACK_LIMIT;

  heed_picture_clear(picture, width, 4);
  const heed_point wedge[] = {{x, axle},
                              {x - length * tanf(limit), axle - length},
                              {x + length * tanf(limit), axle - length}};
  heed_picture_polygon(picture, wedge, 3, CONTROL_PALE);
  heed_picture_line(picture, width / 2 - end, rail, width / 2 + end, rail, 0.08F, CONTROL_GREY);
  heed_picture_line(picture, width / 2 - end, rail - 0.25F, width / 2 - end, rail + 0.25F, 0.08F,
                    CONTROL_GREY);
  heed_picture_line(picture, width / 2 + end, rail - 0.25F, width / 2 + end, rail + 0.25F, 0.08F,
                    CONTROL_GREY);
  heed_picture_rectangle(picture, x - 0.6F, axle - 0.05F, 1.2F, 0.6F, CONTROL_DARK);
  heed_picture_circle(picture, x - 0.35F, rail - 0.18F, 0.18F, CONTROL_GREY);
  heed_picture_circle(picture, x + 0.35F, rail - 0.18F, 0.18F, CONTROL_GREY);
  heed_picture_line(picture, x, axle, x + length * sinf(seen[2]), axle - length * cosf(seen[2]),
                    0.2F, CONTROL_WOOD);
  heed_picture_circle(picture, x, axle, 0.08F, CONTROL_PALE);
}

static bool inspect(const void *self, const void *block, const char *name, heed_reading *reading) {
  (void)self;
  const state *s = block;
  const double numbers[] = {s->x, s->v, s->th, s->w};
  return heed__control_inspect(&s->tally, names, numbers, 4, name, reading);
}

void heed__cartpole_place(void *block, const double *numbers) {
  state *s = block;
  s->x = numbers[0];
  s->v = numbers[1];
  s->th = numbers[2];
  s->w = numbers[3];
}

/* The state as floats show it. */
static void recall(const void *self, const void *obs, void *block) {
  (void)self;
  const float *seen = obs;
  const double numbers[] = {(double)seen[0], (double)seen[1], (double)seen[2], (double)seen[3]};
  memset(block, 0, sizeof(state));
  heed__cartpole_place(block, numbers);
}

const heed_env_ops heed__cartpole_ops = {
    .name = "cartpole",
    .summary = "how long can a pole be kept upright on a cart that is pushed left and right?",
    .details =
        "Observed are position (m), velocity (m/s), angle (rad, 0 upright) and angular velocity\n"
        "(rad/s), rounded to floats. Each step of 0.02 s pushes the cart with 10 N to the left or\n"
        "to the right and pays 1. The episode ends when the cart is more than 2.4 m from the\n"
        "middle or the pole more than 12 degrees from upright; that step pays 1 as well. With\n"
        "sutton_barto_reward every step pays 0, and the one that ends the episode -1.\n"
        "\n"
        "Stepping on past the end, a step that ends in a fallen state again pays 0 (-1 with\n"
        "sutton_barto_reward), and one from which the pole has swung back pays 1.\n"
        "\n"
        "Hidden: nothing but the digits that floats do not show, and the steps left. The\n"
        "performance is the return. Appraisal: the reward, from the observation after the step.\n"
        "\n"
        "Facts to inspect, as doubles: position, velocity, angle, angular_velocity; steps, "
        "return.\n"
        "\n"
        "Optimum: 500, the time limit. To push right if angle + 0.4 angular velocity + 0.02\n"
        "position + 0.05 velocity > 0, and else left, gets it from every start.\n"
        "\n"
        "Source: Barto, Sutton and Anderson (1983), Neuronlike adaptive elements that can solve\n"
        "difficult learning control problems; Gymnasium's CartPole-v1 (v0: max_steps=200).",
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
