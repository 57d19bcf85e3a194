#include "core/params.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/decimal.h"

#define BLANKS        " \t\r\n"
#define PUNCTUATION   ",={}"
#define MAX_PER_TABLE 64 /* one bit each says what was given */

typedef struct span { /* borrowed characters, not terminated; `start` is never NULL */
  const char *start;
  size_t size;
} span;

static span trimmed(const char *start, const char *end) {
  while (start < end && strchr(BLANKS, *start) != NULL) {
    start++;
  }
  while (end > start && strchr(BLANKS, end[-1]) != NULL) {
    end--;
  }
  return (span){start, (size_t)(end - start)};
}

static bool span_is(span s, const char *word, size_t size) {
  return s.size == size && memcmp(s.start, word, size) == 0;
}

static int width(span s) {
  return s.size < 80 ? (int)s.size : 80;
} /* for "%.*s" */

/* The brace that closes the one at `open`, or NULL. */
static const char *closing_brace(const char *open) {
  size_t depth = 0;
  for (const char *c = open; *c != '\0'; c++) {
    if (*c == '{') {
      depth++;
    } else if (*c == '}' && --depth == 0) {
      return c;
    }
  }
  return NULL;
}

/* Takes "name=value" and the comma behind it off the front of *text. */
static heed_status take_item(const char **text, span *name, span *value, heed_error *err) {
  const char *equals = strpbrk(*text, PUNCTUATION);
  if (equals == NULL || *equals != '=') {
    return heed_fail(err, HEED_ERR_ARG, "name=value expected at '%.80s'", *text);
  }
  *name = trimmed(*text, equals);

  const char *start = equals + 1 + strspn(equals + 1, BLANKS);
  const char *end;
  if (*start == '{') {
    end = closing_brace(start);
    if (end == NULL) {
      return heed_fail(err, HEED_ERR_ARG, "%.*s: '{' without its '}'", width(*name), name->start);
    }
    *value = (span){start + 1, (size_t)(end - start) - 1};
    end++;
    end += strspn(end, BLANKS);
  } else {
    end = start + strcspn(start, PUNCTUATION);
    *value = trimmed(start, end);
  }

  if (*end != ',' && *end != '\0') {
    return heed_fail(err, HEED_ERR_ARG,
                     "%.*s: '%c' after '%.*s'; a value that holds a comma, '=' or braces stands in "
                     "braces: %.*s={...}",
                     width(*name), name->start, *end, width(*value), value->start, width(*name),
                     name->start);
  }
  *text = *end == ',' ? end + 1 : end;
  if (*end == ',' && (*text)[strspn(*text, BLANKS)] == '\0') {
    return heed_fail(err, HEED_ERR_ARG, "name=value expected after the last comma");
  }
  return HEED_OK;
}

static heed_status unknown_name(const heed_param *table, size_t count, span name, heed_error *err) {
  char known[320] = "none";
  size_t used = 0;
  for (size_t i = 0; i < count && used < sizeof known; i++) {
    int n = snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", table[i].name);
    used += n > 0 ? (size_t)n : 0;
  }
  return heed_fail(err, HEED_ERR_ARG, "unknown parameter '%.*s'; known: %s", width(name),
                   name.start, known);
}

/* ", in s" for error messages, written to text[size]. */
static const char *in_unit(const heed_param *param, char *text, size_t size) {
  bool has_unit = param->unit != NULL && param->unit[0] != '\0';
  (void)snprintf(text, size, has_unit ? ", in %s" : "%s", has_unit ? param->unit : "");
  return text;
}

static heed_status set_int(const heed_param *param, const char *text, void *field,
                           heed_error *err) {
  int64_t number;
  if (!heed_decimal_read_int(text, &number) || number < INT32_MIN || number > INT32_MAX ||
      (double)number < param->min || (double)number > param->max) {
    char unit[48];
    return heed_fail(err, HEED_ERR_ARG, "%s: '%s', an integer from %.0f to %.0f expected%s",
                     param->name, text, param->min, param->max, in_unit(param, unit, sizeof unit));
  }
  int32_t value = (int32_t)number;
  memcpy(field, &value, sizeof value);
  return HEED_OK;
}

static heed_status set_real(const heed_param *param, const char *text, void *field,
                            heed_error *err) {
  double value;
  if (!heed_decimal_read(text, &value) || value < param->min || value > param->max) {
    char unit[48];
    return heed_fail(err, HEED_ERR_ARG, "%s: '%s', a number from %g to %g expected%s", param->name,
                     text, param->min, param->max, in_unit(param, unit, sizeof unit));
  }
  memcpy(field, &value, sizeof value);
  return HEED_OK;
}

static heed_status set_bool(const heed_param *param, const char *text, void *field,
                            heed_error *err) {
  bool value = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
  if (!value && strcmp(text, "false") != 0 && strcmp(text, "0") != 0) {
    return heed_fail(err, HEED_ERR_ARG, "%s: '%s', true or false expected", param->name, text);
  }
  memcpy(field, &value, sizeof value);
  return HEED_OK;
}

/* The word of "a|b|c" at *choices, which moves on to the next; size 0 at the end. */
static span take_choice(const char **choices) {
  span word = {*choices, strcspn(*choices, "|")};
  *choices += word.size;
  *choices += **choices == '|' ? 1 : 0;
  return word;
}

static heed_status set_choice(const heed_param *param, const char *text, void *field,
                              heed_error *err) {
  const char *rest = param->choices;
  int32_t value = 0;
  for (span word = take_choice(&rest); word.size > 0; word = take_choice(&rest)) {
    if (span_is(word, text, strlen(text))) {
      memcpy(field, &value, sizeof value);
      return HEED_OK;
    }
    value++;
  }
  return heed_fail(err, HEED_ERR_ARG, "%s: '%s', one of %s expected", param->name, text,
                   param->choices);
}

/* Reads `text` into the field of `param`. */
static heed_status set_value(const heed_param *param, const char *text, void *values,
                             heed_error *err) {
  unsigned char *field = (unsigned char *)values + param->offset;
  switch (param->type) {
    case HEED_PARAM_INT:
      return set_int(param, text, field, err);
    case HEED_PARAM_REAL:
      return set_real(param, text, field, err);
    case HEED_PARAM_BOOL:
      return set_bool(param, text, field, err);
    case HEED_PARAM_CHOICE:
      return set_choice(param, text, field, err);
    case HEED_PARAM_TEXT:
      assert(strlen(text) < HEED_PARAM_TEXT_SIZE);
      memset(field, 0, HEED_PARAM_TEXT_SIZE);
      memcpy(field, text, strlen(text) + 1);
      return HEED_OK;
  }
  assert(false); /* no other type exists */
  return HEED_ERR_ARG;
}

static heed_status set_item(const heed_param *table, size_t count, span name, span value,
                            uint64_t *given, void *values, heed_error *err) {
  size_t i = 0;
  while (i < count && !span_is(name, table[i].name, strlen(table[i].name))) {
    i++;
  }
  if (i == count) {
    return unknown_name(table, count, name, err);
  }
  if ((*given >> i & 1) != 0) {
    return heed_fail(err, HEED_ERR_ARG, "%s is given twice", table[i].name);
  }
  *given |= UINT64_C(1) << i;

  char text[HEED_PARAM_TEXT_SIZE];
  if (value.size >= sizeof text) {
    return heed_fail(err, HEED_ERR_ARG, "%s: %zu characters, at most %zu expected", table[i].name,
                     value.size, sizeof text - 1);
  }
  memcpy(text, value.start, value.size);
  text[value.size] = '\0';
  return set_value(&table[i], text, values, err);
}

heed_status heed_params_parse(const heed_param *table, size_t count, const char *text, void *values,
                              heed_error *err) {
  assert(count <= MAX_PER_TABLE);
  for (size_t i = 0; i < count; i++) {
    const char *fallback = table[i].fallback != NULL ? table[i].fallback : "";
    heed_status status = set_value(&table[i], fallback, values, err);
    assert(status == HEED_OK); /* a table's own defaults are in its ranges */
    if (status != HEED_OK) {
      return heed_fail_context(err, status, "default");
    }
  }

  uint64_t given = 0;
  text = text != NULL ? text + strspn(text, BLANKS) : "";
  while (*text != '\0') {
    span name = {"", 0};
    span value = {"", 0};
    heed_status status = take_item(&text, &name, &value, err);
    if (status == HEED_OK) {
      status = set_item(table, count, name, value, &given, values, err);
    }
    if (status != HEED_OK) {
      return status;
    }
  }
  return HEED_OK;
}

/* Writes a text value, in braces where it needs them. */
static heed_status format_text(const heed_param *param, const char *value, char *text, size_t size,
                               heed_error *err) {
  size_t length = strlen(value);
  bool is_plain =
      strpbrk(value, PUNCTUATION) == NULL && trimmed(value, value + length).size == length;
  (void)snprintf(text, size, is_plain ? "%s" : "{%s}", value);
  if (!is_plain && closing_brace(text) != text + length + 1) {
    return heed_fail(err, HEED_ERR_ARG, "%s: unbalanced braces in '%s'", param->name, value);
  }
  return HEED_OK;
}

/* Writes the value of `param`; text[size] has room for any. */
static heed_status format_value(const heed_param *param, const void *values, char *text,
                                size_t size, heed_error *err) {
  const unsigned char *field = (const unsigned char *)values + param->offset;
  int32_t integer = 0;
  double real = 0.0;
  bool flag = false;
  switch (param->type) {
    case HEED_PARAM_INT:
      memcpy(&integer, field, sizeof integer);
      (void)snprintf(text, size, "%" PRId32, integer);
      break;
    case HEED_PARAM_REAL:
      memcpy(&real, field, sizeof real);
      heed_decimal_write(real, text);
      break;
    case HEED_PARAM_BOOL:
      memcpy(&flag, field, sizeof flag);
      (void)snprintf(text, size, "%s", flag ? "true" : "false");
      break;
    case HEED_PARAM_CHOICE: {
      memcpy(&integer, field, sizeof integer);
      const char *rest = param->choices;
      span word = take_choice(&rest);
      for (int32_t i = 0; i < integer; i++) {
        word = take_choice(&rest);
      }
      assert(word.size > 0);
      (void)snprintf(text, size, "%.*s", (int)word.size, word.start);
      break;
    }
    case HEED_PARAM_TEXT:
      return format_text(param, (const char *)field, text, size, err);
  }
  return HEED_OK;
}

heed_status heed_params_format(const heed_param *table, size_t count, const void *values,
                               char *text, size_t size, heed_error *err) {
  assert(size > 0);
  text[0] = '\0';
  size_t used = 0;
  for (size_t i = 0; i < count; i++) {
    char value[HEED_PARAM_TEXT_SIZE + 2]; /* and two braces */
    heed_status status = format_value(&table[i], values, value, sizeof value, err);
    if (status != HEED_OK) {
      return status;
    }
    int n = snprintf(text + used, size - used, "%s%s=%s", i > 0 ? "," : "", table[i].name, value);
    if (n < 0 || (size_t)n >= size - used) {
      return heed_fail(err, HEED_ERR_ARG, "parameters do not fit into %zu characters", size - 1);
    }
    used += (size_t)n;
  }
  return HEED_OK;
}
