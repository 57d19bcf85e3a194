/* command.h: runs the command from a test. */
#ifndef HEED_TESTS_CLI_COMMAND_H
#define HEED_TESTS_CLI_COMMAND_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cmocka_all.h"

/* A folder for the files of this test program, which becomes the current one. */
static inline int enter_folder(void **state) {
  static char folder[] = "/tmp/heed-cli-XXXXXX";
  *state = folder;
  return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static inline int leave_folder(void **state) {
  char line[64];
  (void)snprintf(line, sizeof line, "rm -rf '%s'", (const char *)*state);
  return chdir("/") == 0 && system(line) == 0 ? 0 : -1; /* NOLINT(cert-env33-c): a fixed command */
}

/* What came of a command; text is what it said on stdout and stderr, NUL-terminated. */
typedef struct command_result {
  int status;
  char text[1 << 16];
} command_result;

/* Runs `heed ARGUMENTS` through the shell; redirections may be among the arguments. */
static inline void run_heed(const char *arguments, command_result *result) {
  char line[1024];
  (void)snprintf(line, sizeof line, "'%s' %s", HEED_COMMAND, arguments);
  FILE *pipe = popen(line, "r"); /* NOLINT(cert-env33-c): the test's own words */
  assert_non_null(pipe);
  size_t size = fread(result->text, 1, sizeof result->text - 1, pipe);
  result->text[size] = '\0';
  int status = pclose(pipe);
  result->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The same, and it must succeed. */
static inline void run_heed_ok(const char *arguments) {
  static command_result result;
  run_heed(arguments, &result);
  if (result.status != 0) {
    fail_msg("heed %s: exit status %d: %s", arguments, result.status, result.text);
  }
}

#endif
