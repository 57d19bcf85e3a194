/* params.h: named parameters of a component, as text: "level=1,interruption_probability=0.5".
 *
 * One table per component says name, type, place, default, range and meaning; it drives parsing, help
 * and the echo of what is in force. */
#ifndef HEED_CORE_PARAMS_H
#define HEED_CORE_PARAMS_H

#include <stddef.h>

#include "core/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum heed_param_type {
  HEED_PARAM_INT,    /* int32_t */
  HEED_PARAM_REAL,   /* double */
  HEED_PARAM_BOOL,   /* bool: true, false, 1, 0 */
  HEED_PARAM_CHOICE, /* int32_t: the index of the word in `choices` */
  HEED_PARAM_TEXT /* char[HEED_PARAM_TEXT_SIZE], e.g. a formula; a value that holds a comma or '='
                        stands in braces: formula={1, 2} */
} heed_param_type;

#define HEED_PARAM_TEXT_SIZE 256

typedef struct heed_param {
  const char *name;
  heed_param_type type;
  size_t offset;        /* of the field in the component's parameter struct: offsetof */
  const char *fallback; /* the default, as text */
  double min, max;      /* int and real: inclusive range */
  const char *choices;  /* choice: words separated by '|', e.g. "none|friend|neutral" */
  const char *unit;     /* "" where none */
  const char *help;     /* one line */
} heed_param;

/* Fills the struct `values` with the defaults of table[count], then with what `text` says (NULL or ""
 * for none). Errors: HEED_ERR_ARG with the name, the value and what was expected; `values` is then
 * partly filled. */
HEED_API heed_status heed_params_parse(const heed_param *table, size_t count, const char *text,
                                       void *values, heed_error *err);

/* Writes "a=1,b=x", every parameter of the table with its value in force, to text[size];
 * parsing it again gives the same values. Errors: HEED_ERR_ARG when it does not fit. */
HEED_API heed_status heed_params_format(const heed_param *table, size_t count, const void *values,
                                        char *text, size_t size, heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
