#include "reward/expression.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reward/features.h"
#include "reward/pairs.h"

typedef enum code {
  CODE_NUMBER,
  CODE_FEATURE,
  CODE_PAIR,
  /* one value in, one out */
  CODE_NEGATE,
  CODE_ABS,
  /* two values in, one out */
  CODE_ADD,
  CODE_SUBTRACT,
  CODE_MULTIPLY,
  CODE_DIVIDE,
  CODE_MIN,
  CODE_MAX,
  CODE_LESS,
  CODE_LESS_EQUAL,
  CODE_GREATER,
  CODE_GREATER_EQUAL,
  CODE_EQUAL,
  CODE_NOT_EQUAL
} code;

/* The square of it is still finite, and so is the sum of 1e8 of those. */
static const double value_max = 1e150;

static double saturate(double x) {
  return fmax(-value_max, fmin(value_max, x));
}

/* ---- compiling: recursive descent, one function per rule of the grammar --------------------- */

typedef struct parser {
  const char *text;
  const char *next; /* the first character that is not read yet */
  const heed_space *obs_space;
  const heed_space *action_space;
  heed__expression *out;
  uint32_t stack;   /* values on the stack after the operations so far */
  uint32_t nesting; /* rules of `factor` that are open */
  heed_error *err;
} parser;

static heed_status parse_expression(parser *p);

static heed_status fail_here(const parser *p, const char *problem) {
  return heed_fail(p->err, HEED_ERR_ARG, "formula, column %zu: %s", (size_t)(p->next - p->text) + 1,
                   problem);
}

static void skip_space(parser *p) {
  p->next += strspn(p->next, " \t");
}

/* Reads `word` if it stands next. */
static bool accept(parser *p, const char *word) {
  skip_space(p);
  size_t length = strlen(word);
  if (strncmp(p->next, word, length) != 0) {
    return false;
  }
  p->next += length;
  return true;
}

static heed_status expect(parser *p, const char *word, const char *problem) {
  return accept(p, word) ? HEED_OK : fail_here(p, problem);
}

/* Appends an operation and follows what it does to the stack. */
static heed_status emit(parser *p, heed__operation operation) {
  if (p->out->count == HEED__EXPRESSION_SIZE) {
    return fail_here(p, "too long, 256 operations at most");
  }
  if (operation.code <= CODE_PAIR) {
    p->stack++;
  } else if (operation.code >= CODE_ADD) {
    p->stack--;
  }
  if (p->stack > HEED__EXPRESSION_DEPTH) {
    return fail_here(p, "too many values are waiting, 32 at most: use fewer brackets");
  }
  p->out->operations[p->out->count++] = operation;
  return HEED_OK;
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The length of a number as the grammar has it; 0 for none. strtod alone would take more, such as
 * "0x1F": what it reads beyond this length stands where the grammar has no place for it. */
static size_t number_length(const char *s) {
  size_t n = strspn(s, "0123456789");
  if (n == 0) {
    return 0;
  }
  if (s[n] == '.' && is_digit(s[n + 1])) {
    n += 1 + strspn(s + n + 1, "0123456789");
  }
  if (s[n] == 'e' || s[n] == 'E') {
    size_t sign = s[n + 1] == '+' || s[n + 1] == '-';
    size_t digits = strspn(s + n + 1 + sign, "0123456789");
    n += digits > 0 ? 1 + sign + digits : 0;
  }
  return n;
}

static heed_status parse_number(parser *p) {
  size_t length = number_length(p->next);
  double value = strtod(p->next, NULL);
  if (!(fabs(value) <= value_max)) {
    return fail_here(p, "number beyond 1e150");
  }
  p->next += length;
  return emit(p, (heed__operation){.code = CODE_NUMBER, .number = value});
}

/* A feature by its name, spaces left out: "change[ 4, 3 ]" is "change[4,3]". */
static heed_status parse_feature(parser *p) {
  char name[64];
  size_t length = 0;
  const char *s = p->next;
  while (is_letter(*s) && length < sizeof name - 1) {
    name[length++] = *s++;
  }
  if (s[strspn(s, " \t")] == '[') {
    bool is_open = true;
    for (; is_open && *s != '\0' && length < sizeof name - 1; s++) {
      is_open = *s != ']';
      if (*s != ' ' && *s != '\t') {
        name[length++] = *s;
      }
    }
  }
  name[length] = '\0';

  uint32_t pair = heed__pair_find(p->obs_space, name);
  if (pair != HEED__PAIR_NONE) {
    p->next = s;
    return emit(p, (heed__operation){.code = CODE_PAIR, .feature = pair});
  }
  size_t feature = heed_features_find(p->obs_space, p->action_space, name);
  if (feature == SIZE_MAX) {
    char first[64];
    char last[64];
    size_t count = heed_features_count(p->obs_space, p->action_space);
    heed_features_name(p->obs_space, p->action_space, 1, first, sizeof first);
    heed_features_name(p->obs_space, p->action_space, count - 1, last, sizeof last);
    return heed_fail(p->err, HEED_ERR_ARG,
                     "formula, column %zu: no feature '%s' here; there is one, %s to %s",
                     (size_t)(p->next - p->text) + 1, name, first, last);
  }
  p->next = s;
  return emit(p, (heed__operation){.code = CODE_FEATURE, .feature = (uint32_t)feature});
}

/* The arguments of a function, from its opening bracket on. */
static heed_status parse_call(parser *p, code function, bool is_binary) {
  heed_status status = expect(p, "(", "'(' expected after the function");
  if (status == HEED_OK) {
    status = parse_expression(p);
  }
  if (status == HEED_OK && is_binary) {
    status = expect(p, ",", "',' expected: the function takes two values");
    if (status == HEED_OK) {
      status = parse_expression(p);
    }
  }
  if (status == HEED_OK) {
    status = expect(p, ")", "')' expected after the last argument");
  }
  return status == HEED_OK ? emit(p, (heed__operation){.code = function}) : status;
}

/* Reads `name` as a whole word: "min" but not the start of "minute". */
static bool accept_name(parser *p, const char *name) {
  size_t length = strlen(name);
  return strncmp(p->next, name, length) == 0 && !is_letter(p->next[length]) && accept(p, name);
}

static heed_status parse_factor(parser *p);

static heed_status parse_negative(parser *p) {
  heed_status status = parse_factor(p);
  return status == HEED_OK ? emit(p, (heed__operation){.code = CODE_NEGATE}) : status;
}

static heed_status parse_bracket(parser *p) {
  heed_status status = parse_expression(p);
  return status == HEED_OK ? expect(p, ")", "')' expected") : status;
}

static heed_status parse_factor(parser *p) {
  skip_space(p);
  if (p->nesting == HEED__EXPRESSION_DEPTH) {
    return fail_here(p, "too many brackets within brackets, 32 at most");
  }
  p->nesting++;
  heed_status status;
  if (accept(p, "-")) {
    status = parse_negative(p);
  } else if (accept(p, "(")) {
    status = parse_bracket(p);
  } else if (is_digit(*p->next)) {
    status = parse_number(p);
  } else if (accept_name(p, "min")) {
    status = parse_call(p, CODE_MIN, true);
  } else if (accept_name(p, "max")) {
    status = parse_call(p, CODE_MAX, true);
  } else if (accept_name(p, "abs")) {
    status = parse_call(p, CODE_ABS, false);
  } else if (is_letter(*p->next)) {
    status = parse_feature(p);
  } else {
    status = fail_here(p, "a number, a feature, '-' or '(' expected");
  }
  p->nesting--;
  return status;
}

typedef struct operator_word {
  const char *word;
  code code;
} operator_word;

/* Longer words first: "<=" is not "<" and "=". */
static const operator_word comparisons[] = {{"<=", CODE_LESS_EQUAL}, {">=", CODE_GREATER_EQUAL},
                                            {"==", CODE_EQUAL},      {"!=", CODE_NOT_EQUAL},
                                            {"<", CODE_LESS},        {">", CODE_GREATER}};
static const operator_word additions[] = {{"+", CODE_ADD}, {"-", CODE_SUBTRACT}};
static const operator_word products[] = {{"*", CODE_MULTIPLY}, {"/", CODE_DIVIDE}};

static const operator_word *accept_operator(parser *p, const operator_word *words, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (accept(p, words[i].word)) {
      return &words[i];
    }
  }
  return NULL;
}

static heed_status parse_term(parser *p) {
  heed_status status = parse_factor(p);
  const operator_word *found;
  while (status == HEED_OK && (found = accept_operator(p, products, 2)) != NULL) {
    status = parse_factor(p);
    if (status == HEED_OK) {
      status = emit(p, (heed__operation){.code = found->code});
    }
  }
  return status;
}

static heed_status parse_sum(parser *p) {
  heed_status status = parse_term(p);
  const operator_word *found;
  while (status == HEED_OK && (found = accept_operator(p, additions, 2)) != NULL) {
    status = parse_term(p);
    if (status == HEED_OK) {
      status = emit(p, (heed__operation){.code = found->code});
    }
  }
  return status;
}

static heed_status parse_expression(parser *p) {
  heed_status status = parse_sum(p);
  const operator_word *found = status == HEED_OK ? accept_operator(p, comparisons, 6) : NULL;
  if (found == NULL) {
    return status;
  }
  status = parse_sum(p);
  return status == HEED_OK ? emit(p, (heed__operation){.code = found->code}) : status;
}

heed_status heed__expression_compile(const char *text, const heed_space *obs_space,
                                     const heed_space *action_space, heed__expression *expression,
                                     heed_error *err) {
  memset(expression, 0, sizeof *expression);
  parser p = {.text = text,
              .next = text,
              .obs_space = obs_space,
              .action_space = action_space,
              .out = expression,
              .err = err};
  heed_status status = parse_expression(&p);
  skip_space(&p);
  if (status == HEED_OK && *p.next != '\0') {
    status = fail_here(&p, "an operator or the end expected");
  }
  assert(status != HEED_OK || p.stack == 1);
  return status;
}

/* ---- evaluating ----------------------------------------------------------------------------- */

static double apply(uint32_t operation, double a, double b) {
  switch ((code)operation) {
    case CODE_ADD:
      return a + b;
    case CODE_SUBTRACT:
      return a - b;
    case CODE_MULTIPLY:
      return a * b;
    case CODE_DIVIDE:
      return b == 0 ? 0 : a / b;
    case CODE_MIN:
      return fmin(a, b);
    case CODE_MAX:
      return fmax(a, b);
    case CODE_LESS:
      return a < b;
    case CODE_LESS_EQUAL:
      return a <= b;
    case CODE_GREATER:
      return a > b;
    case CODE_GREATER_EQUAL:
      return a >= b;
    case CODE_EQUAL:
      return a == b;
    case CODE_NOT_EQUAL:
      return a != b;
    case CODE_NUMBER:
    case CODE_FEATURE:
    case CODE_PAIR:
    case CODE_NEGATE:
    case CODE_ABS:
      break;
  }
  return 0;
}

double heed__expression_value(const heed__expression *expression, const heed_space *obs_space,
                              const heed_space *action_space, const heed_step *step) {
  double stack[HEED__EXPRESSION_DEPTH] = {0};
  size_t top = 0; /* values on the stack; compiling has checked that it stays within bounds */
  for (size_t i = 0; i < expression->count; i++) {
    const heed__operation *operation = &expression->operations[i];
    switch ((code)operation->code) {
      case CODE_NUMBER:
        stack[top++] = operation->number;
        break;
      case CODE_FEATURE:
        stack[top++] =
            saturate(heed_features_value(obs_space, action_space, step, operation->feature));
        break;
      case CODE_PAIR:
        stack[top++] = heed__pair_value(obs_space, step, operation->feature);
        break;
      case CODE_NEGATE:
        stack[top - 1] = -stack[top - 1];
        break;
      case CODE_ABS:
        stack[top - 1] = fabs(stack[top - 1]);
        break;
      default:
        top--;
        stack[top - 1] = saturate(apply(operation->code, stack[top - 1], stack[top]));
        break;
    }
  }
  return stack[0];
}
