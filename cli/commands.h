/* commands.h: the subcommands, one file each. All take argv from their own name on and return the exit
 * status. */
#ifndef HEED_CLI_COMMANDS_H
#define HEED_CLI_COMMANDS_H

typedef struct heed__command {
  const char *name; /* "explore", "learn dynamics" */
  int (*run)(int argc, char **argv);
  const char *help; /* one line */
} heed__command;

int heed__cmd_combine(int argc, char **argv);
int heed__cmd_demo(int argc, char **argv);
int heed__cmd_draw(int argc, char **argv);
int heed__cmd_envs(int argc, char **argv);
int heed__cmd_explore(int argc, char **argv);
int heed__cmd_feedback(int argc, char **argv);
int heed__cmd_imagine(int argc, char **argv);
int heed__cmd_label(int argc, char **argv);
int heed__cmd_learn_dynamics(int argc, char **argv);
int heed__cmd_learn_reward(int argc, char **argv);
int heed__cmd_learn_value(int argc, char **argv);
int heed__cmd_plan(int argc, char **argv);
int heed__cmd_play(int argc, char **argv);
int heed__cmd_run(int argc, char **argv);
int heed__cmd_show(int argc, char **argv);
int heed__cmd_replay(int argc, char **argv);

#endif
