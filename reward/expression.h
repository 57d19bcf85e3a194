/* expression.h: a small language for rewards, over the features of a step (features.h).
 *
 *     expression = sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]      1 if true, else 0
 *     sum        = term { ("+" | "-") term }
 *     term       = factor { ("*" | "/") factor }
 *     factor     = "-" factor | "(" expression ")" | number | feature
 *                | ("min" | "max") "(" expression "," expression ")" | "abs" "(" expression ")"
 *     number     = digits [ "." digits ] [ ("e" | "E") [ "+" | "-" ] digits ]
 *     feature    = "one" | "share[4]" | "change[4,3]" | "value[2,4]" | "change[2,4,3]" | "next[0]"
 *                | "square[1]" | "action[2]" | ... | "right[4,6]" | "below[4,6]"
 *
 * right and below are those of pairs.h. Spaces and tabs may stand between any two words. An example:
 * "50*change[4,3] - (share[2] > 0.25)".
 *
 * Every value is a finite number: each operation saturates at +-1e150, and dividing by zero gives 0, so
 * that no step that can be imagined has a score that is not finite. An expression is compiled once into
 * a program for a stack machine and then evaluated without allocation. */
#ifndef HEED_REWARD_EXPRESSION_H
#define HEED_REWARD_EXPRESSION_H

#include "core/percept.h"

enum {
  HEED__EXPRESSION_SIZE = 256, /* operations of a program */
  HEED__EXPRESSION_DEPTH = 32  /* values on the stack, and brackets within brackets */
};

typedef struct heed__operation {
  uint32_t code;    /* internal to expression.c */
  uint32_t feature; /* of a reference to a feature or a pair */
  double number;    /* of a number */
} heed__operation;

/* A compiled expression; plain data. */
typedef struct heed__expression {
  uint32_t count;
  heed__operation operations[HEED__EXPRESSION_SIZE]; /* in postfix order */
} heed__expression;

/* Compiles `text` for steps of two spaces. Errors: HEED_ERR_ARG naming the column (from 1) and what was
 * expected there. */
heed_status heed__expression_compile(const char *text, const heed_space *obs_space,
                                     const heed_space *action_space, heed__expression *expression,
                                     heed_error *err);

/* The value of a compiled expression for one step of the same spaces; finite. */
double heed__expression_value(const heed__expression *expression, const heed_space *obs_space,
                              const heed_space *action_space, const heed_step *step);

#endif
