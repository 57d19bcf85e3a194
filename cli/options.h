/* options.h: one table of options per command, of heed and of the programs in bench/. It drives parsing
 * (argp), --help, and the echo of what is in force, from which a run can be repeated. */
#ifndef HEED_CLI_OPTIONS_H
#define HEED_CLI_OPTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/params.h"

/* What the command exits with. */
enum { HEED__DONE = 0, HEED__FAILED = 1, HEED__MISUSED = 2 };

typedef enum heed__option_type {
  HEED__OPTION_FLAG,  /* bool; takes no value */
  HEED__OPTION_TEXT,  /* const char *, borrowed from the command line; NULL: not given */
  HEED__OPTION_WORDS, /* heed__words */
  HEED__OPTION_COUNT, /* uint32_t; 0: not given */
  HEED__OPTION_SEED,  /* uint64_t */
  HEED__OPTION_REAL,  /* double */
  HEED__OPTION_CHOICE /* int32_t: index of the word in `choices` */
} heed__option_type;

enum { HEED__WORDS_MAX = 32, HEED__WORDS_SIZE = 512 };

/* What stands between commas, without what is empty. Not to be copied: the words are parts of the text. */
typedef struct heed__words {
  const char *given; /* the whole list, borrowed from the command line; NULL: not given */
  char text[HEED__WORDS_SIZE];
  const char *words[HEED__WORDS_MAX];
  size_t count;
} heed__words;

typedef struct heed__option {
  const char *name; /* without dashes */
  char letter;      /* short form, or 0 */
  heed__option_type type;
  size_t offset;        /* of the field in the command's struct */
  const char *fallback; /* default as text; NULL: not given, false */
  double min, max;      /* count and real: inclusive range */
  const char *choices;  /* choice: words separated by '|' */
  const char *value;    /* what stands for the value in help: "FILE" */
  const char *help;
} heed__option;

typedef enum heed__format { HEED__TEXT, HEED__JSON } heed__format;

/* What every command takes: the first member of every command's struct. */
typedef struct heed__common {
  uint64_t seed;
  int32_t format; /* heed__format */
  bool quiet;
  uint32_t arg_count;
  char **args; /* [arg_count] what is no option, borrowed */
} heed__common;

typedef struct heed__usage {
  const char *command;         /* "heed explore" */
  const char *args;            /* "ENV" */
  uint32_t args_min, args_max; /* how many */
  const char *summary;         /* what it does */
  const char *more;            /* printed after the options; may be NULL */
  bool has_seed;               /* takes --seed */
  bool is_text_only;           /* takes no --format: results are always for people */
  const heed__option *options; /* [option_count] */
  size_t option_count;
} heed__usage;

/* Fills `values`, the command's struct, with defaults and what argv says. Prints help or version and exits
 * with 0, or says what is wrong and exits with 2, as argp does. */
void heed__options_parse(const heed__usage *usage, int argc, char **argv, void *values);

/* Writes the command line that does the same again, as one line of shell. */
void heed__options_echo(const heed__usage *usage, const void *values, FILE *out);

/* The same as JSON: {"version", "command", "arguments", "options"}; the caller's. */
json_t *heed__options_json(const heed__usage *usage, const void *values);

/* heed_params_parse for `values` that hold the defaults already. Errors as there. */
heed_status heed__params_overlay(const heed_param *table, size_t count, const char *text,
                                 void *values, heed_error *err);

#endif
