/* main.c: the command `heed`: finds the subcommand, which does the rest. */
#include <argp.h>
#include <cblas.h>
#include <gsl/gsl_errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/print.h"
#include "cli/topics.h"

const char *argp_program_version = "heed " HEED_VERSION;

static const heed__command commands[] = {
    {"demo", heed__cmd_demo, "a demonstration from beginning to end: off-switch, exploit"},
    {"envs", heed__cmd_envs, "list the environments, or tell all about one"},
    {"explore", heed__cmd_explore, "act in a world to learn about it; keep the experience"},
    {"learn dynamics", heed__cmd_learn_dynamics, "fit a model of how a world works to experience"},
    {"learn reward", heed__cmd_learn_reward, "ask a person what is wanted; fit a reward to that"},
    {"learn value", heed__cmd_learn_value,
     "let a network learn from searches what positions are worth"},
    {"combine", heed__cmd_combine, "make a reward out of others: sums, multiples, bounds"},
    {"label", heed__cmd_label, "say which of two clips is better, in the terminal"},
    {"imagine", heed__cmd_imagine, "a world beside what a learned model imagines of it"},
    {"plan", heed__cmd_plan, "one decision: what is considered, what is expected, and a drawing"},
    {"feedback", heed__cmd_feedback,
     "list, withdraw, export, merge people's answers; do they agree?"},
    {"run", heed__cmd_run, "let an agent plan and act; measure what came of it"},
    {"play", heed__cmd_play, "act in a world yourself, in the terminal"},
    {"show", heed__cmd_show, "print what a file holds"},
    {"draw", heed__cmd_draw, "a recorded episode as an animation, or side by side for a paper"},
    {"replay", heed__cmd_replay, "play recorded episodes again and compare"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out) {
  (void)fputs(
      "usage: heed COMMAND [ARGUMENT...] [OPTION...]\n"
      "\n"
      "An agent that plans through a learned world, for what people taught it to want.\n"
      "\n",
      out);
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    (void)fprintf(out, "  %-15s %s\n", commands[i].name, commands[i].help);
  }
  (void)fputs(
      "\n"
      "heed help COMMAND lists what a command takes; heed --version prints the version.\n"
      "heed help planner|dynamics|reward|value|ask|people lists the parameters of these.\n"
      "The first thing to try: heed demo off-switch\n",
      out);
}

/* How many words of argv name the command: 0, 1 or 2. */
static int match(const heed__command *command, int argc, char **argv) {
  const char *space = strchr(command->name, ' ');
  if (space == NULL) {
    return argc > 0 && strcmp(argv[0], command->name) == 0 ? 1 : 0;
  }
  size_t size = (size_t)(space - command->name);
  bool is_it = argc > 1 && strlen(argv[0]) == size && memcmp(argv[0], command->name, size) == 0 &&
               strcmp(argv[1], space + 1) == 0;
  return is_it ? 2 : 0;
}

static const heed__command *find(int argc, char **argv, int *words) {
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    *words = match(&commands[i], argc, argv);
    if (*words > 0) {
      return &commands[i];
    }
  }
  return NULL;
}

/* Names what is not there and what may have been meant. */
static int unknown(int argc, char **argv) {
  const char *names[COMMAND_COUNT + 2];
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    names[i] = commands[i].name;
  }
  names[COMMAND_COUNT] = "help";
  names[COMMAND_COUNT + 1] = NULL;
  char both[96];
  bool is_learn = strcmp(argv[0], "learn") == 0;
  (void)snprintf(both, sizeof both, "%s%s%s", argv[0], is_learn && argc > 1 ? " " : "",
                 is_learn && argc > 1 ? argv[1] : "");
  if (is_learn && argc == 1) {
    (void)fputs(
        "heed: learn what? 'heed learn dynamics', 'heed learn reward' or 'heed learn value'\n",
        stderr);
    return HEED__MISUSED;
  }
  const char *near = heed__nearest(both, names);
  (void)fprintf(stderr, "heed: there is no command '%s'", both);
  if (near != NULL) {
    (void)fprintf(stderr, "; did you mean '%s'", near);
  }
  (void)fputs(near != NULL ? "?\n" : "\n", stderr);
  (void)fputs("Try 'heed --help' for a list.\n", stderr);
  return HEED__MISUSED;
}

/* `heed help [COMMAND|TOPIC]`. */
static int help(int argc, char **argv) {
  if (argc == 0) {
    print_help(stdout);
    return HEED__DONE;
  }
  int words;
  const heed__command *command = find(argc, argv, &words);
  if (command == NULL && heed__topic_print(argv[0])) {
    return HEED__DONE;
  }
  if (command == NULL) {
    return unknown(argc, argv);
  }
  char option[] = "--help";
  char *asked[] = {argv[0], option, NULL};
  return command->run(2, asked);
}

static int dispatch(int argc, char **argv) {
  if (argc < 2) {
    print_help(stderr);
    return HEED__MISUSED;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "-?") == 0) {
    print_help(stdout);
    return HEED__DONE;
  }
  if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
    (void)puts(argp_program_version);
    return HEED__DONE;
  }
  if (strcmp(argv[1], "help") == 0) {
    return help(argc - 2, argv + 2);
  }
  int words;
  const heed__command *command = find(argc - 1, argv + 1, &words);
  return command != NULL ? command->run(argc - words, argv + words) : unknown(argc - 1, argv + 1);
}

/* Results that could not be written are a failure; argp exits by itself, so this looks on at the end. */
static void check_stdout(void) {
  if (fflush(stdout) != 0 || ferror(stdout) != 0) {
    perror("heed: standard output");
    _Exit(HEED__FAILED);
  }
}

/* Says what is left behind, and ends as if nobody had caught it. */
static void say_interrupted(int number) {
  static const char text[] =
      "\nheed: interrupted; unfinished files were not written, answers are in their store\n";
  ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
  (void)written;
  (void)signal(number, SIG_DFL);
  (void)raise(number);
}

int main(int argc, char **argv) {
  /* Failures are returned, never left to a library's handler. */
  (void)gsl_set_error_handler_off();
  openblas_set_num_threads(1);
  /* A reader that has seen enough ends the command quietly; a full disk is reported as such. */
  (void)signal(SIGPIPE, SIG_DFL);
  (void)signal(SIGXFSZ, SIG_IGN);
  if (signal(SIGINT, say_interrupted) == SIG_IGN) {
    (void)signal(SIGINT,
                 SIG_IGN); /* whoever runs this in the background does not want it stopped */
  }
  if (atexit(check_stdout) != 0) {
    return HEED__FAILED;
  }
  return dispatch(argc, argv);
}
