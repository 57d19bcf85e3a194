/* pendulum.c: can a pendulum be swung up and held by a motor that is too weak to lift it?
 *
 *          th |
 *          \  |
 *           \ |   1 kg, 1 m
 *            \|
 *             o  torque u within 2 N m
 *
 * With angle th (0 upright), angular velocity w, gravity g, mass m, length l:
 *
 *   w'  = 3 g / (2 l) sin th + 3 u / (m l^2)        reward = -(th^2 + 0.1 w^2 + 0.001 u^2)
 *
 * in which th is taken within half a turn of upright. Gymnasium's Pendulum-v1. */
#include "envs/control/control.h"
#include "envs/control/worlds.h"

#define TORQUE_LIMIT 2.0F /* N m */
#define SPEED_LIMIT  8.0  /* rad/s */
#define DT           0.05 /* s */

typedef struct params {
  double g;
  double x_init, y_init;
  int32_t numerics;
  int32_t max_steps;
} params;

static const heed_param param_table[] = {
    CONTROL_REAL(g, -1000, 1000, "10", "m/s^2", "gravity"),
    CONTROL_REAL(x_init, 0, 1e6, "3.141592653589793", "rad", "largest angle at the start"),
    CONTROL_REAL(y_init, 0, 1e6, "1", "rad/s", "largest angular velocity at the start"),
    CONTROL_NUMERICS,
    CONTROL_MAX_STEPS("200"),
};

typedef struct world {
  double pull; /* 3 g / 2, of gravity on a pendulum that lies flat, rad/s^2 */
  double x_init, y_init;
  bool is_np1;
  uint32_t max_steps;
  float obs_low[3], obs_high[3];
} world;

typedef struct state {
  control_tally tally;
  double th;           /* rad, 0 upright; never wrapped */
  double w;            /* rad/s */
  double sine, cosine; /* of th */
} state;

static const char *const names[] = {"angle", "angular_velocity"};
static const float torque_low[] = {-TORQUE_LIMIT};
static const float torque_high[] = {TORQUE_LIMIT};

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  (void)err;
  world *w = self;
  const params *p = parsed;
  w->pull = 3.0 * p->g / 2.0;
  w->x_init = p->x_init;
  w->y_init = p->y_init;
  w->is_np1 = p->numerics == CONTROL_NP1;
  w->max_steps = (uint32_t)p->max_steps;
  const float bounds[3] = {1.0F, 1.0F, (float)fmax(SPEED_LIMIT, p->y_init)};
  for (int i = 0; i < 3; i++) {
    w->obs_low[i] = -bounds[i];
    w->obs_high[i] = bounds[i];
  }
  heed__control_spec_init(spec, 3, w->obs_low, w->obs_high, sizeof(state), p->max_steps);
  spec->action_space = heed_space_box(1, torque_low, torque_high);
  spec->clips_actions = true;
  spec->dt_s = DT;
  return HEED_OK;
}

static void place(state *s, double th, double w) {
  s->th = th;
  s->w = w;
  sincos(th, &s->sine, &s->cosine);
}

void heed__pendulum_place(void *block, const double *numbers) {
  place(block, numbers[0], numbers[1]);
}

static void reset(const void *self, void *block, heed_rng *rng) {
  const world *w = self;
  state *s = block;
  memset(s, 0, sizeof *s);
  double th = control_uniform(rng, -w->x_init, w->x_init);
  double speed = control_uniform(rng, -w->y_init, w->y_init);
  place(s, th, speed);
}

/* The same angle within half a turn of upright: the floor modulus of th + pi and a turn, less pi. Next to
 * the first turn fmod would do no more than is done here without it, and without a branch: a pendulum that
 * hangs crosses from one turn to the next all the time. */
static double wrapped(double th) {
  double y = th + CONTROL_PI;
  double m = y + CONTROL_TAU * ((y < 0.0) - (y >= CONTROL_TAU));
  if (!(y > -CONTROL_TAU && y < 2.0 * CONTROL_TAU)) {
    m = fmod(y, CONTROL_TAU);
    m = m < 0.0 ? m + CONTROL_TAU : fabs(m);
  }
  return m - CONTROL_PI;
}

static heed_outcome step(const void *self, void *block, heed_action action, heed_rng *rng) {
  (void)rng;
  const world *w = self;
  state *s = block;
  float u = control_clip_float(action.value[0], -TORQUE_LIMIT, TORQUE_LIMIT);
  double effort =
      w->is_np1 ? 0.001 * control_square((double)u) : (double)(0.001F * powf(fabsf(u), 2.0F));
  double push = w->is_np1 ? 3.0 * (double)u : (double)(3.0F * u);
  double cost = (control_square(wrapped(s->th)) + 0.1 * control_square(s->w)) + effort;

  double speed = s->w + (w->pull * s->sine + push) * DT;
  speed = control_clip(speed, -SPEED_LIMIT, SPEED_LIMIT);
  place(s, s->th + speed * DT, speed);
  return control_end(&s->tally, w->max_steps, -cost, false);
}

static void observe(const void *self, const void *block, void *obs) {
  (void)self;
  const state *s = block;
  const float row[3] = {(float)s->cosine, (float)s->sine, (float)s->w};
  memcpy(obs, row, sizeof row);
}

static heed_appraisal appraise(const void *self, const void *obs, heed_action action,
                               const void *next_obs) {
  (void)self;
  (void)next_obs;
  const float *seen = obs;
  double th = atan2((double)seen[1], (double)seen[0]);
  double w = (double)seen[2];
  double u = (double)control_clip_float(action.value[0], -TORQUE_LIMIT, TORQUE_LIMIT);
  return (heed_appraisal){.task = -(th * th + 0.1 * w * w + 0.001 * u * u)};
}

/* Angles grow counterclockwise, as the original draws them. Dots mark where the tip was in the last few
 * steps, had it moved as it does now; the green one is where it should be. */
static void depict(const void *self, const void *obs, heed_picture *picture) {
  (void)self;
  enum { TRAIL = 4 };
  const float x = 3.0F; /* of the axle */
  const float y = 2.5F;
  const float length = 1.9F;
  const float *seen = obs;
  float angle = atan2f(seen[1], seen[0]);
  heed_picture_clear(picture, 2 * x, 2 * y);
  heed_picture_circle(picture, x, y, length + 0.03F, CONTROL_PALE);
  heed_picture_circle(picture, x, y, length - 0.03F, 0xffffff);
  heed_picture_circle(picture, x, y - length, 0.14F, CONTROL_GREEN);
  for (int i = TRAIL; i > 0; i--) {
    float before = angle - (float)i * (float)DT * seen[2];
    heed_picture_circle(picture, x - length * sinf(before), y - length * cosf(before),
                        0.17F - 0.03F * (float)i, CONTROL_GREY);
  }
  heed_picture_line(picture, x, y, x - length * sinf(angle), y - length * cosf(angle), 0.34F,
                    CONTROL_BLUE);
  heed_picture_circle(picture, x, y, 0.1F, CONTROL_DARK);
}

static bool inspect(const void *self, const void *block, const char *name, heed_reading *reading) {
  (void)self;
  const state *s = block;
  const double numbers[] = {s->th, s->w};
  return heed__control_inspect(&s->tally, names, numbers, 2, name, reading);
}

/* The state as floats show it. */
static void recall(const void *self, const void *obs, void *block) {
  (void)self;
  const float *seen = obs;
  const double numbers[] = {atan2((double)seen[1], (double)seen[0]), (double)seen[2]};
  memset(block, 0, sizeof(state));
  heed__pendulum_place(block, numbers);
}

const heed_env_ops heed__pendulum_ops = {
    .name = "pendulum",
    .summary = "can a pendulum be swung up and held by a motor too weak to lift it?",
    .details =
        "Observed are cosine and sine of the angle (0 upright) and the angular velocity (rad/s),\n"
        "rounded to floats. The action is a torque within 2 N m, for 0.05 s; what is out of\n"
        "bounds is clipped. A step pays -(angle^2 + 0.1 angular velocity^2 + 0.001 torque^2), of\n"
        "the angle and the velocity before it. The velocity stays within 8 rad/s. Nothing ends\n"
        "but by the time limit; stepping on past it goes on as before.\n"
        "\n"
        "Hidden: nothing but the digits that floats do not show, the number of turns, and the\n"
        "steps left. The performance is the return. Appraisal: the reward, from the observation\n"
        "before the step and the action.\n"
        "\n"
        "Facts to inspect, as doubles: angle, angular_velocity; steps, return.\n"
        "\n"
        "A good controller gets -153 on average: with E = w^2 / 6 + 5 cos(angle), near the top\n"
        "(within 0.5 rad and 3 rad/s) the torque -(10 angle + 3 w), and else 2 in the direction "
        "of\n"
        "w, against it if E >= 5.\n"
        "\n"
        "Source: Gymnasium's Pendulum-v1. numerics=np1 rounds as it does with NumPy 1.",
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
