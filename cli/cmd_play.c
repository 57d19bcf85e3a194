/* cmd_play.c: `heed play`: a person acts in a world. */
#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/game.h"
#include "cli/keys.h"
#include "cli/load.h"
#include "cli/opponent.h"
#include "cli/print.h"
#include "cli/window.h"

enum {
  LEFT = 2,       /* column where everything begins */
  TOP = 2,        /* row of the picture */
  BELOW = 8,      /* rows under the picture: status, message, keys */
  LINE_SIZE = 512 /* bytes of a line of text */
};

typedef struct settings {
  heed__common common;
  const char *params;
  const char *map;
  const char *record;
  const char *planner, *value;
  int32_t against; /* 0: nobody; 1, 2: the planner plays first, or second */
  int32_t colour;
} settings;

static const heed__option options[] = {
    {"params", 'p', HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Parameters of the environment, e.g. level=1"},
    HEED__OPTION_MAP(settings),
    {"record", 0, HEED__OPTION_TEXT, offsetof(settings, record), NULL, 0, 0, NULL, "FILE",
     "Write the episodes, without what was taken back, to a file that 'heed replay' plays again "
     "and "
     "'heed draw' draws"},
    {"against", 0, HEED__OPTION_CHOICE, offsetof(settings, against), "nobody", 0, 0,
     "nobody|first|second", "WHO",
     "In a game of two, the side that the planner plays; nobody: you play both"},
    {"planner", 0, HEED__OPTION_TEXT, offsetof(settings, planner), NULL, 0, 0, NULL, "P",
     "Parameters of that planner, e.g. simulations=100; 'heed help planner' lists them"},
    HEED__OPTION_VALUE(settings),
    {"color", 0, HEED__OPTION_CHOICE, offsetof(settings, colour), "auto", 0, 0,
     HEED__COLOUR_CHOICES, "WHEN", "Draw in colour: auto, always or never"},
};

static const heed__usage usage = {
    .command = "heed play",
    .args = "ENV",
    .args_min = 1,
    .args_max = 1,
    .summary =
        "Lets you act in a world, in the terminal. Keys are shown: arrows, digits and space act, u "
        "takes a step back, h tells the hidden performance, r begins the next episode, q ends.",
    .has_seed = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* A person at a game; owned. */
typedef struct player {
  heed_env *env;
  heed_recorder *recorder; /* or NULL */
  heed__game game;
  heed__opponent opponent;
  heed__screen screen;
  heed__colour colour;
  void *obs;
  bool shows_hidden;
  const char *message; /* for the next page; static storage */
  heed_action draft;   /* box: what space will do */
  uint32_t chosen;     /* box: the number that is being set */
} player;

static const heed_space *actions_of(const player *p) {
  return &heed_env_spec_of(p->env)->action_space;
}

static bool is_discrete(const player *p) {
  return actions_of(p)->kind == HEED_SPACE_DISCRETE;
}

/* ---- the page ------------------------------------------------------------------------------- */

/* Appends an entry to a line; false if the line would become longer than `columns`. */
static bool append(char *line, const char *entry, uint32_t columns) {
  size_t used = strlen(line);
  size_t wanted = used + strlen(entry) + (used > 0 ? 2 : 0);
  if (wanted > columns || wanted >= LINE_SIZE) {
    return false;
  }
  (void)snprintf(line + used, LINE_SIZE - used, "%s%s", used > 0 ? "  " : "", entry);
  return true;
}

/* The key of an action and its name, once if they are the same. */
static void describe_key(const player *p, int32_t action, char *text, size_t size) {
  char key[8];
  char name[32];
  (void)heed__key_text(p->env, action, key);
  (void)heed__action_text(p->env, (heed_action){.index = action}, name);
  bool is_same = tolower((unsigned char)key[0]) == name[0] && strcmp(key + 1, name + 1) == 0;
  (void)snprintf(text, size, is_same ? "%s" : "%s %s", key, name);
}

/* The keys that act, from row `row` on; returns the row behind them. */
static uint32_t draw_action_keys(const player *p, uint32_t row) {
  uint32_t columns = heed__window_columns() - LEFT;
  char line[LINE_SIZE] = "";
  if (!is_discrete(p)) {
    bool is_one = actions_of(p)->count == 1;
    heed__window_text(row, LEFT, false,
                      is_one ? "Left Right change it  1-9 lowest to highest  Space act"
                             : "Left Right change it  Up Down another  1-9 lowest to highest  "
                               "Space act");
    return row + 1;
  }
  for (uint32_t a = 0; a < heed_env_spec_of(p->env)->accepted_actions; a++) {
    char entry[48];
    describe_key(p, (int32_t)a, entry, sizeof entry);
    if (!append(line, entry, columns)) {
      heed__window_text(row++, LEFT, false, line);
      line[0] = '\0';
      (void)append(line, entry, columns);
    }
  }
  heed__window_text(row, LEFT, false, line);
  return row + 1;
}

/* The numbers of a box of actions, the chosen one in brackets. */
static void draw_draft(const player *p, uint32_t row) {
  char line[LINE_SIZE] = "action";
  for (uint32_t i = 0; i < actions_of(p)->count; i++) {
    char entry[32];
    (void)snprintf(entry, sizeof entry, i == p->chosen ? "[%.3g]" : " %.3g ",
                   (double)p->draft.value[i]);
    (void)append(line, entry, LINE_SIZE);
  }
  heed__window_text(row, LEFT, true, line);
}

static void draw_status(const player *p, uint32_t row) {
  const heed__moment *now = heed__game_now(&p->game);
  char line[LINE_SIZE];
  char reward[32];
  char sum[32];
  char hidden[64] = "";
  char number[32];
  (void)heed__short(now->outcome.reward, reward);
  (void)heed__short(now->reward_sum, sum);
  if (p->shows_hidden) {
    double performance = heed_env_performance(p->env, heed__game_state(&p->game));
    (void)snprintf(hidden, sizeof hidden, "   hidden performance %s",
                   heed__short(performance, number));
  }
  (void)snprintf(line, sizeof line, "reward %s   return %s%s", reward, sum, hidden);
  heed__window_text(row, LEFT, false, line);
}

static const char *ending(const player *p) {
  if (heed_env_ops_of(p->env)->to_move != NULL && !heed__game_is_over(&p->game)) {
    bool is_first = heed_env_to_move(p->env, heed__game_state(&p->game)) == 0;
    return is_first ? "The first player's turn, who wants a high return."
                    : "The second player's turn, who wants a low return.";
  }
  heed_outcome last = heed__game_now(&p->game)->outcome;
  return last.is_terminal    ? "The episode has ended, by the rules. r begins the next."
         : last.is_truncated ? "The episode has ended, by the time limit. r begins the next."
                             : "";
}

static void draw_title(const player *p) {
  const char *name = heed_env_ops_of(p->env)->name;
  char line[LINE_SIZE];
  heed__window_text(0, LEFT, true, name);
  (void)snprintf(line, sizeof line, "episode %" PRIu32 "   step %zu", p->game.episode,
                 p->game.count - 1);
  heed__window_text(0, LEFT + (uint32_t)strlen(name) + 3, false, line);
}

/* Does all of it fit? Says so if not. */
static bool fits(const player *p) {
  uint32_t rows = TOP + p->screen.rows + BELOW;
  uint32_t columns = LEFT + p->screen.columns;
  if (heed__window_rows() >= rows && heed__window_columns() >= columns) {
    return true;
  }
  char line[LINE_SIZE];
  (void)snprintf(line, sizeof line, "%u x %u needed", columns, rows);
  heed__window_text(0, 0, true, "The window is too small:");
  heed__window_text(1, 0, false, line);
  return false;
}

static void draw_page(player *p) {
  heed__window_clear();
  if (fits(p)) {
    heed_env_observe(p->env, heed__game_state(&p->game), p->obs);
    heed__screen_draw(&p->screen, p->obs);
    draw_title(p);
    heed__window_screen(TOP, LEFT, &p->screen);
    uint32_t row = TOP + p->screen.rows + 1;
    draw_status(p, row++);
    heed__window_text(row++, LEFT, true, p->message != NULL ? p->message : ending(p));
    if (!is_discrete(p)) {
      draw_draft(p, row);
    }
    row = draw_action_keys(p, row + 1);
    heed__window_text(row, LEFT, false,
                      p->shows_hidden ? "u undo  r next episode  h hide the performance  q quit"
                                      : "u undo  r next episode  h hidden performance  q quit");
  }
  heed__window_show();
  p->message = NULL;
}

/* Pictures become as large as the window allows. */
static heed_status make_screen(player *p, heed_error *err) {
  uint32_t rows = heed__window_rows();
  uint32_t columns = heed__window_columns();
  heed__screen_deinit(&p->screen);
  return heed__screen_init(&p->screen, p->env, p->colour,
                           columns > 2 * LEFT + 1 ? columns - 2 * LEFT : 1,
                           rows > TOP + BELOW ? rows - TOP - BELOW : 1, err);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static heed_status act(player *p, heed_action action, heed_error *err) {
  if (heed__game_is_over(&p->game)) {
    return HEED_OK; /* the page says so */
  }
  if (heed_env_check_step(p->env, heed__game_state(&p->game), action, NULL) != HEED_OK) {
    p->message = "This may not be done here.";
    return HEED_OK;
  }
  heed_status status = heed__game_step(&p->game, action, err);
  return status == HEED_OK ? heed__opponent_act(&p->opponent, &p->game, err) : status;
}

static heed_status press_discrete(player *p, int key, heed_error *err) {
  heed_action action = {.index = heed__key_action(p->env, key)};
  if (action.index < 0) {
    p->message = "No action has this key.";
    return HEED_OK;
  }
  return act(p, action, err);
}

static heed_status press_box(player *p, int key, heed_error *err) {
  const heed_space *space = actions_of(p);
  float *value = &p->draft.value[p->chosen];
  if (key == ' ' || key == '\r' || key == '\n') {
    return act(p, p->draft, err);
  }
  if (key == HEED__KEY_LEFT || key == HEED__KEY_RIGHT) {
    *value = heed__key_nudge(space, p->chosen, *value, key == HEED__KEY_LEFT ? -1 : 1);
  } else if (key == HEED__KEY_UP || key == HEED__KEY_DOWN) {
    uint32_t step = key == HEED__KEY_DOWN ? 1 : space->count - 1;
    p->chosen = (p->chosen + step) % space->count;
  } else if (key >= '1' && key <= '9') {
    *value = heed__key_level(space, p->chosen, key - '0');
  } else {
    p->message = "This key does nothing.";
  }
  return HEED_OK;
}

/* Back to where the person acted last. */
static heed_status undo(player *p, heed_error *err) {
  bool is_undone = heed__game_undo(&p->game);
  while (is_undone && heed__opponent_has_turn(&p->opponent, &p->game) &&
         heed__game_undo(&p->game)) {}
  p->message = is_undone ? NULL : "This is the start of the episode.";
  return heed__opponent_act(&p->opponent, &p->game, err);
}

/* Does what a key says; false when it ends the game. */
static bool press(player *p, int key, heed_status *status, heed_error *err) {
  switch (key) {
    case 'q':
    case HEED__KEY_END:
      return false;
    case HEED__KEY_NONE:
      break;
    case HEED__KEY_RESIZE:
      *status = make_screen(p, err);
      break;
    case 'u':
      *status = undo(p, err);
      break;
    case 'r':
      heed__game_restart(&p->game);
      *status = heed__opponent_act(&p->opponent, &p->game, err);
      break;
    case 'h':
      p->shows_hidden = !p->shows_hidden;
      break;
    default:
      *status = is_discrete(p) ? press_discrete(p, key, err) : press_box(p, key, err);
  }
  return *status == HEED_OK;
}

static heed_status play(player *p, heed_error *err) {
  heed_status status = make_screen(p, err);
  bool goes_on = status == HEED_OK;
  while (goes_on) {
    draw_page(p);
    goes_on = press(p, heed__window_key(), &status, err);
  }
  return status;
}

/* ---- from the command line ------------------------------------------------------------------ */

/* The draft of a box begins with 0, or the number next to it. */
static void begin_draft(player *p) {
  const heed_space *space = actions_of(p);
  for (uint32_t i = 0; !is_discrete(p) && i < space->count; i++) {
    p->draft.value[i] = heed__key_nudge(space, i, 0, 0);
  }
}

static heed_status open_player(settings *s, player *p, heed_error *err) {
  heed_status status = s->record != NULL ? heed__check_output(s->record, NULL, 0, err) : HEED_OK;
  p->obs = malloc(heed_space_size(&heed_env_spec_of(p->env)->obs_space));
  p->colour = heed__colour_of(s->colour, stdout);
  begin_draft(p);
  if (status == HEED_OK && p->obs == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "observation: no memory");
  }
  if (status == HEED_OK && s->record != NULL) {
    status = heed_recorder_create(s->record, &p->recorder, err);
  }
  if (status == HEED_OK) {
    status = heed__game_init(&p->game, p->env, s->common.seed, p->recorder, err);
  }
  return status == HEED_OK ? heed__opponent_act(&p->opponent, &p->game, err) : status;
}

/* Writes the record, if there is anything in it. */
static heed_status close_record(player *p, heed_error *err) {
  heed_recorder *recorder = p->recorder;
  if (recorder == NULL) {
    return HEED_OK;
  }
  heed__game_finish(&p->game);
  p->recorder = NULL;
  if (p->game.recorded_steps == 0) {
    heed_recorder_destroy(recorder);
    return HEED_OK;
  }
  return heed_recorder_close(recorder, err);
}

static void report(const settings *s, const player *p) {
  const heed__game *game = &p->game;
  if (s->common.format == HEED__JSON) {
    json_t *result = heed__options_json(&usage, s);
    (void)json_object_set_new(result, "episodes", json_integer(game->episode));
    (void)json_object_set_new(result, "recorded_episodes", json_integer(game->recorded));
    (void)json_object_set_new(result, "recorded_steps",
                              json_integer((json_int_t)game->recorded_steps));
    heed__print_json(result);
  } else if (s->record != NULL && game->recorded_steps == 0) {
    (void)printf("nothing was done, %s is not written\n", s->record);
  } else if (s->record != NULL) {
    (void)printf("%" PRIu32 " episode%s, %" PRIu64 " steps recorded in %s\n", game->recorded,
                 game->recorded == 1 ? "" : "s", game->recorded_steps, s->record);
  }
}

static void release(player *p) {
  heed__screen_deinit(&p->screen);
  heed__game_deinit(&p->game);
  heed__opponent_deinit(&p->opponent);
  heed_recorder_destroy(p->recorder);
  heed_env_destroy(p->env);
  free(p->obs);
}

/* Plays until the end; a signal that ended it is returned. */
static heed_status run(settings *s, player *p, int *signal_number, heed_error *err) {
  heed_status status = open_player(s, p, err);
  if (status == HEED_OK) {
    status = heed__window_open(p->colour, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  status = play(p, err);
  heed__window_close();
  *signal_number = heed__window_signal();
  heed_error late = {0};
  heed_status written = close_record(p, status == HEED_OK ? err : &late);
  return status != HEED_OK ? status : written;
}

static heed_status open_opponent(const settings *s, player *p, heed_error *err) {
  if (s->against == 0) {
    return s->planner == NULL && s->value == NULL
               ? HEED_OK
               : heed_fail(err, HEED_ERR_ARG,
                           "--planner or --value without --against: who is it to play?");
  }
  return heed__opponent_init(&p->opponent, p->env, (uint32_t)s->against - 1, s->planner, s->value,
                             s->common.seed, err);
}

int heed__cmd_play(int argc, char **argv) {
  settings s = {0};
  player p = {0};
  heed_error err = {0};
  int signal_number = 0;
  heed__options_parse(&usage, argc, argv, &s);
  if (heed__load_env(s.common.args[0], s.params, s.map, &p.env, &err) != HEED_OK) {
    return heed__misused(&usage, &err);
  }
  if (open_opponent(&s, &p, &err) != HEED_OK) {
    release(&p);
    return heed__misused(&usage, &err);
  }
  s.params = heed_env_params_of(p.env);
  s.map = NULL; /* it is among the parameters now */
  heed_status status = run(&s, &p, &signal_number, &err);
  if (status == HEED_OK && signal_number == 0) {
    report(&s, &p);
  }
  release(&p);
  if (status != HEED_OK) {
    return heed__failed(&usage, &err);
  }
  if (signal_number != 0) { /* ends by it, now that everything is in its place */
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
  }
  return HEED__DONE;
}
