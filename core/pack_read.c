#include <assert.h>
#include <inttypes.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/pack_internal.h"

typedef struct container { /* what the header says */
  char kind[HEED_PACK_KIND_MAX + 1];
  uint32_t version;
  uint64_t checksum;
  size_t header_size; /* bytes */
  size_t body_size;   /* bytes; equal to what is there */
} container;

struct heed_pack_reader {
  container head;
  unsigned char *body;  /* owned; texts in it are shifted and terminated after decoding */
  unsigned char *blobs; /* owned; copies that are aligned */
  size_t blobs_used;
  msgpack_unpacked document; /* owned; refers to `body` and `blobs` */
};

/* A value is msgpack's object under a name of ours; the struct heed_pack_value has no body. */
static const heed_pack_value *value_of(const msgpack_object *object) {
  return (const heed_pack_value *)(const void *)object;
}

/* ---- the header ----------------------------------------------------------------------------- */

/* Takes bytes off the front of the header; false when it ends before. */
static bool take(const unsigned char *bytes, size_t size, size_t *at, void *out, size_t count) {
  if (count > size - *at) {
    return false;
  }
  memcpy(out, bytes + *at, count);
  *at += count;
  return true;
}

static heed_status too_short(const char *field, heed_error *err) {
  return heed_fail(err, HEED_ERR_FORMAT, "the file ends in its %s", field);
}

/* Reads magic, container version and kind. */
static heed_status read_kind(container *head, const unsigned char *bytes, size_t size, size_t *at,
                             heed_error *err) {
  char magic[sizeof HEED__PACK_MAGIC - 1];
  if (!take(bytes, size, at, magic, sizeof magic) ||
      memcmp(magic, HEED__PACK_MAGIC, sizeof magic) != 0) {
    return heed_fail(err, HEED_ERR_FORMAT, "not a heed file");
  }
  uint32_t container_version = 0;
  uint32_t kind_size = 0;
  if (!take(bytes, size, at, &container_version, sizeof container_version)) {
    return too_short("container version", err);
  }
  if (container_version != HEED__PACK_CONTAINER_VERSION) {
    return heed_fail(err, HEED_ERR_VERSION, "container version %" PRIu32 ", %d expected",
                     container_version, HEED__PACK_CONTAINER_VERSION);
  }
  if (!take(bytes, size, at, &kind_size, sizeof kind_size)) {
    return too_short("kind", err);
  }
  if (kind_size < 1 || kind_size > HEED_PACK_KIND_MAX) {
    return heed_fail(err, HEED_ERR_FORMAT, "kind of %" PRIu32 " bytes, 1 to %d expected", kind_size,
                     HEED_PACK_KIND_MAX);
  }
  if (!take(bytes, size, at, head->kind, kind_size)) {
    return too_short("kind", err);
  }
  head->kind[kind_size] = '\0';
  for (size_t i = 0; i < kind_size; i++) {
    if (head->kind[i] <= ' ' || head->kind[i] > '~') {
      return heed_fail(err, HEED_ERR_FORMAT, "byte %zu of the kind is not printable ASCII", i);
    }
  }
  return HEED_OK;
}

/* Reads the header from the first bytes[size] of a file of file_size bytes, and checks that the rest of
 * the file is the body. `size` is all of the file, or at least HEED__PACK_HEADER_MAX. */
static heed_status read_header(container *head, const unsigned char *bytes, size_t size,
                               uint64_t file_size, const char *kind, uint32_t newest,
                               heed_error *err) {
  size_t at = 0;
  heed_status status = read_kind(head, bytes, size, &at, err);
  if (status != HEED_OK) {
    return status;
  }
  if (kind != NULL && strcmp(head->kind, kind) != 0) {
    return heed_fail(err, HEED_ERR_FORMAT, "file of kind '%s', '%s' expected", head->kind, kind);
  }
  if (!take(bytes, size, &at, &head->version, sizeof head->version)) {
    return too_short("version", err);
  }
  if (kind != NULL && (head->version < 1 || head->version > newest)) {
    return heed_fail(err, HEED_ERR_VERSION,
                     "version %" PRIu32 " of '%s', 1 to %" PRIu32 " can be read by heed %s",
                     head->version, kind, newest, HEED_VERSION);
  }
  uint64_t body_size;
  if (!take(bytes, size, &at, &body_size, sizeof body_size)) {
    return too_short("size", err);
  }
  if (!take(bytes, size, &at, &head->checksum, sizeof head->checksum)) {
    return too_short("checksum", err);
  }
  if (body_size != file_size - at) {
    return heed_fail(
        err, HEED_ERR_FORMAT, "%s: a body of %" PRIu64 " bytes expected, %" PRIu64 " there",
        body_size > file_size - at ? "cut short" : "too long", body_size, file_size - at);
  }
  head->header_size = at;
  head->body_size = (size_t)body_size;
  return HEED_OK;
}

/* ---- the body ------------------------------------------------------------------------------- */

static heed_status check_keys_differ(const msgpack_object_map *map, heed_error *err) {
  for (uint32_t i = 1; i < map->size; i++) {
    const msgpack_object_str *key = &map->ptr[i].key.via.str;
    for (uint32_t j = 0; j < i; j++) {
      const msgpack_object_str *other = &map->ptr[j].key.via.str;
      /* msgpack gives an empty text no pointer. */
      if (key->size == other->size &&
          (key->size == 0 || memcmp(key->ptr, other->ptr, key->size) == 0)) {
        return heed_fail(err, HEED_ERR_FORMAT, "key '%.*s' stands twice in one map",
                         key->size < 48 ? (int)key->size : 48, key->size > 0 ? key->ptr : "");
      }
    }
  }
  return HEED_OK;
}

/* Makes room for the NUL of a text by moving it one byte to the left, over its own head. */
static void terminate_text(heed_pack_reader *reader, msgpack_object_str *text) {
  if (text->size == 0) {
    text->ptr = "";
    return;
  }
  unsigned char *start = reader->body + ((const unsigned char *)text->ptr - reader->body);
  memmove(start - 1, start, text->size);
  start[text->size - 1] = '\0';
  text->ptr = (const char *)(start - 1);
}

/* Copies a blob to the next aligned place. */
static void align_blob(heed_pack_reader *reader, msgpack_object_bin *blob) {
  unsigned char *copy = reader->blobs + reader->blobs_used;
  if (blob->size > 0) {
    memcpy(copy, blob->ptr, blob->size);
  }
  blob->ptr = (const char *)copy;
  reader->blobs_used +=
      (blob->size + (size_t)HEED__BLOB_ALIGN - 1) & ~(size_t)(HEED__BLOB_ALIGN - 1);
}

/* Goes through a decoded value and all in it: keys must differ, texts get their NUL, blobs their
 * alignment. Recursion is as deep as the scan has allowed. */
static heed_status settle(heed_pack_reader *reader, msgpack_object *object, heed_error *err) {
  heed_status status = HEED_OK;
  if (object->type == MSGPACK_OBJECT_STR) {
    terminate_text(reader, &object->via.str);
  } else if (object->type == MSGPACK_OBJECT_BIN) {
    align_blob(reader, &object->via.bin);
  } else if (object->type == MSGPACK_OBJECT_ARRAY) {
    for (uint32_t i = 0; i < object->via.array.size && status == HEED_OK; i++) {
      status = settle(reader, &object->via.array.ptr[i], err);
    }
  } else if (object->type == MSGPACK_OBJECT_MAP) {
    status = check_keys_differ(&object->via.map, err);
    for (uint32_t i = 0; i < object->via.map.size && status == HEED_OK; i++) {
      terminate_text(reader, &object->via.map.ptr[i].key.via.str);
      status = settle(reader, &object->via.map.ptr[i].val, err);
    }
  }
  return status;
}

/* Checks and decodes reader->body. */
static heed_status decode(heed_pack_reader *reader, heed_error *err) {
  const container *head = &reader->head;
  size_t blob_room = 0;
  heed_status status = heed__pack_scan(reader->body, head->body_size, &blob_room, err);
  if (status != HEED_OK) {
    return status;
  }
  reader->blobs = aligned_alloc(HEED__BLOB_ALIGN, blob_room + HEED__BLOB_ALIGN);
  if (reader->blobs == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "blobs of %zu bytes: no memory", blob_room);
  }

  size_t offset = 0;
  msgpack_unpack_return result =
      msgpack_unpack_next(&reader->document, (const char *)reader->body, head->body_size, &offset);
  if (result == MSGPACK_UNPACK_NOMEM_ERROR) {
    return heed_fail(err, HEED_ERR_NOMEM, "body of %zu bytes: no memory", head->body_size);
  }
  if (result != MSGPACK_UNPACK_SUCCESS || offset != head->body_size) {
    return heed_fail(err, HEED_ERR_FORMAT, "body offset %zu: MessagePack cannot read on", offset);
  }
  return settle(reader, &reader->document.data, err);
}

/* ---- opening -------------------------------------------------------------------------------- */

/* A reader with room for the body that `head` announces. */
static heed_status reader_create(const container *head, heed_pack_reader **out, heed_error *err) {
  heed_pack_reader *reader = calloc(1, sizeof *reader);
  unsigned char *body = malloc(head->body_size > 0 ? head->body_size : 1);
  if (reader == NULL || body == NULL) {
    free(reader);
    free(body);
    return heed_fail(err, HEED_ERR_NOMEM, "body of %zu bytes: no memory", head->body_size);
  }
  reader->head = *head;
  reader->body = body;
  msgpack_unpacked_init(&reader->document);
  *out = reader;
  return HEED_OK;
}

/* Verifies the checksum of a reader whose body is filled, and decodes it. Closes it on failure. */
static heed_status finish(heed_pack_reader *reader, const unsigned char *header,
                          heed_pack_reader **out, heed_error *err) {
  const container *head = &reader->head;
  uint64_t checksum = heed__pack_checksum(header, head->header_size - sizeof head->checksum,
                                          reader->body, head->body_size);
  heed_status status = HEED_OK;
  if (checksum != head->checksum) {
    status = heed_fail(err, HEED_ERR_FORMAT,
                       "checksum %016" PRIx64 ", %016" PRIx64 " expected: the file is damaged",
                       checksum, head->checksum);
  } else {
    status = decode(reader, err);
  }
  if (status != HEED_OK) {
    heed_pack_close(reader);
    return status;
  }
  *out = reader;
  return HEED_OK;
}

heed_status heed_pack_open_memory(const void *bytes, size_t size, const char *kind, uint32_t newest,
                                  heed_pack_reader **out, heed_error *err) {
  container head = {0};
  heed_pack_reader *reader = NULL;
  heed_status status = read_header(&head, bytes, size, size, kind, newest, err);
  if (status == HEED_OK) {
    status = reader_create(&head, &reader, err);
  }
  if (status == HEED_OK) {
    assert(reader != NULL);
    memcpy(reader->body, (const unsigned char *)bytes + head.header_size, head.body_size);
    status = finish(reader, bytes, out, err);
  }
  return status == HEED_OK ? HEED_OK : heed_fail_context(err, status, "reading a document");
}

/* Reads the body, which starts inside header[read_already]. */
static heed_status read_body(heed_pack_reader *reader, int fd, const char *path,
                             const unsigned char *header, size_t read_already, heed_error *err) {
  assert(reader != NULL && read_already >= reader->head.header_size);
  size_t here = read_already - reader->head.header_size;
  memcpy(reader->body, header + reader->head.header_size, here);
  return heed__file_read(fd, path, reader->body + here, reader->head.body_size - here, err);
}

heed_status heed_pack_open(const char *path, const char *kind, uint32_t newest,
                           heed_pack_reader **out, heed_error *err) {
  int fd;
  uint64_t file_size;
  heed_status status = heed__file_open(path, &fd, &file_size, err);
  if (status != HEED_OK) {
    return status;
  }
  unsigned char header[HEED__PACK_HEADER_MAX];
  size_t size = file_size < sizeof header ? (size_t)file_size : sizeof header;
  container head = {0};
  heed_pack_reader *reader = NULL;
  status = heed__file_read(fd, path, header, size, err);
  if (status != HEED_OK) {
    goto cleanup;
  }
  status = read_header(&head, header, size, file_size, kind, newest, err);
  if (status == HEED_OK) {
    status = reader_create(&head, &reader, err);
  }
  if (status != HEED_OK) {
    status = heed_fail_context(err, status, "reading '%s'", path);
    goto cleanup;
  }
  status = read_body(reader, fd, path, header, size, err);
  if (status != HEED_OK) {
    heed_pack_close(reader);
    goto cleanup;
  }
  status = finish(reader, header, out, err);
  if (status != HEED_OK) {
    status = heed_fail_context(err, status, "reading '%s'", path);
  }

cleanup:
  (void)close(fd);
  return status;
}

void heed_pack_close(heed_pack_reader *reader) {
  if (reader != NULL) {
    msgpack_unpacked_destroy(&reader->document);
    free(reader->blobs);
    free(reader->body);
    free(reader);
  }
}

const char *heed_pack_kind(const heed_pack_reader *reader) {
  return reader->head.kind;
}
uint32_t heed_pack_version(const heed_pack_reader *reader) {
  return reader->head.version;
}

const heed_pack_value *heed_pack_root(const heed_pack_reader *reader) {
  return value_of(&reader->document.data);
}
