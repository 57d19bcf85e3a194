/* test_pack.c: documents are written and read back; what does not belong in one is refused. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/document.h"
#include "core/pack.h"
#include "core/scratch.h"

/* The body must not be saved, with this status and message. */
static void assert_not_saved(build body, heed_status expected, const char *message) {
  heed_error err = {0};
  heed_pack_writer *writer;
  assert_ok(heed_pack_writer_create(&writer, &err), &err);
  body(writer);
  unsigned char *bytes;
  size_t size;
  assert_fails(heed_pack_save_memory(writer, "test", 1, &bytes, &size, &err), expected, &err,
               message);
  heed_pack_writer_destroy(writer);
}

static const double matrix[2][3] = {{1, 2, 3}, {-4, 0.5, 1e300}};

static void write_everything(heed_pack_writer *writer) {
  heed_pack_map(writer, 12);
  heed_pack_key(writer, "text");
  heed_pack_text(writer, "hello");
  heed_pack_key(writer, "empty");
  heed_pack_text(writer, "");
  heed_pack_key(writer, "large");
  heed_pack_uint(writer, UINT64_MAX);
  heed_pack_key(writer, "negative");
  heed_pack_int(writer, INT64_MIN);
  heed_pack_key(writer, "natural");
  heed_pack_int(writer, 7);
  heed_pack_key(writer, "real");
  heed_pack_real(writer, 0.1);
  heed_pack_key(writer, "yes");
  heed_pack_bool(writer, true);
  heed_pack_key(writer, "no");
  heed_pack_bool(writer, false);
  heed_pack_key(writer, "numbers");
  heed_pack_numbers(writer, HEED_F64, 2, 3, matrix);
  heed_pack_key(writer, "map");
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "inner");
  heed_pack_map(writer, 0);
  heed_pack_key(writer, "array");
  heed_pack_array(writer, 3);
  heed_pack_uint(writer, 10);
  heed_pack_array(writer, 0);
  heed_pack_text(writer, "last");
  heed_pack_key(writer, "none");
  heed_pack_numbers(writer, HEED_U8, 0, 4, NULL);
}

static void scalars_come_back(void **state) {
  (void)state;
  heed_error err = {0};
  heed_pack_reader *reader = opened(write_everything);
  const heed_pack_value *root = heed_pack_root(reader);
  const char *text;
  assert_ok(heed_pack_get_text(root, "text", &text, &err), &err);
  assert_string_equal(text, "hello");
  assert_ok(heed_pack_get_text(root, "empty", &text, &err), &err);
  assert_string_equal(text, "");
  uint64_t natural;
  assert_ok(heed_pack_get_uint(root, "large", UINT64_MAX, &natural, &err), &err);
  assert_true(natural == UINT64_MAX);
  assert_ok(heed_pack_get_uint(root, "natural", 7, &natural, &err), &err);
  assert_int_equal(natural, 7);
  double real;
  assert_ok(heed_pack_get_real(root, "real", &real, &err), &err);
  assert_true(real == 0.1);
  assert_ok(heed_pack_get_real(root, "negative", &real, &err), &err);
  assert_true(real == -0x1p63);
  bool flag;
  assert_ok(heed_pack_get_bool(root, "yes", &flag, &err), &err);
  assert_true(flag);
  assert_ok(heed_pack_get_bool(root, "no", &flag, &err), &err);
  assert_false(flag);
  heed_pack_close(reader);
}

static void kind_and_version_come_back(void **state) {
  (void)state;
  heed_pack_reader *reader = opened(write_everything);
  assert_string_equal(heed_pack_kind(reader), "test");
  assert_int_equal(heed_pack_version(reader), 1);
  heed_pack_close(reader);
}

static void documents_can_be_walked(void **state) {
  (void)state;
  heed_pack_reader *reader = opened(write_everything);
  const heed_pack_value *root = heed_pack_root(reader);
  assert_int_equal(heed_pack_type_of(root), HEED_PACK_MAP);
  assert_int_equal(heed_pack_count(root), 12);
  assert_string_equal(heed_pack_key_at(root, 0), "text");
  assert_string_equal(heed_pack_key_at(root, 10), "array");
  assert_int_equal(heed_pack_type_of(heed_pack_item(root, 2)), HEED_PACK_UINT);
  assert_int_equal(heed_pack_type_of(heed_pack_item(root, 3)), HEED_PACK_INT);
  assert_int_equal(heed_pack_type_of(heed_pack_item(root, 6)), HEED_PACK_BOOL);
  assert_int_equal(heed_pack_count(heed_pack_item(root, 6)), 0);

  const heed_pack_value *array = heed_pack_item(root, 10);
  assert_int_equal(heed_pack_count(array), 3);
  assert_int_equal(heed_pack_type_of(heed_pack_item(array, 1)), HEED_PACK_ARRAY);
  assert_int_equal(heed_pack_type_of(heed_pack_item(array, 2)), HEED_PACK_TEXT);
  assert_null(heed_pack_find(array, "text"));
  assert_null(heed_pack_find(root, "tex"));

  heed_error err = {0};
  const heed_pack_value *map;
  assert_ok(heed_pack_get_map(root, "map", &map, &err), &err);
  assert_ok(heed_pack_get_map(map, "inner", &map, &err), &err);
  assert_int_equal(heed_pack_count(map), 0);
  assert_ok(heed_pack_get_array(root, "array", &array, &err), &err);
  heed_pack_close(reader);
}

static void numbers_come_back_aligned(void **state) {
  (void)state;
  heed_error err = {0};
  heed_pack_reader *reader = opened(write_everything);
  const heed_pack_value *root = heed_pack_root(reader);
  size_t rows;
  size_t cols;
  const void *data;
  assert_ok(heed_pack_get_numbers(root, "numbers", HEED_F64, SIZE_MAX, SIZE_MAX, &rows, &cols,
                                  &data, &err),
            &err);
  assert_int_equal(rows, 2);
  assert_int_equal(cols, 3);
  assert_int_equal((uintptr_t)data % 16, 0);
  assert_memory_equal(data, matrix, sizeof matrix);
  assert_ok(heed_pack_get_numbers(root, "none", HEED_U8, 0, 4, NULL, NULL, &data, &err), &err);
  assert_int_equal((uintptr_t)data % 16, 0);
  heed_pack_close(reader);
}

static void write_blobs(heed_pack_writer *writer) {
  heed_pack_map(writer, 40);
  for (unsigned i = 0; i < 40; i++) {
    char key[16];
    uint8_t bytes[40];
    (void)snprintf(key, sizeof key, "b%u", i);
    memset(bytes, (int)i, sizeof bytes);
    heed_pack_key(writer, key);
    heed_pack_numbers(writer, HEED_U8, i, 1, bytes);
  }
}

static void every_blob_is_aligned_and_apart_from_the_others(void **state) {
  (void)state;
  heed_error err = {0};
  heed_pack_reader *reader = opened(write_blobs);
  for (unsigned i = 0; i < 40; i++) {
    const void *data;
    char key[16];
    (void)snprintf(key, sizeof key, "b%u", i);
    assert_ok(
        heed_pack_get_numbers(heed_pack_root(reader), key, HEED_U8, i, 1, NULL, NULL, &data, &err),
        &err);
    assert_int_equal((uintptr_t)data % 16, 0);
    for (unsigned b = 0; b < i; b++) {
      assert_int_equal(((const uint8_t *)data)[b], i);
    }
  }
  heed_pack_close(reader);
}

static void access_fails_naming_the_key_and_what_is_there(void **state) {
  (void)state;
  heed_pack_reader *reader = opened(write_everything);
  const heed_pack_value *root = heed_pack_root(reader);
  heed_error err = {0};
  const heed_pack_value *value;
  const char *text;
  uint64_t natural;
  double real;
  bool flag;
  assert_fails(heed_pack_get_text(root, "nix", &text, &err), HEED_ERR_FORMAT, &err,
               "key 'nix' is missing, a text expected");
  assert_fails(heed_pack_get_text(root, "real", &text, &err), HEED_ERR_FORMAT, &err,
               "key 'real' is a real number, a text expected");
  assert_fails(heed_pack_get_map(root, "array", &value, &err), HEED_ERR_FORMAT, &err,
               "key 'array' is an array, a map expected");
  assert_fails(heed_pack_get_array(root, "map", &value, &err), HEED_ERR_FORMAT, &err,
               "key 'map' is a map, an array expected");
  assert_fails(heed_pack_get_uint(root, "negative", 7, &natural, &err), HEED_ERR_FORMAT, &err,
               "key 'negative' is a negative number, a natural number expected");
  assert_fails(heed_pack_get_uint(root, "natural", 6, &natural, &err), HEED_ERR_FORMAT, &err,
               "key 'natural' is 7, at most 6 expected");
  assert_fails(heed_pack_get_real(root, "yes", &real, &err), HEED_ERR_FORMAT, &err,
               "key 'yes' is a boolean, a number expected");
  assert_fails(heed_pack_get_bool(root, "natural", &flag, &err), HEED_ERR_FORMAT, &err,
               "key 'natural' is a natural number, a boolean expected");
  heed_pack_close(reader);
}

static void numbers_must_have_the_type_and_shape_expected(void **state) {
  (void)state;
  heed_pack_reader *reader = opened(write_everything);
  const heed_pack_value *root = heed_pack_root(reader);
  heed_error err = {0};
  const void *data;
  assert_fails(heed_pack_get_numbers(root, "numbers", HEED_F32, 2, 3, NULL, NULL, &data, &err),
               HEED_ERR_FORMAT, &err, "key 'numbers': numbers of type 'f64', 'f32' expected");
  assert_fails(
      heed_pack_get_numbers(root, "numbers", HEED_F64, 3, SIZE_MAX, NULL, NULL, &data, &err),
      HEED_ERR_FORMAT, &err, "key 'numbers': 2 rows, 3 expected");
  assert_fails(
      heed_pack_get_numbers(root, "numbers", HEED_F64, SIZE_MAX, 2, NULL, NULL, &data, &err),
      HEED_ERR_FORMAT, &err, "key 'numbers': 3 columns, 2 expected");
  assert_fails(heed_pack_get_numbers(root, "text", HEED_F64, 2, 3, NULL, NULL, &data, &err),
               HEED_ERR_FORMAT, &err, "key 'text' is a text, a map expected");
  assert_fails(heed_pack_get_numbers(root, "map", HEED_F64, 2, 3, NULL, NULL, &data, &err),
               HEED_ERR_FORMAT, &err, "key 'map': key 'shape' is missing");
  heed_pack_close(reader);
}

static void types_of_numbers_have_their_sizes(void **state) {
  (void)state;
  const size_t sizes[] = {1, 2, 4, 8, 4, 4, 8};
  for (int dtype = HEED_U8; dtype <= HEED_F64; dtype++) {
    assert_int_equal(heed_dtype_size((heed_dtype)dtype), sizes[dtype]);
  }
}

/* ---- values as text ------------------------------------------------------------------------- */

static void write_escapes(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "t");
  heed_pack_text(writer, "a\x1b[2Jb\n");
}

static void values_are_shown_in_few_digits(void **state) {
  (void)state;
  heed_pack_reader *reader = opened(write_everything);
  const heed_pack_value *root = heed_pack_root(reader);
  const char *const shown[] = {
      "hello", "",      "18446744073709551615", "-9223372036854775808", "7",         "0.1",
      "true",  "false", "(3 entries)",          "(1 entries)",          "(3 items)", "(3 entries)"};
  for (uint32_t i = 0; i < 12; i++) {
    char text[32];
    heed_pack_to_text(heed_pack_item(root, i), text, sizeof text);
    assert_string_equal(text, shown[i]);
  }
  char text[4];
  heed_pack_to_text(heed_pack_item(root, 0), text, sizeof text);
  assert_string_equal(text, "hel");
  heed_pack_close(reader);
}

static void control_characters_are_not_shown(void **state) {
  (void)state;
  heed_pack_reader *reader = opened(write_escapes);
  char text[32];
  heed_pack_to_text(heed_pack_find(heed_pack_root(reader), "t"), text, sizeof text);
  assert_string_equal(text, "a?[2Jb?");
  heed_pack_close(reader);
}

/* ---- what cannot be saved ------------------------------------------------------------------- */

static void write_nothing(heed_pack_writer *writer) {
  (void)writer;
}
static void write_no_map(heed_pack_writer *writer) {
  heed_pack_uint(writer, 1);
}
static void write_array(heed_pack_writer *writer) {
  heed_pack_array(writer, 0);
}
static void write_open_map(heed_pack_writer *writer) {
  heed_pack_map(writer, 2);
  heed_pack_key(writer, "first");
  heed_pack_uint(writer, 1);
}
static void write_no_value(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "first");
}
static void write_two_keys(heed_pack_writer *writer) {
  heed_pack_map(writer, 2);
  heed_pack_key(writer, "first");
  heed_pack_key(writer, "second");
}
static void write_no_key(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_uint(writer, 1);
}
static void write_two_maps(heed_pack_writer *writer) {
  heed_pack_map(writer, 0);
  heed_pack_map(writer, 0);
}
static void write_key_in_array(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "a");
  heed_pack_array(writer, 1);
  heed_pack_key(writer, "b");
}
static void write_levels(heed_pack_writer *writer, int levels) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "a");
  for (int i = 1; i < levels; i++) {
    heed_pack_array(writer, 1);
  }
  heed_pack_bool(writer, true);
}
static void write_deepest(heed_pack_writer *writer) {
  write_levels(writer, HEED_PACK_DEPTH_MAX);
}
static void write_deep(heed_pack_writer *writer) {
  write_levels(writer, HEED_PACK_DEPTH_MAX + 1);
}
static void write_wide(heed_pack_writer *writer) {
  heed_pack_map(writer, HEED_PACK_KEYS_MAX + 1);
}
static void write_crowd(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "crowd");
  heed_pack_array(writer, HEED_PACK_VALUES_MAX);
  for (uint32_t i = 0; i < HEED_PACK_VALUES_MAX - 2; i++) {
    heed_pack_bool(writer, true);
  }
}
static void write_failed(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_writer_fail(writer, HEED_ERR_NOMEM, "no memory for %d", 5);
  heed_pack_writer_fail(writer, HEED_ERR_NUMERIC, "too late");
  heed_pack_uint(writer, 1);
}
static void write_nan(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "loss");
  heed_pack_real(writer, (double)NAN);
}
static void write_infinite_numbers(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "weights");
  heed_pack_numbers(writer, HEED_F32, 2, 1, (const float[]){INFINITY, 1.0F});
}
static void write_control_key(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "a\nb");
}
static void write_too_large(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "a");
  heed_pack_numbers(writer, HEED_U8, SIZE_MAX, 2, NULL);
}

static void sixteen_levels_can_be_saved(void **state) {
  (void)state;
  heed_pack_close(opened(write_deepest));
}

static void a_body_that_is_no_whole_map_is_not_saved(void **state) {
  (void)state;
  const struct {
    build body;
    heed_status status;
    const char *message;
  } cases[] = {
      {write_nothing, HEED_ERR_ARG, "0 open maps"},
      {write_no_map, HEED_ERR_ARG, "the outermost value is not a map"},
      {write_array, HEED_ERR_ARG, "the outermost value is not a map"},
      {write_open_map, HEED_ERR_ARG, "after key 'first': 1 open maps"},
      {write_no_value, HEED_ERR_ARG, "after key 'first': 1 open maps"},
      {write_two_keys, HEED_ERR_ARG, "after key 'first': key where a value is expected"},
      {write_no_key, HEED_ERR_ARG, "value without a key"},
      {write_two_maps, HEED_ERR_ARG, "value after the end"},
      {write_key_in_array, HEED_ERR_ARG, "after key 'a': key where a value is expected"},
      {write_deep, HEED_ERR_ARG, "more than 16 levels"},
      {write_wide, HEED_ERR_ARG, "map of 1025 keys, at most 1024 expected"},
      {write_crowd, HEED_ERR_ARG, "after key 'crowd': too many values"},
      {write_failed, HEED_ERR_NOMEM, "no memory for 5"},
      {write_nan, HEED_ERR_NUMERIC, "key 'loss': nan, a finite number expected"},
      {write_infinite_numbers, HEED_ERR_NUMERIC, "key 'weights': number 0 is not finite"},
      {write_control_key, HEED_ERR_ARG, "control character"},
      {write_too_large, HEED_ERR_ARG, "key 'a'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_not_saved(cases[i].body, cases[i].status, cases[i].message);
  }
}

/* ---- files ---------------------------------------------------------------------------------- */

static void a_document_survives_a_file(void **state) {
  heed_error err = {0};
  const char *path = scratch_path(*state, "a.heed");
  heed_pack_writer *writer;
  assert_ok(heed_pack_writer_create(&writer, &err), &err);
  write_everything(writer);
  assert_ok(heed_pack_save(writer, "test", 3, path, &err), &err);
  heed_pack_writer_destroy(writer);

  heed_pack_reader *reader;
  assert_ok(heed_pack_open(path, "test", 4, &reader, &err), &err);
  assert_int_equal(heed_pack_version(reader), 3);
  assert_int_equal(heed_pack_count(heed_pack_root(reader)), 12);
  heed_pack_close(reader);

  assert_ok(heed_pack_open(path, NULL, 0, &reader, &err), &err);
  assert_string_equal(heed_pack_kind(reader), "test");
  heed_pack_close(reader);

  assert_fails(heed_pack_open(path, "test", 2, &reader, &err), HEED_ERR_VERSION, &err,
               "a.heed': version 3 of 'test', 1 to 2 can be read");
  assert_fails(heed_pack_open(path, "reward", 9, &reader, &err), HEED_ERR_FORMAT, &err,
               "a.heed': file of kind 'test', 'reward' expected");
}

static void what_is_no_document_cannot_be_opened(void **state) {
  heed_error err = {0};
  heed_pack_reader *reader;
  const char *path = scratch_path(*state, "none.heed");
  assert_fails(heed_pack_open(path, "test", 1, &reader, &err), HEED_ERR_IO, &err,
               "none.heed': No such file");
  assert_ok(heed_file_write(path, "", 0, &err), &err);
  assert_fails(heed_pack_open(path, "test", 1, &reader, &err), HEED_ERR_FORMAT, &err,
               "none.heed': not a heed file");
  assert_ok(heed_file_write(path, "heed\n\nlooks like it, but text", 28, &err), &err);
  assert_fails(heed_pack_open(path, "test", 1, &reader, &err), HEED_ERR_FORMAT, &err,
               "not a heed file");
  assert_fails(heed_pack_open("/tmp", "test", 1, &reader, &err), HEED_ERR_IO, &err,
               "reading '/tmp': not a regular file");
}

static void closing_nothing_is_allowed(void **state) {
  (void)state;
  heed_pack_close(NULL);
  heed_pack_writer_destroy(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scalars_come_back),
      cmocka_unit_test(kind_and_version_come_back),
      cmocka_unit_test(documents_can_be_walked),
      cmocka_unit_test(numbers_come_back_aligned),
      cmocka_unit_test(every_blob_is_aligned_and_apart_from_the_others),
      cmocka_unit_test(access_fails_naming_the_key_and_what_is_there),
      cmocka_unit_test(numbers_must_have_the_type_and_shape_expected),
      cmocka_unit_test(types_of_numbers_have_their_sizes),
      cmocka_unit_test(values_are_shown_in_few_digits),
      cmocka_unit_test(control_characters_are_not_shown),
      cmocka_unit_test(sixteen_levels_can_be_saved),
      cmocka_unit_test(a_body_that_is_no_whole_map_is_not_saved),
      cmocka_unit_test_setup_teardown(a_document_survives_a_file, scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(what_is_no_document_cannot_be_opened, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test(closing_nothing_is_allowed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
