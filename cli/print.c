#include "cli/print.h"

#include <math.h>
#include <string.h>

#include "core/decimal.h"

int heed__failed(const heed__usage *usage, const heed_error *err) {
  (void)fflush(stdout);
  (void)fprintf(stderr, "%s: %s\n", usage->command,
                err->message[0] != '\0' ? err->message : heed_status_text(err->status));
  return HEED__FAILED;
}

int heed__misused(const heed__usage *usage, const heed_error *err) {
  (void)heed__failed(usage, err);
  (void)fprintf(stderr, "Try '%s --help' for what it takes.\n", usage->command);
  return HEED__MISUSED;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

void heed__print_json(json_t *document) {
  (void)json_dumpf(document, stdout, JSON_INDENT(2));
  (void)fputc('\n', stdout);
  json_decref(document);
}

json_t *heed__number_json(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

json_t *heed__text_json(const char *text) {
  json_t *value = json_string(text);
  return value != NULL ? value : json_string("(not UTF-8)");
}

/* ---- cards ---------------------------------------------------------------------------------- */

json_t *heed__card_json(const heed_card *card) {
  json_t *object = json_object();
  for (uint32_t i = 0; i < card->count; i++) {
    const heed_card_entry *entry = &card->entries[i];
    json_t *value =
        entry->is_number ? heed__number_json(entry->number) : heed__text_json(entry->text);
    if (json_object_set_new(object, entry->name, value) != 0) {
      (void)json_object_set_new(object, "(not UTF-8)", json_null());
    }
  }
  return object;
}

void heed__card_print(const heed_card *card, FILE *out) {
  for (uint32_t i = 0; i < card->count; i++) {
    const heed_card_entry *entry = &card->entries[i];
    char digits[HEED_DECIMAL_SIZE];
    heed_decimal_write(entry->number, digits);
    (void)fprintf(out, "  %-28s %s\n", entry->name, entry->is_number ? digits : entry->text);
  }
}

const char *heed__short(double value, char text[32]) {
  (void)snprintf(text, 32, "%.6g", value);
  return text;
}

/* ---- suggestions ---------------------------------------------------------------------------- */

enum { WORD_MAX = 40 };

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Levenshtein distance: single letters put in, left out or exchanged (Wagner and Fischer 1974). */
static size_t distance(const char *a, const char *b) {
  size_t row[WORD_MAX + 1];
  size_t n = strlen(b);
  for (size_t j = 0; j <= n; j++) {
    row[j] = j;
  }
  for (size_t i = 1; a[i - 1] != '\0'; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= n; j++) {
      size_t exchanged = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
      diagonal = row[j];
      row[j] = least(exchanged, least(row[j], row[j - 1]) + 1);
    }
  }
  return row[n];
}

const char *heed__nearest(const char *word, const char *const *words) {
  const char *best = NULL;
  size_t length = strlen(word);
  size_t least_distance = length / 2 + 1; /* more than half wrong is no slip of the finger */
  if (length > WORD_MAX) {
    return NULL;
  }
  for (; *words != NULL; words++) {
    size_t d = strlen(*words) <= WORD_MAX ? distance(word, *words) : SIZE_MAX;
    if (d < least_distance) {
      least_distance = d;
      best = *words;
    }
  }
  return best;
}
