/* Values of a decoded document: walking through them, and typed access by key. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <msgpack.h>
#include <stdio.h>
#include <string.h>

#include "core/decimal.h"
#include "core/pack_internal.h"

static const msgpack_object *object_of(const heed_pack_value *value) {
  return (const msgpack_object *)(const void *)value;
}

static const heed_pack_value *value_of(const msgpack_object *object) {
  return (const heed_pack_value *)(const void *)object;
}

/* ---- walking -------------------------------------------------------------------------------- */

heed_pack_type heed_pack_type_of(const heed_pack_value *value) {
  switch (object_of(value)->type) {
    case MSGPACK_OBJECT_MAP:
      return HEED_PACK_MAP;
    case MSGPACK_OBJECT_ARRAY:
      return HEED_PACK_ARRAY;
    case MSGPACK_OBJECT_STR:
      return HEED_PACK_TEXT;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
      return HEED_PACK_UINT;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
      return HEED_PACK_INT;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
      return HEED_PACK_REAL;
    case MSGPACK_OBJECT_BOOLEAN:
      return HEED_PACK_BOOL;
    case MSGPACK_OBJECT_BIN:
      return HEED_PACK_BLOB;
    case MSGPACK_OBJECT_NIL:
    case MSGPACK_OBJECT_EXT: /* refused by the scan */
      break;
  }
  return HEED_PACK_NIL;
}

uint32_t heed_pack_count(const heed_pack_value *value) {
  const msgpack_object *object = object_of(value);
  return object->type == MSGPACK_OBJECT_MAP     ? object->via.map.size
         : object->type == MSGPACK_OBJECT_ARRAY ? object->via.array.size
                                                : 0;
}

const heed_pack_value *heed_pack_item(const heed_pack_value *value, uint32_t i) {
  assert(i < heed_pack_count(value));
  const msgpack_object *object = object_of(value);
  return value_of(object->type == MSGPACK_OBJECT_MAP ? &object->via.map.ptr[i].val
                                                     : &object->via.array.ptr[i]);
}

const char *heed_pack_key_at(const heed_pack_value *map, uint32_t i) {
  assert(object_of(map)->type == MSGPACK_OBJECT_MAP && i < heed_pack_count(map));
  return object_of(map)->via.map.ptr[i].key.via.str.ptr;
}

const heed_pack_value *heed_pack_find(const heed_pack_value *map, const char *key) {
  if (object_of(map)->type != MSGPACK_OBJECT_MAP) {
    return NULL;
  }
  uint32_t count = heed_pack_count(map);
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(heed_pack_key_at(map, i), key) == 0) {
      return heed_pack_item(map, i);
    }
  }
  return NULL;
}

/* ---- scalars by key ------------------------------------------------------------------------- */

static const char *const type_names[] = {
    [HEED_PACK_MAP] = "a map",
    [HEED_PACK_ARRAY] = "an array",
    [HEED_PACK_TEXT] = "a text",
    [HEED_PACK_UINT] = "a natural number",
    [HEED_PACK_INT] = "a negative number",
    [HEED_PACK_REAL] = "a real number",
    [HEED_PACK_BOOL] = "a boolean",
    [HEED_PACK_BLOB] = "a blob",
    [HEED_PACK_NIL] = "nothing",
};

static heed_status fail_type(const heed_pack_value *value, const char *key, const char *expected,
                             heed_error *err) {
  if (value == NULL) {
    return heed_fail(err, HEED_ERR_FORMAT, "key '%s' is missing, %s expected", key, expected);
  }
  return heed_fail(err, HEED_ERR_FORMAT, "key '%s' is %s, %s expected", key,
                   type_names[heed_pack_type_of(value)], expected);
}

/* The value of a key, which must be of the given type. */
static heed_status get(const heed_pack_value *map, const char *key, heed_pack_type type,
                       const heed_pack_value **out, heed_error *err) {
  const heed_pack_value *value = heed_pack_find(map, key);
  if (value == NULL || heed_pack_type_of(value) != type) {
    return fail_type(value, key, type_names[type], err);
  }
  *out = value;
  return HEED_OK;
}

heed_status heed_pack_get_map(const heed_pack_value *map, const char *key,
                              const heed_pack_value **out, heed_error *err) {
  return get(map, key, HEED_PACK_MAP, out, err);
}

heed_status heed_pack_get_array(const heed_pack_value *map, const char *key,
                                const heed_pack_value **out, heed_error *err) {
  return get(map, key, HEED_PACK_ARRAY, out, err);
}

heed_status heed_pack_get_text(const heed_pack_value *map, const char *key, const char **out,
                               heed_error *err) {
  const heed_pack_value *value = NULL;
  heed_status status = get(map, key, HEED_PACK_TEXT, &value, err);
  if (status != HEED_OK) {
    return status;
  }
  const msgpack_object_str *text = &object_of(value)->via.str;
  if (strlen(text->ptr) != text->size) {
    return heed_fail(err, HEED_ERR_FORMAT, "key '%s': text with a NUL", key);
  }
  *out = text->ptr;
  return HEED_OK;
}

heed_status heed_pack_get_uint(const heed_pack_value *map, const char *key, uint64_t max,
                               uint64_t *out, heed_error *err) {
  const heed_pack_value *value = NULL;
  heed_status status = get(map, key, HEED_PACK_UINT, &value, err);
  if (status != HEED_OK) {
    return status;
  }
  uint64_t number = object_of(value)->via.u64;
  if (number > max) {
    return heed_fail(err, HEED_ERR_FORMAT, "key '%s' is %" PRIu64 ", at most %" PRIu64 " expected",
                     key, number, max);
  }
  *out = number;
  return HEED_OK;
}

/* Any number as a double; false for what is no number. */
static bool to_real(const heed_pack_value *value, double *out) {
  const msgpack_object *object = object_of(value);
  switch (heed_pack_type_of(value)) {
    case HEED_PACK_UINT:
      *out = (double)object->via.u64;
      return true;
    case HEED_PACK_INT:
      *out = (double)object->via.i64;
      return true;
    case HEED_PACK_REAL:
      *out = object->via.f64;
      return true;
    default:
      return false;
  }
}

heed_status heed_pack_get_real(const heed_pack_value *map, const char *key, double *out,
                               heed_error *err) {
  const heed_pack_value *value = heed_pack_find(map, key);
  double number;
  if (value == NULL || !to_real(value, &number)) {
    return fail_type(value, key, "a number", err);
  }
  if (!isfinite(number)) {
    return heed_fail(err, HEED_ERR_FORMAT, "key '%s' is %g, a finite number expected", key, number);
  }
  *out = number;
  return HEED_OK;
}

heed_status heed_pack_get_bool(const heed_pack_value *map, const char *key, bool *out,
                               heed_error *err) {
  const heed_pack_value *value = NULL;
  heed_status status = get(map, key, HEED_PACK_BOOL, &value, err);
  if (status == HEED_OK) {
    *out = object_of(value)->via.boolean;
  }
  return status;
}

/* Copies text with control characters replaced: it may be printed on a terminal. */
static void copy_printable(const msgpack_object_str *source, char *text, size_t size) {
  size_t n = source->size < size - 1 ? source->size : size - 1;
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)source->ptr[i];
    text[i] = source->ptr[i];
    if (heed__is_control(c)) {
      text[i] = '?';
    }
  }
  text[n] = '\0';
}

void heed_pack_to_text(const heed_pack_value *value, char *text, size_t size) {
  assert(size > 0);
  const msgpack_object *object = object_of(value);
  char decimal[HEED_DECIMAL_SIZE];
  switch (heed_pack_type_of(value)) {
    case HEED_PACK_MAP:
      (void)snprintf(text, size, "(%" PRIu32 " entries)", object->via.map.size);
      break;
    case HEED_PACK_ARRAY:
      (void)snprintf(text, size, "(%" PRIu32 " items)", object->via.array.size);
      break;
    case HEED_PACK_BLOB:
      (void)snprintf(text, size, "(%" PRIu32 " bytes)", object->via.bin.size);
      break;
    case HEED_PACK_TEXT:
      copy_printable(&object->via.str, text, size);
      break;
    case HEED_PACK_UINT:
      (void)snprintf(text, size, "%" PRIu64, object->via.u64);
      break;
    case HEED_PACK_INT:
      (void)snprintf(text, size, "%" PRId64, object->via.i64);
      break;
    case HEED_PACK_REAL:
      heed_decimal_write(object->via.f64, decimal);
      (void)snprintf(text, size, "%s", decimal);
      break;
    case HEED_PACK_BOOL:
      (void)snprintf(text, size, "%s", object->via.boolean ? "true" : "false");
      break;
    case HEED_PACK_NIL:
      (void)snprintf(text, size, "none");
      break;
  }
}

/* ---- numbers -------------------------------------------------------------------------------- */

/* Reads "shape": two dimensions, of which the second is not 0. */
static heed_status get_shape(const heed_pack_value *numbers, const char *key, uint64_t *rows,
                             uint64_t *cols, heed_error *err) {
  const heed_pack_value *shape = NULL;
  heed_status status = get(numbers, "shape", HEED_PACK_ARRAY, &shape, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "key '%s'", key);
  }
  if (heed_pack_count(shape) != 2 ||
      heed_pack_type_of(heed_pack_item(shape, 0)) != HEED_PACK_UINT ||
      heed_pack_type_of(heed_pack_item(shape, 1)) != HEED_PACK_UINT) {
    return heed_fail(err, HEED_ERR_FORMAT, "key '%s': shape of two natural numbers expected", key);
  }
  *rows = object_of(heed_pack_item(shape, 0))->via.u64;
  *cols = object_of(heed_pack_item(shape, 1))->via.u64;
  if (*cols == 0 || *cols > UINT32_MAX) {
    return heed_fail(err, HEED_ERR_FORMAT,
                     "key '%s': %" PRIu64 " columns, 1 to %" PRIu32 " expected", key, *cols,
                     UINT32_MAX);
  }
  return HEED_OK;
}

/* Reads "dtype" and "data", and checks them against the shape. */
static heed_status get_data(const heed_pack_value *numbers, const char *key, heed_dtype dtype,
                            uint64_t rows, uint64_t cols, const void **data, heed_error *err) {
  const char *name = NULL;
  const heed_pack_value *value = NULL;
  heed_status status = heed_pack_get_text(numbers, "dtype", &name, err);
  if (status == HEED_OK) {
    status = get(numbers, "data", HEED_PACK_BLOB, &value, err);
  }
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "key '%s'", key);
  }
  assert(name != NULL && value != NULL && cols > 0);
  if (strcmp(name, heed__dtype_name(dtype)) != 0) {
    return heed_fail(err, HEED_ERR_FORMAT, "key '%s': numbers of type '%.16s', '%s' expected", key,
                     name, heed__dtype_name(dtype));
  }
  const msgpack_object_bin *blob = &object_of(value)->via.bin;
  size_t size = heed_dtype_size(dtype);
  uint64_t count = blob->size / size;
  if (blob->size % size != 0 || count % cols != 0 || count / cols != rows) {
    return heed_fail(err, HEED_ERR_FORMAT,
                     "key '%s': %" PRIu32 " bytes for %" PRIu64 " x %" PRIu64 " numbers of %zu",
                     key, blob->size, rows, cols, size);
  }
  *data = blob->ptr;
  return HEED_OK;
}

static heed_status check_dimension(const char *key, const char *what, uint64_t is, size_t expected,
                                   heed_error *err) {
  if (expected != SIZE_MAX && is != expected) {
    return heed_fail(err, HEED_ERR_FORMAT, "key '%s': %" PRIu64 " %s, %zu expected", key, is, what,
                     expected);
  }
  return HEED_OK;
}

heed_status heed__pack_get_any_numbers(const heed_pack_value *map, const char *key,
                                       heed_dtype dtype, size_t expect_rows, size_t expect_cols,
                                       size_t *rows, size_t *cols, const void **data,
                                       heed_error *err) {
  const heed_pack_value *numbers = NULL;
  uint64_t row_count = 0;
  uint64_t col_count = 0;
  heed_status status = get(map, key, HEED_PACK_MAP, &numbers, err);
  if (status == HEED_OK) {
    status = get_shape(numbers, key, &row_count, &col_count, err);
  }
  if (status == HEED_OK) {
    status = check_dimension(key, "rows", row_count, expect_rows, err);
  }
  if (status == HEED_OK) {
    status = check_dimension(key, "columns", col_count, expect_cols, err);
  }
  if (status == HEED_OK) {
    status = get_data(numbers, key, dtype, row_count, col_count, data, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  if (rows != NULL) {
    *rows = (size_t)row_count;
  }
  if (cols != NULL) {
    *cols = (size_t)col_count;
  }
  return HEED_OK;
}

heed_status heed_pack_get_numbers(const heed_pack_value *map, const char *key, heed_dtype dtype,
                                  size_t expect_rows, size_t expect_cols, size_t *rows,
                                  size_t *cols, const void **data, heed_error *err) {
  size_t row_count = 0;
  size_t col_count = 0;
  const void *numbers = NULL;
  heed_status status = heed__pack_get_any_numbers(map, key, dtype, expect_rows, expect_cols,
                                                  &row_count, &col_count, &numbers, err);
  if (status != HEED_OK) {
    return status;
  }
  size_t bad = heed__first_not_finite(dtype, numbers, row_count * col_count);
  if (bad < row_count * col_count) {
    return heed_fail(err, HEED_ERR_FORMAT, "key '%s': number %zu is not finite", key, bad);
  }
  if (rows != NULL) {
    *rows = row_count;
  }
  if (cols != NULL) {
    *cols = col_count;
  }
  *data = numbers;
  return HEED_OK;
}
