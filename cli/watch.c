#include "cli/watch.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
  LINE_ACTIONS = 12, /* of the expected line that are shown */
  COLUMNS = 60       /* of a picture */
};

heed_status heed__watch_init(heed__watch *watch, const heed_env *env, heed__colour colour,
                             uint32_t delay_ms, FILE *out, heed_error *err) {
  *watch = (heed__watch){.out = out, .delay_ms = delay_ms, .is_live = isatty(fileno(out)) == 1};
  return heed__screen_init(&watch->screen, env, colour, COLUMNS, HEED__SCREEN_ROWS, err);
}

void heed__watch_deinit(heed__watch *watch) {
  heed__screen_deinit(&watch->screen);
}

/* Each action with its value and how often it was tried. */
static void draw_values(const heed__watch *watch, const heed_decision *decision, FILE *page) {
  for (uint32_t a = 0; a < decision->action_count; a++) {
    char name[32];
    heed_action action = {.index = (int32_t)a};
    bool is_chosen = decision->action.index == (int32_t)a;
    (void)heed__action_text(watch->screen.env, action, name);
    (void)fprintf(page, "  %c %-10s", is_chosen ? '*' : ' ', name);
    if (isfinite(decision->values[a])) {
      (void)fprintf(page, " value %9.3f  visits %u\n", decision->values[a], decision->visits[a]);
    } else {
      (void)fputs(" not tried\n", page);
    }
  }
}

/* The actions that the plan expects, from the one just taken on. */
static void draw_line(const heed__watch *watch, heed_agent *agent, FILE *page) {
  heed_segment line = {0};
  if (heed_planner_line(heed_agent_planner(agent), NULL, &line, NULL) != HEED_OK) {
    return;
  }
  (void)fputs("  expects:", page);
  for (uint32_t t = 0; t < line.steps && t < LINE_ACTIONS; t++) {
    char name[32];
    (void)fprintf(page, " %s", heed__action_text(watch->screen.env, line.actions[t], name));
  }
  (void)fprintf(page, "%s\n", line.steps > LINE_ACTIONS ? " ..." : line.is_terminal ? " end" : "");
  heed_segment_deinit(&line);
}

static void draw(heed__watch *watch, heed_agent *agent, const heed_episode_step *step, FILE *page) {
  const heed_env *env = watch->screen.env;
  (void)fprintf(page, "%s episode %u  step %u\n", heed_env_ops_of(env)->name, watch->episode,
                step->t);
  heed__screen_draw(&watch->screen, step->next_obs);
  for (uint32_t row = 0; row < watch->screen.rows; row++) {
    (void)fputs("  ", page);
    heed__screen_row(&watch->screen, row, page);
    (void)fputc('\n', page);
  }
  (void)fprintf(page, "  reward %g  sum %g  hidden performance %g\n", step->outcome.reward,
                watch->reward_sum, heed_env_performance(env, step->state));
  if (step->decision != NULL) {
    draw_values(watch, step->decision, page);
    draw_line(watch, agent, page);
    (void)fprintf(page, "  %u simulations, %.1f ms\n", step->decision->simulations,
                  step->decision_ms);
  }
  if (step->outcome.is_terminal || step->outcome.is_truncated) {
    (void)fprintf(page, "  %s\n",
                  step->outcome.is_terminal ? "ended by the rules" : "ended by the time limit");
  }
  (void)fputc('\n', page);
}

void heed__watch_step(heed__watch *watch, heed_agent *agent, const heed_episode_step *step) {
  watch->reward_sum = step->t == 0 ? 0 : watch->reward_sum + step->outcome.reward;
  char *text = NULL;
  size_t size = 0;
  FILE *page = open_memstream(&text, &size);
  if (page == NULL) {
    return;
  }
  if (watch->is_live) {
    (void)fputs("\033[H\033[2J", page);
  }
  draw(watch, agent, step, page);
  if (fclose(page) == 0) {
    (void)fwrite(text, 1, size, watch->out);
    (void)fflush(watch->out);
  }
  free(text);
  if (watch->is_live && watch->delay_ms > 0) {
    struct timespec pause = {watch->delay_ms / 1000, (long)(watch->delay_ms % 1000) * 1000000};
    (void)nanosleep(&pause, NULL);
  }
}
