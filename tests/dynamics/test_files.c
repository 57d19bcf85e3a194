/* test_files.c: files of models in which one thing is wrong, under a checksum that is right, as whoever means harm
 * would make them. Each is refused by a message that names what is wrong, and nothing is allocated that a number
 * merely claims. */
#include <dirent.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/allocations.h"
#include "core/cmocka_all.h"
#include "core/pack_internal.h"
#include "dynamics/dynamics.h"

/* ---- one wrong thing ------------------------------------------------------------------------------ */

typedef enum fault {
  FAULT_NIL,
  FAULT_TRUE,
  FAULT_TEXT,
  FAULT_ZERO,
  FAULT_HUGE, /* 2^40 */
  FAULT_NEGATIVE,
  FAULT_HALF,
  FAULT_SHORT, /* of a blob: a byte less */
  FAULT_LONG,  /* a byte more */
  FAULT_ONES,  /* all bits set: no number, or no index */
  FAULT_GONE,  /* of a key: it and its value are not there */
  FAULT_NAME,  /* it has another name */
  FAULT_COUNT
} fault;

static const char *const fault_names[FAULT_COUNT] = {"nothing", "true",     "a text",   "0",
                                                     "2^40",    "-1",       "one half", "short",
                                                     "long",    "all ones", "missing",  "renamed"};

/* Is there such a fault of this value, and does it make a difference? */
static bool can_have(const msgpack_object *object, fault how) {
  bool is_blob = object->type == MSGPACK_OBJECT_BIN;
  bool is_zero = object->type == MSGPACK_OBJECT_POSITIVE_INTEGER && object->via.u64 == 0;
  return how == FAULT_SHORT || how == FAULT_ONES ? is_blob && object->via.bin.size > 0
         : how == FAULT_LONG                     ? is_blob
         : how == FAULT_ZERO                     ? !is_zero
                                                 : how < FAULT_SHORT;
}

static void put_text(msgpack_packer *out, const char *text) {
  size_t size = strlen(text);
  msgpack_pack_str(out, size);
  msgpack_pack_str_body(out, text, size);
}

static void put_blob(msgpack_packer *out, const msgpack_object_bin *blob, fault how) {
  size_t size = blob->size + (how == FAULT_LONG) - (how == FAULT_SHORT);
  char *bytes = calloc(1, size + 1);
  assert_non_null(bytes);
  memcpy(bytes, blob->ptr, size < blob->size ? size : blob->size);
  if (how == FAULT_ONES) {
    memset(bytes, 0xff, size);
  }
  msgpack_pack_bin(out, size);
  msgpack_pack_bin_body(out, bytes, size);
  free(bytes);
}

/* Writes the wrong value in place of `object`. */
static void put_fault(msgpack_packer *out, const msgpack_object *object, fault how) {
  switch (how) {
    case FAULT_NIL:
      msgpack_pack_nil(out);
      return;
    case FAULT_TRUE:
      msgpack_pack_true(out);
      return;
    case FAULT_TEXT:
      put_text(out, "wrong");
      return;
    case FAULT_ZERO:
      msgpack_pack_uint64(out, 0);
      return;
    case FAULT_HUGE:
      msgpack_pack_uint64(out, UINT64_C(1) << 40);
      return;
    case FAULT_NEGATIVE:
      msgpack_pack_int64(out, -1);
      return;
    case FAULT_HALF:
      msgpack_pack_double(out, 0.5);
      return;
    default:
      put_blob(out, &object->via.bin, how);
  }
}

/* ---- a copy of a document with it ----------------------------------------------------------------- */

enum { NAME_SIZE = 64 };

/* Where a value is: the last name that is none of an array's parts, and the one before it. */
typedef struct place {
  char field[NAME_SIZE], outer[NAME_SIZE];
} place;

typedef struct forger {
  msgpack_packer out;
  uint32_t passed; /* keys and values so far; the keys of a map come before its values */
  uint32_t wrong;  /* the one that is to be wrong */
  fault how;
  bool is_done; /* it could have this fault */
  place where;  /* it is */
} forger;

static void note(forger *f, const place *at) {
  f->is_done = true;
  f->where = *at;
}

/* The place of the value of a key. */
static place inside(const place *at, const msgpack_object_str *key) {
  place inner = *at;
  char name[NAME_SIZE];
  (void)snprintf(name, sizeof name, "%.*s", (int)key->size, key->ptr);
  if (strcmp(name, "dtype") != 0 && strcmp(name, "shape") != 0 && strcmp(name, "data") != 0) {
    memcpy(inner.outer, at->field, sizeof inner.outer);
    memcpy(inner.field, name, sizeof inner.field);
  }
  return inner;
}

static void copy(forger *f, const msgpack_object *object, const place *at);

static void copy_map(forger *f, const msgpack_object_map *map, const place *at) {
  uint32_t first = f->passed;
  bool is_key = f->wrong >= first && f->wrong - first < map->size;
  bool loses_one = is_key && f->how == FAULT_GONE;
  msgpack_pack_map(&f->out, map->size - loses_one);
  f->passed += map->size;
  for (uint32_t i = 0; i < map->size; i++) {
    place inner = inside(at, &map->ptr[i].key.via.str);
    bool is_wrong = is_key && f->wrong - first == i;
    bool is_renamed = is_wrong && f->how == FAULT_NAME;
    if (is_renamed || (is_wrong && loses_one)) {
      note(f, &inner);
    }
    if (!is_wrong || !loses_one) {
      is_renamed ? put_text(&f->out, "other") : (void)msgpack_pack_object(&f->out, map->ptr[i].key);
      copy(f, &map->ptr[i].val, &inner);
    }
  }
}

/* As deep as the small files of the tests. */
static void copy(forger *f, const msgpack_object *object, const place *at) {
  if (f->passed++ == f->wrong && can_have(object, f->how)) {
    put_fault(&f->out, object, f->how);
    note(f, at);
  } else if (object->type == MSGPACK_OBJECT_MAP) {
    copy_map(f, &object->via.map, at);
  } else if (object->type == MSGPACK_OBJECT_ARRAY) {
    msgpack_pack_array(&f->out, object->via.array.size);
    for (uint32_t i = 0; i < object->via.array.size; i++) {
      copy(f, &object->via.array.ptr[i], at);
    }
  } else {
    msgpack_pack_object(&f->out, *object);
  }
}

/* ---- what comes of it ----------------------------------------------------------------------------- */

/* May a model be one with this wrong? A card is for people. Cells may all have equally many values. */
static bool is_free(const forger *f) {
  bool is_not_there = f->how == FAULT_GONE || f->how == FAULT_NAME;
  return strcmp(f->where.field, "card") == 0 ||
         (strcmp(f->where.field, "value_counts") == 0 && is_not_there);
}

/* What a message may name: the field, what it is a part of, or what contradicts it. */
static bool is_named(const place *where, const char *message) {
  bool is_fit = strcmp(where->field, "fitted") == 0; /* nothing is fitted, but there are scales */
  return strstr(message, where->field) != NULL ||
         (where->outer[0] != '\0' && strstr(message, where->outer) != NULL) ||
         (is_fit && strstr(message, "'scales'") != NULL);
}

static uint32_t refused;

static void check(const char *path, const forger *f, heed_status status, const heed_error *err) {
  if (status == HEED_OK && !is_free(f)) {
    fail_msg("%s: '%s' %s, and it is loaded", path, f->where.field, fault_names[f->how]);
  }
  if (status == HEED_OK) {
    return;
  }
  refused++;
  if (status != HEED_ERR_FORMAT || err->status != status || !is_named(&f->where, err->message)) {
    fail_msg("%s: '%s' %s: %s", path, f->where.field, fault_names[f->how], err->message);
  }
}

/* Loads a document with a fault. False: it has not so many keys and values. */
static bool try_fault(const char *path, const msgpack_object *body, uint32_t wrong, fault how) {
  enum { LARGEST = 1 << 22 }; /* bytes: models begin with so much room, whatever a file says */
  msgpack_sbuffer buffer;
  msgpack_sbuffer_init(&buffer);
  forger f = {.wrong = wrong, .how = how};
  msgpack_packer_init(&f.out, &buffer, msgpack_sbuffer_write);
  copy(&f, body, &(place){"", ""});
  if (f.is_done) {
    unsigned char *file = malloc(HEED__PACK_HEADER_MAX + buffer.size);
    assert_non_null(file);
    size_t head = heed__pack_header(file, "dynamics", 1, buffer.data, buffer.size);
    memcpy(file + head, buffer.data, buffer.size);
    heed_dynamics *model = NULL;
    heed_error err = {0};
    largest_allocation = 0;
    heed_status status = heed_dynamics_load_memory(file, head + buffer.size, &model, NULL, &err);
    assert_in_range(largest_allocation, 1, LARGEST);
    assert_true((model != NULL) == (status == HEED_OK));
    check(path, &f, status, &err);
    heed_dynamics_destroy(model);
    free(file);
  }
  msgpack_sbuffer_destroy(&buffer);
  return wrong < f.passed;
}

static void check_file(const char *path) {
  static unsigned char bytes[1 << 16];
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  size_t size = fread(bytes, 1, sizeof bytes, file);
  (void)fclose(file);
  heed_dynamics *model = NULL;
  if (heed_dynamics_load_memory(bytes, size, &model, NULL, NULL) != HEED_OK) {
    return; /* one that once made trouble */
  }
  heed_dynamics_destroy(model);

  size_t head = 36 + (size_t)bytes[12]; /* pack.h */
  size_t offset = 0;
  msgpack_unpacked document;
  msgpack_unpacked_init(&document);
  msgpack_unpack_return result =
      msgpack_unpack_next(&document, (const char *)bytes + head, size - head, &offset);
  assert_int_equal(result, MSGPACK_UNPACK_SUCCESS);
  for (int how = 0; how < FAULT_COUNT; how++) {
    uint32_t wrong = 1; /* 0 is the document, a map by core/pack.h */
    while (try_fault(path, &document.data, wrong, (fault)how)) {
      wrong++;
    }
  }
  msgpack_unpacked_destroy(&document);
}

static void what_is_wrong_in_a_file_is_named(void **state) {
  (void)state;
  static const char folder[] = HEED_TEST_DATA "/fuzz/dynamics"; /* small models of every kind */
  DIR *files = opendir(folder);
  assert_non_null(files);
  for (const struct dirent *entry; (entry = readdir(files)) != NULL;) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (entry->d_name[0] != '.') {
      check_file(path);
    }
  }
  (void)closedir(files);
  assert_in_range(refused, 5000, UINT32_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_wrong_in_a_file_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
