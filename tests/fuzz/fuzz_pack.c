/* fuzz_pack.c: opens any bytes, as a file and as the body of one. The checksum of the latter is right, so
 * that mutations reach what is behind it. What opens is walked through and read in every way. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/pack_internal.h"

/* Reads one key as everything that it could be. */
static void get(const heed_pack_value *map, const char *key) {
  heed_error err;
  const heed_pack_value *value;
  (void)heed_pack_get_map(map, key, &value, &err);
  (void)heed_pack_get_array(map, key, &value, &err);
  const char *text;
  if (heed_pack_get_text(map, key, &text, &err) == HEED_OK) {
    assert(strlen(text) < SIZE_MAX);
  }
  uint64_t natural;
  (void)heed_pack_get_uint(map, key, UINT64_MAX, &natural, &err);
  double real;
  (void)heed_pack_get_real(map, key, &real, &err);
  bool flag;
  (void)heed_pack_get_bool(map, key, &flag, &err);
}

/* Reads one key as numbers of every type, to the last byte. */
static void get_numbers(const heed_pack_value *map, const char *key) {
  for (int dtype = HEED_U8; dtype <= HEED_F64; dtype++) {
    size_t rows;
    size_t cols;
    const void *numbers;
    heed_error err;
    if (heed_pack_get_numbers(map, key, (heed_dtype)dtype, SIZE_MAX, SIZE_MAX, &rows, &cols,
                              &numbers, &err) == HEED_OK) {
      assert((uintptr_t)numbers % HEED__BLOB_ALIGN == 0 && cols > 0);
      size_t bytes = rows * cols * heed_dtype_size((heed_dtype)dtype);
      unsigned char *copy = malloc(bytes + 1);
      assert(copy != NULL);
      memcpy(copy, numbers, bytes);
      free(copy);
    }
  }
}

static void get_space(const heed_pack_value *map, const char *key) {
  heed_space space;
  heed_error err;
  if (heed_pack_get_space(map, key, &space, &err) == HEED_OK) {
    assert(heed_space_check(&space, &err) == HEED_OK);
    const void *rows;
    (void)heed_pack_get_rows(map, key, &space, SIZE_MAX, NULL, &rows, &err);
    char text[64];
    heed_space_describe(&space, text, sizeof text);
  }
  heed_space_deinit(&space);
}

/* Walks through all values; recursion is as deep as documents are allowed to be. */
static void walk(const heed_pack_value *value, int depth) {
  assert(depth <= HEED_PACK_DEPTH_MAX);
  char text[40];
  heed_pack_to_text(value, text, sizeof text);
  assert(strlen(text) < sizeof text);
  bool is_map = heed_pack_type_of(value) == HEED_PACK_MAP;
  for (uint32_t i = 0; i < heed_pack_count(value); i++) {
    if (is_map) {
      const char *key = heed_pack_key_at(value, i);
      assert(heed_pack_find(value, key) == heed_pack_item(value, i)); /* keys differ */
      get(value, key);
      get_numbers(value, key);
      get_space(value, key);
    }
    walk(heed_pack_item(value, i), depth + 1);
  }
}

static void open_and_walk(const void *bytes, size_t size) {
  heed_pack_reader *reader;
  heed_error err = {0};
  if (heed_pack_open_memory(bytes, size, NULL, 0, &reader, &err) != HEED_OK) {
    assert(err.status != HEED_OK && err.message[0] != '\0');
    return;
  }
  walk(heed_pack_root(reader), 0);
  heed_card card;
  (void)heed_pack_get_card(heed_pack_root(reader), &card, &err);
  heed_pack_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  open_and_walk(data, size);

  unsigned char *file = malloc(HEED__PACK_HEADER_MAX + size);
  assert(file != NULL);
  size_t header_size = heed__pack_header(file, "fuzz", 1, data, size);
  if (size > 0) {
    memcpy(file + header_size, data, size);
  }
  open_and_walk(file, header_size + size);
  free(file);
  return 0;
}
