#include "cli/options.h"

#include <argp.h>
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"

enum {
  FIRST_KEY = 256, /* of options without a letter: no character */
  OPTION_MAX = 32,
  HELP_SIZE = 640,
  PARAM_MAX = 64
};

static const heed__option seed_option = {
    "seed",
    0,
    HEED__OPTION_SEED,
    offsetof(heed__common, seed),
    "1",
    0,
    0,
    NULL,
    "N",
    "Where all randomness starts; equal seeds give equal results"};
static const heed__option common_options[] = {
    {"quiet", 'q', HEED__OPTION_FLAG, offsetof(heed__common, quiet), NULL, 0, 0, NULL, NULL,
     "Draw no progress bar"},
    {"format", 0, HEED__OPTION_CHOICE, offsetof(heed__common, format), "text", 0, 0, "text|json",
     NULL, "How results are printed: for people, or for programs"},
};
enum { COMMON_COUNT = sizeof common_options / sizeof common_options[0] };

/* Option i of a command: its own, then --seed, then what all have; NULL beyond the last. */
static const heed__option *option_at(const heed__usage *usage, size_t i) {
  if (i < usage->option_count) {
    return &usage->options[i];
  }
  i -= usage->option_count;
  if (usage->has_seed) {
    if (i == 0) {
      return &seed_option;
    }
    i--;
  }
  size_t count = usage->is_text_only ? COMMON_COUNT - 1 : COMMON_COUNT; /* --format is the last */
  return i < count ? &common_options[i] : NULL;
}

/* What argp calls option i: its letter, unless one before it has the same. */
static int key_of(const heed__usage *usage, size_t i) {
  char letter = option_at(usage, i)->letter;
  for (size_t k = 0; k < i && letter != 0; k++) {
    letter = option_at(usage, k)->letter == letter ? 0 : letter;
  }
  return letter != 0 ? letter : FIRST_KEY + (int)i;
}

/* ---- one value ------------------------------------------------------------------------------ */

static bool read_seed(const char *text, uint64_t *seed) {
  char *end;
  if (strspn(text, "0123456789") != strlen(text) || text[0] == '\0' || strlen(text) > 20) {
    return false;
  }
  unsigned long long number = strtoull(text, &end, 10);
  char again[32];
  (void)snprintf(again, sizeof again, "%llu", number);
  const char *digits = text + strspn(text, "0");
  *seed = number;
  return number == 0 ? *digits == '\0' : strcmp(again, digits) == 0; /* else it did not fit */
}

static bool read_words(const char *text, heed__words *list) {
  *list = (heed__words){.given = text};
  if (strlen(text) >= sizeof list->text) {
    return false;
  }
  (void)strcpy(list->text, text);
  char *rest = list->text;
  for (char *word; (word = strsep(&rest, ",")) != NULL;) {
    if (word[0] != '\0' && list->count == HEED__WORDS_MAX) {
      return false;
    }
    if (word[0] != '\0') {
      list->words[list->count++] = word;
    }
  }
  return list->count > 0;
}

/* The index of a word in "a|b|c", or -1. */
static int32_t find_choice(const char *choices, const char *text) {
  int32_t index = 0;
  size_t length = strlen(text);
  for (const char *word = choices; word != NULL; index++) {
    const char *bar = strchr(word, '|');
    size_t size = bar != NULL ? (size_t)(bar - word) : strlen(word);
    if (size == length && memcmp(word, text, size) == 0) {
      return index;
    }
    word = bar != NULL ? bar + 1 : NULL;
  }
  return -1;
}

/* What an option expects, e.g. "an integer from 1 to 100"; written to text[size]. */
static void describe(const heed__option *option, char *text, size_t size) {
  switch (option->type) {
    case HEED__OPTION_COUNT:
      (void)snprintf(text, size, "an integer from %.0f to %.0f", option->min, option->max);
      break;
    case HEED__OPTION_REAL:
      (void)snprintf(text, size, "a number from %g to %g", option->min, option->max);
      break;
    case HEED__OPTION_SEED:
      (void)snprintf(text, size, "an integer from 0 to 2^64 - 1");
      break;
    case HEED__OPTION_CHOICE:
      (void)snprintf(text, size, "one of %s", option->choices);
      break;
    case HEED__OPTION_WORDS:
      (void)snprintf(text, size, "1 to %d words with commas between, %d characters at most",
                     HEED__WORDS_MAX, HEED__WORDS_SIZE - 1);
      break;
    case HEED__OPTION_TEXT:
    case HEED__OPTION_FLAG:
      (void)snprintf(text, size, "text");
      break;
  }
}

/* Reads `text` into the option's field; false when it is not what is expected. */
static bool set_value(const heed__option *option, const char *text, void *values) {
  void *field = (char *)values + option->offset;
  int64_t integer = 0;
  double real = 0;
  int32_t choice = -1;
  switch (option->type) {
    case HEED__OPTION_FLAG:
      *(bool *)field = true;
      return true;
    case HEED__OPTION_TEXT:
      *(const char **)field = text;
      return true;
    case HEED__OPTION_WORDS:
      return read_words(text, field);
    case HEED__OPTION_SEED:
      return read_seed(text, field);
    case HEED__OPTION_COUNT:
      if (!heed_decimal_read_int(text, &integer) || (double)integer < option->min ||
          (double)integer > option->max) {
        return false;
      }
      *(uint32_t *)field = (uint32_t)integer;
      return true;
    case HEED__OPTION_REAL:
      if (!heed_decimal_read(text, &real) || real < option->min || real > option->max) {
        return false;
      }
      *(double *)field = real;
      return true;
    case HEED__OPTION_CHOICE:
      choice = find_choice(option->choices, text);
      if (choice >= 0) {
        *(int32_t *)field = choice;
      }
      return choice >= 0;
  }
  return false;
}

/* The value in force as text, into text[size]; NULL for a flag that is off or a text not given. */
static const char *value_text(const heed__option *option, const void *values, char *text,
                              size_t size) {
  const void *field = (const char *)values + option->offset;
  switch (option->type) {
    case HEED__OPTION_FLAG:
      return *(const bool *)field ? "" : NULL;
    case HEED__OPTION_TEXT:
      return *(const char *const *)field;
    case HEED__OPTION_WORDS:
      return ((const heed__words *)field)->given;
    case HEED__OPTION_SEED:
      (void)snprintf(text, size, "%" PRIu64, *(const uint64_t *)field);
      break;
    case HEED__OPTION_COUNT:
      (void)snprintf(text, size, "%" PRIu32, *(const uint32_t *)field);
      break;
    case HEED__OPTION_REAL: {
      char digits[HEED_DECIMAL_SIZE];
      heed_decimal_write(*(const double *)field, digits);
      (void)snprintf(text, size, "%s", digits);
      break;
    }
    case HEED__OPTION_CHOICE: {
      const char *word = option->choices;
      for (int32_t i = 0; i < *(const int32_t *)field; i++) {
        word = strchr(word, '|') + 1;
      }
      (void)snprintf(text, size, "%.*s", (int)strcspn(word, "|"), word);
      break;
    }
  }
  return text;
}

/* ---- parsing -------------------------------------------------------------------------------- */

typedef struct parsing {
  const heed__usage *usage;
  void *values;
} parsing;

static error_t parse_one(int key, char *arg, struct argp_state *state) {
  parsing *p = state->input;
  heed__common *common = p->values;
  if (key == ARGP_KEY_ARGS) {
    common->args = state->argv + state->next;
    common->arg_count = (uint32_t)(state->argc - state->next);
    return 0;
  }
  if (key == ARGP_KEY_SUCCESS) {
    if (common->arg_count < p->usage->args_min) {
      argp_error(state, "%s is missing", p->usage->args);
    } else if (common->arg_count > p->usage->args_max) {
      argp_error(state, "'%s' is too much; expected: %s", common->args[p->usage->args_max],
                 p->usage->args[0] != '\0' ? p->usage->args : "options only");
    }
    return 0;
  }
  const heed__option *option;
  for (size_t i = 0; (option = option_at(p->usage, i)) != NULL; i++) {
    bool is_it = key == key_of(p->usage, i);
    if (is_it && !set_value(option, arg, p->values)) {
      char expected[160];
      describe(option, expected, sizeof expected);
      argp_error(state, "--%s: '%s', %s expected", option->name, arg, expected);
    }
    if (is_it) {
      return 0;
    }
  }
  return ARGP_ERR_UNKNOWN;
}

/* "Steps; an integer from 1 to 100 (default: 10)", into help[size]. */
static void write_help(const heed__option *option, char *help, size_t size) {
  char expected[160] = "";
  if (option->type == HEED__OPTION_COUNT || option->type == HEED__OPTION_REAL) {
    describe(option, expected, sizeof expected);
  }
  bool has_default = option->fallback != NULL;
  int length = snprintf(help, size, "%s%s%s%s%s%s", option->help, expected[0] != '\0' ? "; " : "",
                        expected, has_default ? " (default: " : "",
                        has_default ? option->fallback : "", has_default ? ")" : "");
  assert(length >= 0 && (size_t)length < size);
  (void)length;
}

/* What stands for the value in help; NULL for a flag. */
static const char *value_name(const heed__option *option) {
  if (option->type == HEED__OPTION_FLAG) {
    return NULL;
  }
  return option->value != NULL ? option->value : option->choices != NULL ? option->choices : "N";
}

void heed__options_parse(const heed__usage *usage, int argc, char **argv, void *values) {
  struct argp_option table[OPTION_MAX] = {{0}};
  char helps[OPTION_MAX][HELP_SIZE];
  const heed__option *option;
  for (size_t i = 0; (option = option_at(usage, i)) != NULL; i++) {
    assert(i + 1 < OPTION_MAX);
    bool ok = option->fallback == NULL || set_value(option, option->fallback, values);
    assert(ok); /* a table's own defaults are in its ranges */
    (void)ok;
    write_help(option, helps[i], sizeof helps[i]);
    table[i].name = option->name;
    table[i].key = key_of(usage, i);
    table[i].arg = value_name(option);
    table[i].doc = helps[i];
  }

  char doc[4096]; /* argp wants what stands before and after the options in one text */
  (void)snprintf(doc, sizeof doc, "%s%s%s", usage->summary, usage->more != NULL ? "\v" : "",
                 usage->more != NULL ? usage->more : "");
  struct argp argp = {.options = table, .parser = parse_one, .args_doc = usage->args, .doc = doc};
  parsing p = {usage, values};
  static char name[64];
  (void)snprintf(name, sizeof name, "%s", usage->command);
  argv[0] = name;
  argp_err_exit_status = HEED__MISUSED;
  (void)argp_parse(&argp, argc, argv, 0, NULL, &p);
}

/* ---- the echo ------------------------------------------------------------------------------- */

static bool is_plain(const char *text) {
  return text[0] != '\0' && text[strspn(text,
                                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789_-+=.,:/@%")] == '\0';
}

/* One word of shell. */
static void write_word(const char *text, FILE *out) {
  if (is_plain(text)) {
    (void)fputs(text, out);
    return;
  }
  (void)fputc('\'', out);
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '\'') {
      (void)fputs("'\\''", out);
    } else {
      (void)fputc((unsigned char)*c < ' ' ? '?' : *c, out);
    }
  }
  (void)fputc('\'', out);
}

void heed__options_echo(const heed__usage *usage, const void *values, FILE *out) {
  const heed__common *common = values;
  (void)fprintf(out, "# heed %s: %s", HEED_VERSION, usage->command);
  for (uint32_t i = 0; i < common->arg_count; i++) {
    (void)fputc(' ', out);
    write_word(common->args[i], out);
  }
  const heed__option *option;
  for (size_t i = 0; (option = option_at(usage, i)) != NULL; i++) {
    char scratch[64];
    const char *value = value_text(option, values, scratch, sizeof scratch);
    bool is_common = i >= usage->option_count && option != &seed_option;
    if (value == NULL || value[0] == '\0' || is_common) {
      if (value != NULL && option->type == HEED__OPTION_FLAG && !is_common) {
        (void)fprintf(out, " --%s", option->name);
      }
      continue;
    }
    (void)fprintf(out, " --%s=", option->name);
    write_word(value, out);
  }
  (void)fputc('\n', out);
}

/* Text that may not be UTF-8, as a path need not be. */
static json_t *text_json(const char *text) {
  json_t *value = json_string(text);
  return value != NULL ? value : json_string("(not UTF-8)");
}

static json_t *value_json(const heed__option *option, const void *values) {
  const void *field = (const char *)values + option->offset;
  char scratch[64];
  const char *text = value_text(option, values, scratch, sizeof scratch);
  switch (option->type) {
    case HEED__OPTION_FLAG:
      return json_boolean(*(const bool *)field);
    case HEED__OPTION_COUNT:
      return json_integer(*(const uint32_t *)field);
    case HEED__OPTION_REAL:
      return json_real(*(const double *)field);
    case HEED__OPTION_SEED: /* as text beyond what JSON readers take for an integer */
      return *(const uint64_t *)field < (UINT64_C(1) << 53)
                 ? json_integer((json_int_t) * (const uint64_t *)field)
                 : json_string(text);
    case HEED__OPTION_TEXT:
    case HEED__OPTION_WORDS:
    case HEED__OPTION_CHOICE:
      return text != NULL ? text_json(text) : json_null();
  }
  return json_null();
}

json_t *heed__options_json(const heed__usage *usage, const void *values) {
  const heed__common *common = values;
  json_t *arguments = json_array();
  json_t *options = json_object();
  for (uint32_t i = 0; i < common->arg_count; i++) {
    (void)json_array_append_new(arguments, text_json(common->args[i]));
  }
  const heed__option *option;
  for (size_t i = 0; (option = option_at(usage, i)) != NULL; i++) {
    (void)json_object_set_new(options, option->name, value_json(option, values));
  }
  json_t *result = json_object();
  (void)json_object_set_new(result, "version", json_string(HEED_VERSION));
  (void)json_object_set_new(result, "command", json_string(usage->command));
  (void)json_object_set_new(result, "arguments", arguments);
  (void)json_object_set_new(result, "options", options);
  return result;
}

/* ---- parameters ----------------------------------------------------------------------------- */

heed_status heed__params_overlay(const heed_param *table, size_t count, const char *text,
                                 void *values, heed_error *err) {
  heed_param copy[PARAM_MAX];
  char fallbacks[PARAM_MAX][HEED_DECIMAL_SIZE + 64];
  assert(count <= PARAM_MAX);

  /* What is there becomes the default. */
  for (size_t i = 0; i < count; i++) {
    heed_status status =
        heed_params_format(&table[i], 1, values, fallbacks[i], sizeof fallbacks[i], err);
    if (status != HEED_OK) {
      return status;
    }
    copy[i] = table[i];
    copy[i].fallback = fallbacks[i] + strlen(table[i].name) + 1;
  }
  return heed_params_parse(copy, count, text, values, err);
}
