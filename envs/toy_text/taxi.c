/* taxi.c: fetch a passenger, and bring them where they want to go.
 *
 *   +---------+
 *   |R: | : :G|     | is a wall, : is open. Passengers wait at one of the places R, G, Y, B and want
 *   | : | : : |     to be brought to another.
 *   | : : : : |
 *   | | : | : |
 *   |Y| : |B: |
 *   +---------+
 *
 * The agent observes four numbers: the row and the column of the taxi, where the passenger is (0 to 3:
 * waits at R, G, Y or B; 4: in the taxi) and the place they want to go to. Dietterich (2000),
 * "Hierarchical reinforcement learning with the MAXQ value function decomposition", JAIR 13, section 2;
 * Taxi-v3 and Taxi-v4 of Gymnasium (Towers et al. 2024, arXiv:2407.17032). */
#include <assert.h>

#include "envs/toy_text/toy_text.h"
#include "envs/toy_text/worlds.h"

enum { SIDE = 5, PLACE_COUNT = 4, IN_TAXI = PLACE_COUNT };
enum { ROW, COLUMN, PASSENGER, DESTINATION, FACTOR_COUNT };
static const uint16_t factor_values[FACTOR_COUNT] = {SIDE, SIDE, PLACE_COUNT + 1, PLACE_COUNT};

enum { SOUTH, NORTH, EAST, WEST, PICK_UP, DROP_OFF, ACTION_COUNT };
enum { MOVE_COUNT = PICK_UP };
static const char *const action_names[ACTION_COUNT] = {"south", "north",   "east",
                                                       "west",  "pick up", "drop off"};

/* Bit c: there is a wall to the east of column c. */
static const uint8_t walls[SIDE] = {1 << 1, 1 << 1, 0, 1 << 0 | 1 << 2, 1 << 0 | 1 << 2};

static const struct {
  uint8_t row, column;
  uint32_t rgb;
  char letter[2];
} places[PLACE_COUNT] = {
    {0, 0, 0xd62728, "R"}, {0, 4, 0x2ca02c, "G"}, {4, 0, 0xd4a800, "Y"}, {4, 3, 0x1f5fb4, "B"}};

#define STEP_REWARD     (-1.0)
#define DELIVERY_REWARD 20.0
#define REFUSED_REWARD  (-10.0)

/* What v3 has fixed. */
#define V3_RAINY_PROBABILITY  0.8
#define V3_FICKLE_PROBABILITY 0.3

enum { V4, V3 }; /* versions */

typedef struct params {
  int32_t version;
  bool is_rainy;
  bool fickle_passenger;
  double rainy_probability;
  double fickle_probability;
  int32_t max_steps;
} params;

static const heed_param param_table[] = {
    {.name = "version",
     .type = HEED_PARAM_CHOICE,
     .offset = offsetof(params, version),
     .fallback = "v4",
     .choices = "v4|v3",
     .unit = "",
     .help = "of the original; they differ in how the rain drives the taxi aside"},
    {.name = "is_rainy",
     .type = HEED_PARAM_BOOL,
     .offset = offsetof(params, is_rainy),
     .fallback = "false",
     .unit = "",
     .help = "a move may drift to either side"},
    {.name = "fickle_passenger",
     .type = HEED_PARAM_BOOL,
     .offset = offsetof(params, fickle_passenger),
     .fallback = "false",
     .unit = "",
     .help = "a passenger may want to go elsewhere once they are under way"},
    {.name = "rainy_probability",
     .type = HEED_PARAM_REAL,
     .offset = offsetof(params, rainy_probability),
     .fallback = "0.8",
     .min = 0.0,
     .max = 1.0,
     .unit = "",
     .help = "probability that a move in the rain goes where it was to go; v3: 0.8"},
    {.name = "fickle_probability",
     .type = HEED_PARAM_REAL,
     .offset = offsetof(params, fickle_probability),
     .fallback = "0.3",
     .min = 0.0,
     .max = 1.0,
     .unit = "",
     .help = "share of the episodes whose passenger is fickle; v3: 0.3"},
    {.name = "max_steps",
     .type = HEED_PARAM_INT,
     .offset = offsetof(params, max_steps),
     .fallback = "200",
     .min = 0,
     .max = 1e9,
     .unit = "steps",
     .help = "time limit; 0: none"},
};

/* All starts: state 0, which the draw falls back to although nobody is to be fetched there, then those
 * whose passenger waits elsewhere than where they want to go. */
enum {
  STATE_COUNT = SIDE * SIDE * (PLACE_COUNT + 1) * PLACE_COUNT,
  START_COUNT = 1 + SIDE * SIDE * PLACE_COUNT * (PLACE_COUNT - 1)
};

typedef struct world {
  int32_t version;
  uint32_t max_steps;
  bool has_fickle_passenger;
  double fickle_probability;
  uint32_t drift_count; /* outcomes of a move: 1, or 3 in the rain: ahead, left, right */
  double drift[3];      /* [drift_count] their probabilities */
  uint16_t start[START_COUNT];
  double start_probability[START_COUNT];
} world;

/* What a state says: the factors of its number. */
typedef struct trip {
  int factor[FACTOR_COUNT];
} trip;

static uint32_t number_of(const trip *t) {
  uint32_t number = 0;
  for (int i = 0; i < FACTOR_COUNT; i++) {
    number = number * factor_values[i] + (uint32_t)t->factor[i];
  }
  return number;
}

static trip trip_of(uint32_t number) {
  return (trip){{[ROW] = (int)(number / (SIDE * (PLACE_COUNT + 1) * PLACE_COUNT)),
                 [COLUMN] = (int)(number / ((PLACE_COUNT + 1) * PLACE_COUNT) % SIDE),
                 [PASSENGER] = (int)(number / PLACE_COUNT % (PLACE_COUNT + 1)),
                 [DESTINATION] = (int)(number % PLACE_COUNT)}};
}

/* ---- building ------------------------------------------------------------------------------- */

static void find_starts(world *w) {
  uint32_t count = 1;
  for (uint32_t number = 0; number < STATE_COUNT; number++) {
    trip t = trip_of(number);
    if (t.factor[PASSENGER] != IN_TAXI && t.factor[PASSENGER] != t.factor[DESTINATION]) {
      w->start[count] = (uint16_t)number;
      w->start_probability[count++] = 1.0 / (START_COUNT - 1);
    }
  }
  assert(count == START_COUNT);
}

/* The probabilities of v3 are not those of v4 to the last bit. */
static void set_rain(world *w, const params *p) {
  double sideways = p->version == V3 ? 0.1 : (1.0 - p->rainy_probability) / 2.0;
  w->drift_count = p->is_rainy ? 3 : 1;
  w->drift[0] = p->is_rainy ? p->rainy_probability : 1.0;
  w->drift[1] = w->drift[2] = sideways;
}

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  world *w = self;
  const params *p = parsed;
  if (p->version == V3 && p->rainy_probability != V3_RAINY_PROBABILITY) {
    return heed_fail(err, HEED_ERR_ARG, "rainy_probability: %g, but version v3 has %g",
                     p->rainy_probability, V3_RAINY_PROBABILITY);
  }
  if (p->version == V3 && p->fickle_probability != V3_FICKLE_PROBABILITY) {
    return heed_fail(err, HEED_ERR_ARG, "fickle_probability: %g, but version v3 has %g",
                     p->fickle_probability, V3_FICKLE_PROBABILITY);
  }
  w->version = p->version;
  w->max_steps = (uint32_t)p->max_steps;
  w->has_fickle_passenger = p->fickle_passenger;
  w->fickle_probability = p->fickle_probability;
  set_rain(w, p);
  find_starts(w);
  heed_space space = {.kind = HEED_SPACE_CELLS,
                      .count = FACTOR_COUNT,
                      .value_count = PLACE_COUNT + 1,
                      .value_counts = factor_values};
  heed__toy_spec_init(spec, space, action_names, ACTION_COUNT, w->max_steps);
  return HEED_OK;
}

/* ---- an episode ----------------------------------------------------------------------------- */

static void reset(const void *self, void *block, heed_rng *rng) {
  const world *w = self;
  toy_state *s = block;
  toy_reset(s, w->start[heed_rng_categorical(rng, w->start_probability, START_COUNT)]);
  if (w->has_fickle_passenger) {
    s->is_open = heed_rng_chance(rng, w->fickle_probability);
  }
}

/* Is the way out of a cell blocked, by a wall or by the border of the grid? */
static bool is_blocked(int row, int column, uint32_t direction) {
  switch (direction) {
    case SOUTH:
      return row == SIDE - 1;
    case NORTH:
      return row == 0;
    case EAST:
      return column == SIDE - 1 || (walls[row] >> column & 1) != 0;
    default:
      return column == 0 || (walls[row] >> (column - 1) & 1) != 0;
  }
}

/* Goes one cell, whatever walls there are; stays at the border. */
static trip neighbour(trip t, uint32_t direction) {
  static const int8_t row_steps[MOVE_COUNT] = {[SOUTH] = 1, [NORTH] = -1};
  static const int8_t column_steps[MOVE_COUNT] = {[EAST] = 1, [WEST] = -1};
  int row = t.factor[ROW] + row_steps[direction];
  int column = t.factor[COLUMN] + column_steps[direction];
  if (row >= 0 && row < SIDE && column >= 0 && column < SIDE) {
    t.factor[ROW] = row;
    t.factor[COLUMN] = column;
  }
  return t;
}

static trip drive(trip t, uint32_t direction) {
  return is_blocked(t.factor[ROW], t.factor[COLUMN], direction) ? t : neighbour(t, direction);
}

/* A move that may have drifted. v4 drives aside, unless the way ahead is blocked: then the taxi stays.
 * v3 calls only walls and the border to the east and to the west a blocked way, and looks for a wall on
 * one side of the cell that it drifts into whatever direction it comes from. */
static trip drift(const world *w, trip t, uint32_t direction, uint32_t drawn) {
  static const uint8_t sides[2][MOVE_COUNT][2] = {
      [V4] = {[SOUTH] = {EAST, WEST},
              [NORTH] = {WEST, EAST},
              [EAST] = {NORTH, SOUTH},
              [WEST] = {SOUTH, NORTH}},
      [V3] = {[SOUTH] = {WEST, EAST},
              [NORTH] = {WEST, EAST},
              [EAST] = {SOUTH, NORTH},
              [WEST] = {SOUTH, NORTH}}};
  bool stays = is_blocked(t.factor[ROW], t.factor[COLUMN], direction) &&
               (w->version == V4 || direction == EAST || direction == WEST);
  if (drawn == 0 || stays) {
    return drive(t, direction);
  }
  uint32_t side = sides[w->version][direction][drawn - 1];
  if (w->version == V4) {
    return drive(t, side);
  }
  trip aside = neighbour(t, side);
  uint32_t looked_at = drawn == 1 ? EAST : WEST;
  return is_blocked(aside.factor[ROW], aside.factor[COLUMN], looked_at) ? t : aside;
}

/* The place at the taxi's cell, or PLACE_COUNT. */
static int place_at(const trip *t) {
  int place = 0;
  while (place < PLACE_COUNT &&
         (places[place].row != t->factor[ROW] || places[place].column != t->factor[COLUMN])) {
    place++;
  }
  return place;
}

static bool can_pick_up(const trip *t) {
  return t->factor[PASSENGER] != IN_TAXI && t->factor[PASSENGER] == place_at(t);
}

static bool can_drop_off(const trip *t) {
  return t->factor[PASSENGER] == IN_TAXI && place_at(t) != PLACE_COUNT;
}

/* Picks up or drops off; nothing happens where that cannot be. */
static trip serve(trip t, int32_t action) {
  if (action == PICK_UP && can_pick_up(&t)) {
    t.factor[PASSENGER] = IN_TAXI;
  } else if (action == DROP_OFF && can_drop_off(&t)) {
    t.factor[PASSENGER] = place_at(&t);
  }
  return t;
}

static bool is_delivery(const trip *before, const trip *after) {
  return before->factor[PASSENGER] == IN_TAXI &&
         after->factor[PASSENGER] == before->factor[DESTINATION];
}

static double reward_of(const trip *before, int32_t action, const trip *after) {
  if (action < MOVE_COUNT) {
    return STEP_REWARD;
  }
  if (before->factor[PASSENGER] == after->factor[PASSENGER]) {
    return REFUSED_REWARD;
  }
  return is_delivery(before, after) ? DELIVERY_REWARD : STEP_REWARD;
}

/* A fickle passenger thinks again once, when they are first driven. */
static void think_again(toy_state *s, const trip *before, trip *after, heed_rng *rng) {
  bool moved =
      before->factor[ROW] != after->factor[ROW] || before->factor[COLUMN] != after->factor[COLUMN];
  if (s->is_open != 0 && before->factor[PASSENGER] == IN_TAXI && moved) {
    int other = (int)heed_rng_choice(rng, PLACE_COUNT - 1);
    after->factor[DESTINATION] = other + (other >= before->factor[DESTINATION]);
    s->is_open = 0;
  }
}

static heed_outcome step(const void *self, void *block, heed_action action, heed_rng *rng) {
  const world *w = self;
  toy_state *s = block;
  trip before = trip_of(s->number);
  trip after;
  double probability = 1.0;
  if (action.index < MOVE_COUNT) {
    uint32_t drawn = heed_rng_categorical(rng, w->drift, w->drift_count);
    probability = w->drift[drawn];
    after = drift(w, before, (uint32_t)action.index, drawn);
  } else {
    (void)heed_rng_categorical(rng, toy_certain, 1);
    after = serve(before, action.index);
  }
  toy_outcome outcome = {.reward = reward_of(&before, action.index, &after),
                         .is_terminal = is_delivery(&before, &after)};
  think_again(s, &before, &after, rng);
  outcome.next = number_of(&after);
  return toy_advance(s, &outcome, probability, w->max_steps);
}

/* ---- what is seen --------------------------------------------------------------------------- */

static void observe(const void *self, const void *block, void *obs) {
  (void)self;
  const toy_state *s = block;
  trip t = trip_of(s->number);
  for (int i = 0; i < FACTOR_COUNT; i++) {
    ((uint8_t *)obs)[i] = (uint8_t)t.factor[i];
  }
}

static trip trip_seen(const void *obs) {
  trip t;
  for (int i = 0; i < FACTOR_COUNT; i++) {
    t.factor[i] = ((const uint8_t *)obs)[i];
  }
  return t;
}

static heed_appraisal appraise(const void *self, const void *obs, heed_action action,
                               const void *next_obs) {
  (void)self;
  trip before = trip_seen(obs);
  trip after = trip_seen(next_obs);
  return (heed_appraisal){.task = reward_of(&before, action.index, &after)};
}

static bool inspect(const void *self, const void *block, const char *name, heed_reading *reading) {
  (void)self;
  const toy_state *s = block;
  trip t = trip_of(s->number);
  if (strcmp(name, "fickle") == 0) {
    *reading = (heed_reading){.count = 1, .values = {s->is_open}};
    return true;
  }
  if (strcmp(name, "mask") == 0) {
    reading->count = ACTION_COUNT;
    for (uint32_t direction = 0; direction < MOVE_COUNT; direction++) {
      reading->values[direction] = !is_blocked(t.factor[ROW], t.factor[COLUMN], direction);
    }
    reading->values[PICK_UP] = can_pick_up(&t);
    reading->values[DROP_OFF] = can_drop_off(&t);
    return true;
  }
  return heed__toy_inspect(s, name, reading);
}

/* ---- what is drawn -------------------------------------------------------------------------- */

#define BORDER      0.1F /* units around the grid */
#define WALL_RGB    0x333333
#define GROUND_RGB  0xe4e4e4
#define FRAME_RGB   0xffffff
#define TAXI_RGB    0xf2c200
#define WINDOW_RGB  0x5b6b7a
#define PERSON_RGB  0x000000
#define PERSON_SIZE 0.15F /* radius */

/* A square of a cell's colour, `inset` from its sides. */
static void depict_square(heed_picture *picture, int row, int column, float inset, uint32_t rgb) {
  heed_picture_rectangle(picture, BORDER + (float)column + inset, BORDER + (float)row + inset,
                         1 - 2 * inset, 1 - 2 * inset, rgb);
}

static void depict_places(heed_picture *picture, int destination) {
  for (int i = 0; i < PLACE_COUNT; i++) {
    depict_square(picture, places[i].row, places[i].column, 0, places[i].rgb);
    heed_picture_label(picture, BORDER + (float)places[i].column + 0.26F,
                       BORDER + (float)places[i].row + 0.28F, 0.28F, 0xffffff, places[i].letter);
  }
  int row = places[destination].row;
  int column = places[destination].column;
  depict_square(picture, row, column, 0.05F, FRAME_RGB);
  depict_square(picture, row, column, 0.12F, places[destination].rgb);
}

static void depict_walls(heed_picture *picture) {
  for (int row = 0; row < SIDE; row++) {
    for (int column = 0; column < SIDE - 1; column++) {
      if (is_blocked(row, column, EAST)) {
        float x = BORDER + (float)column + 1;
        float y = BORDER + (float)row;
        heed_picture_line(picture, x, y, x, y + 1, BORDER, WALL_RGB);
      }
    }
  }
}

/* Seen from above. The destination is framed; the passenger is a dot, at a place or in the taxi. */
static void depict(const void *self, const void *obs, heed_picture *picture) {
  (void)self;
  trip t = trip_seen(obs);
  float side = SIDE + 2 * BORDER;
  heed_picture_clear(picture, side, side);
  heed_picture_rectangle(picture, 0, 0, side, side, WALL_RGB);
  heed_picture_rectangle(picture, BORDER, BORDER, SIDE, SIDE, GROUND_RGB);
  depict_places(picture, t.factor[DESTINATION]);
  depict_walls(picture);

  float x = BORDER + (float)t.factor[COLUMN] + 0.5F;
  float y = BORDER + (float)t.factor[ROW] + 0.5F;
  heed_picture_rectangle(picture, x - 0.38F, y - 0.24F, 0.76F, 0.48F, WALL_RGB);
  heed_picture_rectangle(picture, x - 0.35F, y - 0.21F, 0.7F, 0.42F, TAXI_RGB);
  heed_picture_rectangle(picture, x - 0.2F, y - 0.16F, 0.4F, 0.32F, WINDOW_RGB);

  int from = t.factor[PASSENGER];
  bool waits = from != IN_TAXI;
  float person_x = waits ? BORDER + (float)places[from].column + 0.5F : x;
  float person_y = waits ? BORDER + (float)places[from].row + 0.79F : y;
  heed_picture_circle(picture, person_x, person_y, PERSON_SIZE, FRAME_RGB);
  heed_picture_circle(picture, person_x, person_y, PERSON_SIZE * 0.75F, PERSON_RGB);
}

const heed_env_ops heed__taxi_ops = {
    .name = "taxi",
    .summary = "does the taxi fetch its passenger and bring them where they want to go?",
    .details =
        "  +---------+\n"
        "  |R: | : :G|     | is a wall, : is open. Passengers wait at R, G, Y or B\n"
        "  | : | : : |     and want to be brought to another of these places.\n"
        "  | : : : : |\n"
        "  | | : | : |\n"
        "  |Y| : |B: |\n"
        "  +---------+\n"
        "\n"
        "Each step costs 1, a delivery pays 20 instead and ends the episode; to pick up or to\n"
        "drop off where that cannot be costs 10. Passengers can be left at any of the places R,\n"
        "G, Y, B.\n"
        "\n"
        "Observed are four numbers: row, column, passenger (0 to 3 for R, G, Y, B; 4 in the\n"
        "taxi), destination (0 to 3). The state of the original is ((row * 5 + column) * 5 +\n"
        "passenger) * 4 + destination.\n"
        "\n"
        "In the rain a move goes ahead with rainy_probability, and else to the left or to the\n"
        "right of that, as often the one as the other; what is blocked stays, and stays for sure\n"
        "where the way ahead is blocked. When the taxi first moves with a fickle passenger, they\n"
        "choose one of the other three places to go to, each as likely.\n"
        "\n"
        "Taxi-v4 is this world with its defaults, Taxi-v3 with version=v3, whose rain overlooks\n"
        "some walls and drifts even where the way north or south is blocked. They agree in every\n"
        "draw. One draw in 2.6 * 10^14 starts in state 0, where the passenger is at R and wants\n"
        "to go there; as in the original.\n"
        "\n"
        "Hidden: whether the passenger is fickle, and the steps that are left. The performance\n"
        "is the return.\n"
        "\n"
        "Appraisal: the reward as task.\n"
        "\n"
        "Facts to inspect: state, prob (of the outcome last drawn), mask (which actions do\n"
        "something, six numbers), fickle (may still change their mind), steps, return. Stepping\n"
        "past the end goes on: the passenger can be fetched again.\n"
        "\n"
        "Optimum, mean over the starts: dry 7.93 (3 to 15), rainy 3.954575, v3 4.434884; with a\n"
        "fickle passenger, to who knows whether it is one, 8.38 and 4.581050. By dynamic\n"
        "programming, without limit.\n"
        "\n"
        "Source: Dietterich (2000), JAIR 13, 227-303; Towers et al. (2024), Gymnasium,\n"
        "arXiv:2407.17032.",
    .params = param_table,
    .param_count = sizeof param_table / sizeof param_table[0],
    .params_size = sizeof(params),
    .self_size = sizeof(world),
    .create = create,
    .reset = reset,
    .step = step,
    .observe = observe,
    .performance = heed__toy_performance,
    .appraise = appraise,
    .depict = depict,
    .inspect = inspect,
};
