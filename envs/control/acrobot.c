/* acrobot.c: can two links that hang from a bar swing up with a motor only in the joint between them?
 *
 *   - - - - - - - - - - - -  goal: the tip one link above the bar
 *
 *   ----------o----------    bar
 *              \
 *         t1 |  \  1 kg, 1 m
 *                o  torque
 *               /
 *              /  t2, relative to the first link
 *
 * Sutton (1996), "Generalization in reinforcement learning: successful examples using sparse coarse
 * coding" (nips), and with one more term Sutton and Barto (1998), section 11.3 (book); Gymnasium's
 * Acrobot-v1. With the torque tau on the second joint:
 *
 *   d1 = m1 lc1^2 + m2 (l1^2 + lc2^2 + 2 l1 lc2 cos t2) + I1 + I2
 *   d2 = m2 (lc2^2 + l1 lc2 cos t2) + I2
 *   f2 = m2 lc2 g cos(t1 + t2 - pi/2)
 *   f1 = -m2 l1 lc2 w2^2 sin t2 - 2 m2 l1 lc2 w2 w1 sin t2 + (m1 lc1 + m2 l1) g cos(t1 - pi/2) + f2
 *   w2' = (tau + d2/d1 f1 - m2 l1 lc2 w1^2 sin t2 - f2) / (m2 lc2^2 + I2 - d2^2/d1)   (nips: no w1^2)
 *   w1' = -(d2 w2' + f1) / d1
 *
 * masses m, lengths l and moments of inertia I are 1, centres of mass at lc = 1/2. */
#include "envs/control/control.h"
#include "envs/control/worlds.h"

#define GRAVITY_1   14.700000000000001 /* (m1 lc1 + m2 l1) g, g = 9.8 m/s^2 */
#define GRAVITY_2   4.9                /* m2 lc2 g */
#define HALF_PI     1.5707963267948966
#define DT          0.2                 /* s, of one step */
#define DT_SIXTH    0.03333333333333333 /* 0.2 / 6 in doubles */
#define SPEED_1_MAX 12.566370614359172  /* rad/s, 4 pi */
#define SPEED_2_MAX 28.274333882308138  /* rad/s, 9 pi */
#define GOAL_HEIGHT 1.0                 /* m above the bar */
#define STEP_REWARD (-1.0)

enum { BOOK, NIPS };

/* Starts and noise are limited because one step amplifies speeds above a few hundred without bound. */
typedef struct params {
  int32_t dynamics;
  double torque_noise_max;
  double low, high;
  int32_t max_steps;
} params;

static const heed_param param_table[] = {
    CONTROL_CHOICE(dynamics, "book|nips", "book", "equations of Sutton and Barto, or of Sutton"),
    CONTROL_REAL(torque_noise_max, 0, 100, "0", "N m",
                 "uniform noise on each torque, to both sides"),
    CONTROL_REAL(low, -50, 50, "-0.1", "rad, rad/s", "least start of each of the four numbers"),
    CONTROL_REAL(high, -50, 50, "0.1", "rad, rad/s", "largest start of each; not below low"),
    CONTROL_MAX_STEPS("500"),
};

typedef struct world {
  bool is_nips;
  double torque_noise_max;
  double low, high;
  uint32_t max_steps;
  float obs_low[6], obs_high[6];
} world;

/* Angles and angular velocities: t1, t2 (rad), w1, w2 (rad/s). */
typedef struct links {
  double t1, t2, w1, w2;
} links;

typedef struct state {
  control_tally tally;
  links y;
  double c2, s2;  /* cosine and sine of t2 */
  float shown[4]; /* cosine and sine of t1, of t2, as they are observed */
} state;

static const char *const names[] = {"angle1", "angle2", "angular_velocity1", "angular_velocity2"};
static const char *const action_names[] = {"-1 N m", "none", "+1 N m"};

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  world *w = self;
  const params *p = parsed;
  w->is_nips = p->dynamics == NIPS;
  w->torque_noise_max = p->torque_noise_max;
  w->low = p->low;
  w->high = p->high;
  w->max_steps = (uint32_t)p->max_steps;
  /* A start is not clipped to the limits. */
  double start = fmax(fabs(p->low), fabs(p->high));
  const float bounds[6] = {
      1.0F, 1.0F, 1.0F, 1.0F, (float)fmax(SPEED_1_MAX, start), (float)fmax(SPEED_2_MAX, start)};
  for (int i = 0; i < 6; i++) {
    w->obs_low[i] = -bounds[i];
    w->obs_high[i] = bounds[i];
  }
  heed__control_spec_init(spec, 6, w->obs_low, w->obs_high, sizeof(state), p->max_steps);
  spec->action_space = heed_space_discrete(3);
  spec->accepted_actions = 3;
  spec->action_names = action_names;
  spec->dt_s = DT;
  return heed__control_check_range(p->low, p->high, err);
}

/* A start is in floats, and so are the sines and cosines that are seen of it. */
static void reset(const void *self, void *block, heed_rng *rng) {
  const world *w = self;
  state *s = block;
  memset(s, 0, sizeof *s);
  float start[4];
  for (int i = 0; i < 4; i++) {
    start[i] = (float)control_uniform(rng, w->low, w->high);
  }
  s->y = (links){(double)start[0], (double)start[1], (double)start[2], (double)start[3]};
  sincosf(start[0], &s->shown[1], &s->shown[0]);
  sincosf(start[1], &s->shown[3], &s->shown[2]);
  sincos(s->y.t2, &s->s2, &s->c2);
}

/* What follows from the angles. Returns the cosine of t1. */
static double derive(state *s) {
  double c1;
  double s1;
  sincos(s->y.t1, &s1, &c1);
  sincos(s->y.t2, &s->s2, &s->c2);
  s->shown[0] = (float)c1;
  s->shown[1] = (float)s1;
  s->shown[2] = (float)s->c2;
  s->shown[3] = (float)s->s2;
  return c1;
}

void heed__acrobot_place(void *block, const double *numbers) {
  state *s = block;
  s->y = (links){numbers[0], numbers[1], numbers[2], numbers[3]};
  (void)derive(s);
}

/* The derivatives of the four numbers; c2 and s2 are cosine and sine of y.t2. */
static links derivative(links y, double c2, double s2, double tau, bool is_nips) {
  double d1 = 0.25 + (1.25 + c2) + 1.0 + 1.0;
  double d2 = 0.25 + 0.5 * c2 + 1.0;
  double f2 = GRAVITY_2 * cos(y.t1 + y.t2 - HALF_PI);
  double f1 =
      -0.5 * control_square(y.w2) * s2 - y.w2 * y.w1 * s2 + GRAVITY_1 * cos(y.t1 - HALF_PI) + f2;
  double torque = tau + d2 / d1 * f1;
  if (!is_nips) {
    torque -= 0.5 * control_square(y.w1) * s2;
  }
  double a2 = (torque - f2) / (1.25 - control_square(d2) / d1);
  double a1 = -(d2 * a2 + f1) / d1;
  return (links){y.w1, y.w2, a1, a2};
}

/* y + h k */
static links moved(links y, double h, links k) {
  return (links){y.t1 + h * k.t1, y.t2 + h * k.t2, y.w1 + h * k.w1, y.w2 + h * k.w2};
}

static links derivative_at(links y, double tau, bool is_nips) {
  double s2;
  double c2;
  sincos(y.t2, &s2, &c2);
  return derivative(y, c2, s2, tau, is_nips);
}

static double weighted(double y, double k1, double k2, double k3, double k4) {
  return y + DT_SIXTH * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
}

/* One step of the Runge-Kutta method of order four. */
static links integrated(const state *s, double tau, bool is_nips) {
  links y = s->y;
  links k1 = derivative(y, s->c2, s->s2, tau, is_nips);
  links k2 = derivative_at(moved(y, 0.5 * DT, k1), tau, is_nips);
  links k3 = derivative_at(moved(y, 0.5 * DT, k2), tau, is_nips);
  links k4 = derivative_at(moved(y, DT, k3), tau, is_nips);
  return (links){
      weighted(y.t1, k1.t1, k2.t1, k3.t1, k4.t1), weighted(y.t2, k1.t2, k2.t2, k3.t2, k4.t2),
      weighted(y.w1, k1.w1, k2.w1, k3.w1, k4.w1), weighted(y.w2, k1.w2, k2.w2, k3.w2, k4.w2)};
}

/* One turn at a time: a remainder rounds otherwise. */
static double wrapped(double t) {
  while (t > CONTROL_PI) {
    t -= CONTROL_TAU;
  }
  while (t < -CONTROL_PI) {
    t += CONTROL_TAU;
  }
  return t;
}

static heed_outcome step(const void *self, void *block, heed_action action, heed_rng *rng) {
  const world *w = self;
  state *s = block;
  double tau = action.index - 1;
  if (w->torque_noise_max > 0.0) {
    tau += control_uniform(rng, -w->torque_noise_max, w->torque_noise_max);
  }
  links y = integrated(s, tau, w->is_nips);
  s->y = (links){wrapped(y.t1), wrapped(y.t2), control_clip(y.w1, -SPEED_1_MAX, SPEED_1_MAX),
                 control_clip(y.w2, -SPEED_2_MAX, SPEED_2_MAX)};
  double c1 = derive(s);
  bool is_terminal = -c1 - cos(s->y.t2 + s->y.t1) > GOAL_HEIGHT;
  return control_end(&s->tally, w->max_steps, is_terminal ? 0.0 : STEP_REWARD, is_terminal);
}

static void observe(const void *self, const void *block, void *obs) {
  (void)self;
  const state *s = block;
  const float speeds[2] = {(float)s->y.w1, (float)s->y.w2};
  memcpy(obs, s->shown, sizeof s->shown);
  memcpy((float *)obs + 4, speeds, sizeof speeds);
}

static heed_appraisal appraise(const void *self, const void *obs, heed_action action,
                               const void *next_obs) {
  (void)self;
  (void)obs;
  (void)action;
  const float *next = next_obs;
  double c1 = (double)next[0];
  double c12 = c1 * (double)next[2] - (double)next[1] * (double)next[3]; /* cos(t1 + t2) */
  return (heed_appraisal){.task = -c1 - c12 > GOAL_HEIGHT ? 0.0 : STEP_REWARD};
}

/* Drawn with 1.35 units to the metre. The green line is the height that the tip must pass. */
static void depict(const void *self, const void *obs, heed_picture *picture) {
  (void)self;
  const float unit = 1.35F;
  const float middle = 3.0F;
  const float *seen = obs;
  float t1 = atan2f(seen[1], seen[0]);
  float t12 = t1 + atan2f(seen[3], seen[2]);
  float joint_x = middle + unit * sinf(t1);
  float joint_y = middle + unit * cosf(t1);
  float tip_x = joint_x + unit * sinf(t12);
  float tip_y = joint_y + unit * cosf(t12);
  float goal = middle - unit * (float)GOAL_HEIGHT;
  heed_picture_clear(picture, 2 * middle, 2 * middle);
  heed_picture_line(picture, 0.3F, goal, 2 * middle - 0.3F, goal, 0.06F, CONTROL_GREEN);
  heed_picture_line(picture, middle - 0.5F, middle, middle + 0.5F, middle, 0.1F, CONTROL_GREY);
  heed_picture_line(picture, middle, middle, joint_x, joint_y, 0.28F, CONTROL_BLUE);
  heed_picture_line(picture, joint_x, joint_y, tip_x, tip_y, 0.22F, CONTROL_WOOD);
  heed_picture_circle(picture, middle, middle, 0.1F, CONTROL_DARK);
  heed_picture_circle(picture, joint_x, joint_y, 0.18F, CONTROL_DARK);
}

static bool inspect(const void *self, const void *block, const char *name, heed_reading *reading) {
  (void)self;
  const state *s = block;
  const double numbers[] = {s->y.t1, s->y.t2, s->y.w1, s->y.w2};
  return heed__control_inspect(&s->tally, names, numbers, 4, name, reading);
}

/* The state as floats show it. */
static void recall(const void *self, const void *obs, void *block) {
  (void)self;
  const float *seen = obs;
  const double numbers[] = {atan2((double)seen[1], (double)seen[0]),
                            atan2((double)seen[3], (double)seen[2]), (double)seen[4],
                            (double)seen[5]};
  memset(block, 0, sizeof(state));
  heed__acrobot_place(block, numbers);
}

const heed_env_ops heed__acrobot_ops = {
    .name = "acrobot",
    .summary = "can two links swing up with a motor only in the joint between them?",
    .details =
        "Observed are cosine and sine of the first link's angle (0 hanging down), cosine and sine\n"
        "of the second's relative to the first, and both angular velocities (rad/s), rounded to\n"
        "floats. Each step of 0.2 s puts -1, 0 or 1 N m on the joint between the links, with\n"
        "uniform noise of torque_noise_max to both sides, and pays -1. The episode ends, for 0,\n"
        "when the tip is more than one link above the bar.\n"
        "\n"
        "Stepping on past the end goes on as before: 0 for steps that end above the line, else "
        "-1.\n"
        "\n"
        "Hidden: nothing but the digits that floats do not show, and the steps left. The\n"
        "performance is the return. Appraisal: the reward, from the observation after the step.\n"
        "\n"
        "Facts to inspect, as doubles: angle1, angle2, angular_velocity1, angular_velocity2; "
        "steps,\n"
        "return.\n"
        "\n"
        "The torque against the first link's velocity takes 85 steps on average, 70 at best.\n"
        "\n"
        "Source: Sutton (1996), Generalization in Reinforcement Learning; Sutton and Barto "
        "(1998),\n"
        "section 11.3; Gymnasium's Acrobot-v1.",
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
