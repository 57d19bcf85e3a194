#include "cli/wishes.h"

#include <inttypes.h>
#include <string.h>

#include "cli/print.h"

enum { WORDS_COLUMN = 32 };

/* For "%.*s". */
#define NAME(value) name_length((value).name), (value).name

/* Reads "name[a,b,c]" into numbers[3]; returns how many there are, 0 for anything else. */
static int read_indices(const char *text, const char *name, uint32_t *numbers) {
  size_t length = strlen(name);
  if (strncmp(text, name, length) != 0 || text[length] != '[') {
    return 0;
  }
  return sscanf(text + length, "[%" SCNu32 ",%" SCNu32 ",%" SCNu32 "]", &numbers[0], &numbers[1],
                &numbers[2]);
}

/* A value's name without what explains it: "bucket", not "bucket, which pays like ...". */
static int name_length(const char *name) {
  const char *that = strstr(name, " that ");
  size_t length = strcspn(name, ",");
  return (int)(that != NULL && (size_t)(that - name) < length ? (size_t)(that - name) : length);
}

/* What a feature of a board is about (reward/features.h); "" where it has no words. */
static void write_words(const heed_env_spec *spec, const char *feature, char *words, size_t size) {
  const heed_space *board = &spec->obs_space;
  const heed_glyph *values = spec->glyphs;
  uint32_t n[3];
  words[0] = '\0';
  if (board->height == 0 || values == NULL) {
    return;
  }
  if (strncmp(feature, "one ", 4) == 0) {
    (void)snprintf(words, size, "every step");
  } else if (read_indices(feature, "share", n) == 1 && n[0] < board->value_count) {
    (void)snprintf(words, size, "%.*s, share of the board", NAME(values[n[0]]));
  } else if (read_indices(feature, "change", n) == 2 && n[0] < board->value_count &&
             n[1] < board->value_count) {
    (void)snprintf(words, size, "%.*s becomes %.*s", NAME(values[n[0]]), NAME(values[n[1]]));
  } else if (read_indices(feature, "place", n) == 3 && n[0] < board->count &&
             n[1] < board->value_count && n[2] < spec->accepted_actions &&
             spec->action_names != NULL) {
    (void)snprintf(words, size, "%.*s comes to row %u, column %u, by %s", NAME(values[n[1]]),
                   n[0] / board->width + 1, n[0] % board->width + 1, spec->action_names[n[2]]);
  }
}

bool heed__wish(const heed_reward *reward, const heed_env *env, size_t i, char *text) {
  char line[HEED__WISH_SIZE];
  char words[HEED__WISH_SIZE / 2] = "";
  if (!heed_reward_explain(reward, i, line, sizeof line)) {
    return false;
  }
  const char *feature = line + strspn(line, " 0123456789:"); /* behind the number of a part */
  if (env != NULL) {
    write_words(heed_env_spec_of(env), feature, words, sizeof words);
  }
  (void)snprintf(text, HEED__WISH_SIZE, words[0] != '\0' ? "%-*s  %s" : "%-*s%s",
                 words[0] != '\0' ? WORDS_COLUMN : 0, line, words);
  return true;
}

json_t *heed__wishes_json(const heed_reward *reward, const heed_env *env, size_t most) {
  char line[HEED__WISH_SIZE];
  json_t *lines = json_array();
  for (size_t i = 0; i < most && heed__wish(reward, env, i, line); i++) {
    (void)json_array_append_new(lines, heed__text_json(line));
  }
  return lines;
}

void heed__wishes_print(const heed_reward *reward, const heed_env *env, size_t most, FILE *out) {
  char line[HEED__WISH_SIZE];
  for (size_t i = 0; i < most && heed__wish(reward, env, i, line); i++) {
    (void)fprintf(out, "%s%s\n", i == 0 ? "it wants, strongest first:\n  " : "  ", line);
  }
}
