/* test_pack_hostile.c: files that are cut, damaged or made to mislead. Nothing of them may be believed,
 * and nothing read beyond their end: AddressSanitizer watches exact copies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/pack_internal.h"

typedef struct bytes {
  unsigned char *data; /* owned */
  size_t size;
} bytes;

/* A small valid file. */
static bytes valid_file(void) {
  heed_error err = {0};
  heed_pack_writer *writer;
  assert_ok(heed_pack_writer_create(&writer, &err), &err);
  heed_pack_map(writer, 3);
  heed_pack_key(writer, "name");
  heed_pack_text(writer, "boat");
  heed_pack_key(writer, "weights");
  heed_pack_numbers(writer, HEED_F32, 2, 2, (const float[]){1, 2, 3, 4});
  heed_pack_key(writer, "list");
  heed_pack_array(writer, 2);
  heed_pack_bool(writer, true);
  heed_pack_int(writer, -5);
  bytes file;
  assert_ok(heed_pack_save_memory(writer, "test", 2, &file.data, &file.size, &err), &err);
  heed_pack_writer_destroy(writer);
  return file;
}

/* A container around a body, with a header and checksum that are right. */
static bytes contain(const void *body, size_t size) {
  unsigned char header[HEED__PACK_HEADER_MAX];
  size_t header_size = heed__pack_header(header, "test", 2, body, size);
  bytes file = {malloc(header_size + size), header_size + size};
  assert_non_null(file.data);
  memcpy(file.data, header, header_size);
  memcpy(file.data + header_size, body, size);
  return file;
}

/* Opens bytes that must not be opened; returns the status. */
static heed_status refused(const bytes *file, heed_error *err) {
  heed_pack_reader *reader = NULL;
  heed_status status = heed_pack_open_memory(file->data, file->size, "test", 2, &reader, err);
  assert_int_not_equal(status, HEED_OK);
  assert_int_equal(err->status, status);
  assert_null(reader);
  return status;
}

static void a_file_cut_anywhere_is_refused(void **state) {
  (void)state;
  bytes file = valid_file();
  for (size_t size = 0; size < file.size; size++) {
    bytes cut = {malloc(size + (size == 0)), size};
    memcpy(cut.data, file.data, size);
    heed_error err = {0};
    assert_int_equal(refused(&cut, &err), HEED_ERR_FORMAT);
    free(cut.data);
  }
  free(file.data);
}

static void a_file_with_any_bit_flipped_is_refused(void **state) {
  (void)state;
  bytes file = valid_file();
  for (size_t i = 0; i < file.size; i++) {
    for (int bit = 0; bit < 8; bit++) {
      file.data[i] ^= (unsigned char)(1 << bit);
      heed_error err = {0};
      (void)refused(&file, &err);
      file.data[i] ^= (unsigned char)(1 << bit);
    }
  }
  heed_pack_reader *reader; /* the file itself is good */
  assert_int_equal(heed_pack_open_memory(file.data, file.size, "test", 2, &reader, NULL), HEED_OK);
  heed_pack_close(reader);
  free(file.data);
}

static void a_flipped_header_is_noticed_when_any_kind_is_welcome(void **state) {
  (void)state;
  bytes file = valid_file();
  for (size_t i = 0; i < 40; i++) {
    file.data[i] ^= 1;
    heed_pack_reader *reader;
    heed_error err = {0};
    assert_int_not_equal(heed_pack_open_memory(file.data, file.size, NULL, 0, &reader, &err),
                         HEED_OK);
    file.data[i] ^= 1;
  }
  free(file.data);
}

static void bytes_after_the_file_are_refused(void **state) {
  (void)state;
  bytes file = valid_file();
  bytes longer = {calloc(1, file.size + 1), file.size + 1};
  memcpy(longer.data, file.data, file.size);
  heed_error err = {0};
  assert_fails(refused(&longer, &err), HEED_ERR_FORMAT, &err,
               "too long: a body of 70 bytes expected, 71 there");
  free(longer.data);
  free(file.data);
}

static void other_versions_are_told_apart_from_damage(void **state) {
  (void)state;
  bytes file = valid_file();
  heed_error err = {0};
  file.data[8] = 2; /* of the container */
  assert_fails(refused(&file, &err), HEED_ERR_VERSION, &err, "container version 2, 1 expected");
  file.data[8] = 1;
  file.data[20] = 3; /* of the kind */
  assert_fails(refused(&file, &err), HEED_ERR_VERSION, &err, "version 3 of 'test', 1 to 2");
  file.data[20] = 0;
  assert_fails(refused(&file, &err), HEED_ERR_VERSION, &err, "version 0 of 'test', 1 to 2");
  free(file.data);
}

static void kinds_of_impossible_sizes_are_refused(void **state) {
  (void)state;
  bytes file = valid_file();
  heed_error err = {0};
  const uint32_t sizes[] = {0, HEED_PACK_KIND_MAX + 1, UINT32_MAX};
  for (size_t i = 0; i < 3; i++) {
    memcpy(file.data + 12, &sizes[i], sizeof sizes[i]);
    assert_fails(refused(&file, &err), HEED_ERR_FORMAT, &err, "1 to 32 expected");
  }
  free(file.data);
}

static void a_kind_is_printable(void **state) {
  (void)state;
  bytes file = valid_file();
  file.data[17] = '\n';
  heed_error err = {0};
  assert_fails(refused(&file, &err), HEED_ERR_FORMAT, &err, "byte 1 of the kind");
  free(file.data);
}

/* A body or a shape with its size, for it may hold NULs, and what is said of it. */
#define BODY(text, message) \
  { (text), sizeof(text) - 1, (message) }

static void bodies_that_mislead_are_refused(void **state) {
  (void)state;
  const struct {
    const char *body;
    size_t size;
    const char *message;
  } cases[] = {
      BODY("", "body offset 0: map expected"),
      BODY("\xc0", "body offset 0: map expected"),
      BODY("\x90", "body offset 0: map expected"),
      BODY("\xa1x", "body offset 0: map expected"),
      /* counts that claim more than there is */
      BODY("\x81", "map of 1 claimed, 0 bytes left"),
      BODY("\x81\xa1k", "value expected at the end"),
      BODY("\xdf\xff\xff\xff\xff", "map of 4294967295 claimed, 0 bytes left"),
      BODY("\xde\x00", "no known value starts with 0xde"),
      BODY("\x81\xa1k\xdd\xff\xff\xff\xff", "array of 4294967295 claimed, 0 bytes left"),
      BODY("\x81\xa1k\xdc\x00\x02\xc0", "array of 2 claimed, 1 bytes left"),
      BODY("\x81\xa1k\xc6\xff\xff\xff\xff", "4294967295 bytes claimed, 0 left"),
      BODY("\x81\xa1k\xc5\x00\x02\x00", "2 bytes claimed, 1 left"),
      BODY("\x81\xa1k\xc4", "no known value starts with 0xc4"),
      BODY("\x81\xa1k\xdb\x00\x00\x00\x02x", "2 bytes claimed, 1 left"),
      BODY("\x81\xa1k\xd9\x02x", "2 bytes claimed, 1 left"),
      BODY("\x81\xa1k\xa2x", "2 bytes claimed, 1 left"),
      BODY("\x81\xa1k\xcb\x00\x00\x00", "8 bytes claimed, 3 left"),
      BODY("\x81\xa1k\xca\x00\x00\x00", "4 bytes claimed, 3 left"),
      BODY("\x81\xa1k\xcf\x00\x00\x00", "8 bytes claimed, 3 left"),
      BODY("\x81\xa1k\xd1\x00", "2 bytes claimed, 1 left"),
      BODY("\x81\xa5k", "5 bytes claimed, 1 left"),
      /* what has no place here */
      BODY("\x80\xc0", "body offset 1: 1 bytes after the end"),
      BODY("\x81\xa1k\xc0\x80", "body offset 4: 1 bytes after the end"),
      BODY("\x81\xa1k\xc1", "no known value starts with 0xc1"),
      BODY("\x81\xa1k\xd4\x01\x00", "no known value starts with 0xd4"),
      BODY("\x81\xa1k\xc7\x00\x01", "no known value starts with 0xc7"),
      BODY("\x81\x01\xc0", "key that is no text"),
      BODY("\x81\xc4\x01k\xc0", "key that is no text"),
      BODY("\x81\x80\xc0", "key that is no text"),
      BODY("\x81\xa2k\x00\xc0", "control character in a key"),
      BODY("\x81\xa2k\x1b\xc0", "control character in a key"),
      BODY("\x82\xa1k\xc0\xa1k\xc0", "key 'k' stands twice"),
      BODY("\x82\xa1k\xc0\xd9\x01k\xc0", "key 'k' stands twice"),
      BODY("\x82\xa0\xc0\xa0\xc0", "key '' stands twice"),
      BODY("\x81\xa1m\x82\xa1k\xc0\xa1k\xc0", "key 'k' stands twice"),
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bytes file = contain(cases[i].body, cases[i].size);
    heed_error err = {0};
    assert_fails(refused(&file, &err), HEED_ERR_FORMAT, &err, cases[i].message);
    free(file.data);
  }
}

/* {"k": [[[...nil...]]]} with `levels` levels in all. */
static bytes nested(size_t levels) {
  unsigned char body[64] = {0x81, 0xa1, 'k'};
  memset(body + 3, 0x91, levels - 1);
  body[3 + levels - 1] = 0xc0;
  return contain(body, 3 + levels);
}

static void depth_is_limited(void **state) {
  (void)state;
  bytes file = nested(HEED_PACK_DEPTH_MAX);
  heed_pack_reader *reader;
  heed_error err = {0};
  assert_ok(heed_pack_open_memory(file.data, file.size, "test", 2, &reader, &err), &err);
  heed_pack_close(reader);
  free(file.data);

  file = nested(HEED_PACK_DEPTH_MAX + 1);
  assert_fails(refused(&file, &err), HEED_ERR_FORMAT, &err, "more than 16 levels");
  free(file.data);
}

/* A map of `count` keys "0000", "0001", ..., each nil. */
static bytes wide(uint16_t count) {
  size_t size = 3 + (size_t)count * 6;
  unsigned char *body = malloc(size + 1);
  assert_non_null(body);
  body[0] = 0xde;
  body[1] = (unsigned char)(count >> 8);
  body[2] = (unsigned char)count;
  for (unsigned i = 0; i < count; i++) {
    (void)snprintf((char *)body + 3 + (size_t)i * 6, 7, "\xa4%04x\xc0", i & 0xffff);
  }
  bytes file = contain(body, size);
  free(body);
  return file;
}

static void keys_of_a_map_are_limited(void **state) {
  (void)state;
  bytes file = wide(HEED_PACK_KEYS_MAX);
  heed_pack_reader *reader;
  heed_error err = {0};
  assert_ok(heed_pack_open_memory(file.data, file.size, "test", 2, &reader, &err), &err);
  assert_string_equal(heed_pack_key_at(heed_pack_root(reader), 1023), "03ff");
  heed_pack_close(reader);
  free(file.data);

  file = wide(HEED_PACK_KEYS_MAX + 1);
  assert_fails(refused(&file, &err), HEED_ERR_FORMAT, &err, "map of 1025 keys, at most 1024");
  free(file.data);
}

static void values_are_limited(void **state) {
  (void)state;
  size_t count = HEED_PACK_VALUES_MAX;
  unsigned char *body = calloc(1, count + 8);
  assert_non_null(body);
  const unsigned char head[8] = {0x81, 0xa1, 'k', 0xdd, 0x01, 0x00, 0x00, 0x00};
  memcpy(body, head, sizeof head);
  bytes file = contain(body, count + 8);
  free(body);
  heed_error err = {0};
  assert_fails(refused(&file, &err), HEED_ERR_FORMAT, &err, "more than 16777216 values");
  free(file.data);
}

static void every_form_of_a_value_is_understood(void **state) {
  (void)state;
  /* The same number as int 8 .. uint 64, a float 32, texts and blobs of every head. */
  static const char body[] =
      "\x8f\xa1"
      "a\xd0\x05\xa1"
      "b\xd1\x00\x05\xa1"
      "c\xd2\x00\x00\x00\x05\xa1"
      "d\xd3\x00\x00\x00\x00\x00\x00\x00\x05\xa1"
      "e\xcc\x05\xa1"
      "f\xcd\x00\x05\xa1"
      "g\xce\x00\x00\x00\x05\xa1"
      "h\xcf\x00\x00\x00\x00\x00\x00\x00\x05\xa1"
      "i\xca\x40\xa0\x00\x00\xa1"
      "j\xc0\xa1"
      "k\xda\x00\x01x\xa1"
      "l\xdb\x00\x00\x00\x00\xa1"
      "m\xc4\x01y\xa1"
      "n\xc6\x00\x00\x00\x00\xa1"
      "o\xe0";
  bytes file = contain(body, sizeof body - 1);
  heed_pack_reader *reader;
  heed_error err = {0};
  assert_ok(heed_pack_open_memory(file.data, file.size, "test", 2, &reader, &err), &err);
  const heed_pack_value *root = heed_pack_root(reader);
  for (uint32_t i = 0; i < 9; i++) {
    double number;
    assert_ok(heed_pack_get_real(root, heed_pack_key_at(root, i), &number, &err), &err);
    assert_true(number == 5.0);
  }
  const char *const shown[] = {"none", "x", "", "(1 bytes)", "(0 bytes)", "-32"};
  for (uint32_t i = 0; i < 6; i++) {
    char text[16];
    heed_pack_to_text(heed_pack_item(root, 9 + i), text, sizeof text);
    assert_string_equal(text, shown[i]);
  }
  heed_pack_close(reader);
  free(file.data);
}

static void a_text_with_a_nul_is_no_text(void **state) {
  (void)state;
  bytes file = contain("\x81\xa1k\xa3x\0y", 7);
  heed_pack_reader *reader;
  heed_error err = {0};
  assert_ok(heed_pack_open_memory(file.data, file.size, "test", 2, &reader, &err), &err);
  const char *text;
  assert_fails(heed_pack_get_text(heed_pack_root(reader), "k", &text, &err), HEED_ERR_FORMAT, &err,
               "key 'k': text with a NUL");
  heed_pack_close(reader);
  free(file.data);
}

static void a_real_that_is_not_finite_is_no_number(void **state) {
  (void)state;
  bytes file = contain("\x81\xa1k\xcb\x7f\xf8\0\0\0\0\0\0", 12);
  heed_pack_reader *reader;
  heed_error err = {0};
  assert_ok(heed_pack_open_memory(file.data, file.size, "test", 2, &reader, &err), &err);
  double real;
  assert_fails(heed_pack_get_real(heed_pack_root(reader), "k", &real, &err), HEED_ERR_FORMAT, &err,
               "key 'k' is nan, a finite number expected");
  heed_pack_close(reader);
  free(file.data);
}

/* Reads {"n": {"dtype": "f64", "data": <4 numbers>, "shape": <shape>}}. */
static heed_status read_numbers(const char *shape, size_t shape_size, heed_error *err) {
  static const char head[] =
      "\x81\xa1n\x83\xa5"
      "dtype\xa3"
      "f64\xa4"
      "data\xc4\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xa5shape";
  unsigned char body[128];
  size_t head_size = sizeof head - 1;
  memcpy(body, (const unsigned char *)head, head_size);
  memcpy(body + head_size, shape, shape_size);
  bytes file = contain(body, head_size + shape_size);
  heed_pack_reader *reader;
  assert_ok(heed_pack_open_memory(file.data, file.size, "test", 2, &reader, err), err);
  const void *data;
  heed_status status = heed_pack_get_numbers(heed_pack_root(reader), "n", HEED_F64, SIZE_MAX,
                                             SIZE_MAX, NULL, NULL, &data, err);
  heed_pack_close(reader);
  free(file.data);
  return status;
}

static void shapes_that_do_not_fit_their_data_are_refused(void **state) {
  (void)state;
  const struct {
    const char *shape;
    size_t size;
    const char *message;
  } cases[] = {
      BODY("\x92\x01\x05", "32 bytes for 1 x 5 numbers of 8"),
      BODY("\x92\x01\x03", "32 bytes for 1 x 3 numbers of 8"),
      BODY("\x92\x00\x01", "32 bytes for 0 x 1 numbers of 8"),
      BODY("\x92\x04\x00", "0 columns"),
      /* products of 4 and of 0, modulo 2^64 */
      BODY("\x92\xcf\x80\x00\x00\x00\x00\x00\x00\x02\x02", "9223372036854775810 x 2"),
      BODY("\x92\xcf\x20\x00\x00\x00\x00\x00\x00\x00\x08", "2305843009213693952 x 8"),
      BODY("\x92\x04\xcf\x00\x00\x00\x01\x00\x00\x00\x00", "4294967296 columns"),
      BODY("\x91\x01", "shape of two natural numbers"),
      BODY("\x93\x01\x01\x01", "shape of two natural numbers"),
      BODY("\x92\x01\xff", "shape of two natural numbers"),
      BODY("\x01", "key 'shape' is a natural number, an array expected"),
  };
  heed_error err = {0};
  assert_ok(read_numbers("\x92\x04\x01", 3, &err), &err);
  assert_ok(read_numbers("\x92\x02\x02", 3, &err), &err);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_fails(read_numbers(cases[i].shape, cases[i].size, &err), HEED_ERR_FORMAT, &err,
                 cases[i].message);
  }
}

static void numbers_that_are_not_finite_are_refused(void **state) {
  (void)state;
  heed_error err = {0};
  heed_pack_writer *writer;
  assert_ok(heed_pack_writer_create(&writer, &err), &err);
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "n");
  heed__pack_any_numbers(writer, HEED_F32, 2, 1, (const float[]){1, (float)(1e300 * 1e10)});
  bytes file;
  assert_ok(heed_pack_save_memory(writer, "test", 2, &file.data, &file.size, &err), &err);
  heed_pack_writer_destroy(writer);
  heed_pack_reader *reader;
  assert_ok(heed_pack_open_memory(file.data, file.size, "test", 2, &reader, &err), &err);
  const void *data;
  assert_fails(
      heed_pack_get_numbers(heed_pack_root(reader), "n", HEED_F32, 2, 1, NULL, NULL, &data, &err),
      HEED_ERR_FORMAT, &err, "key 'n': number 1 is not finite");
  heed_pack_close(reader);
  free(file.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_cut_anywhere_is_refused),
      cmocka_unit_test(a_file_with_any_bit_flipped_is_refused),
      cmocka_unit_test(a_flipped_header_is_noticed_when_any_kind_is_welcome),
      cmocka_unit_test(bytes_after_the_file_are_refused),
      cmocka_unit_test(other_versions_are_told_apart_from_damage),
      cmocka_unit_test(kinds_of_impossible_sizes_are_refused),
      cmocka_unit_test(a_kind_is_printable),
      cmocka_unit_test(bodies_that_mislead_are_refused),
      cmocka_unit_test(depth_is_limited),
      cmocka_unit_test(keys_of_a_map_are_limited),
      cmocka_unit_test(values_are_limited),
      cmocka_unit_test(every_form_of_a_value_is_understood),
      cmocka_unit_test(a_text_with_a_nul_is_no_text),
      cmocka_unit_test(a_real_that_is_not_finite_is_no_number),
      cmocka_unit_test(shapes_that_do_not_fit_their_data_are_refused),
      cmocka_unit_test(numbers_that_are_not_finite_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
