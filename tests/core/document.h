/* document.h: a document built and opened again, all in memory. */
#ifndef HEED_TESTS_CORE_DOCUMENT_H
#define HEED_TESTS_CORE_DOCUMENT_H

#include <stdlib.h>

#include "core/cmocka_all.h"
#include "core/pack.h"

/* Writes a body. */
typedef void (*build)(heed_pack_writer *writer);

/* Builds a document and opens it again. */
static inline heed_pack_reader *opened(build body) {
  heed_error err = {0};
  heed_pack_writer *writer;
  assert_ok(heed_pack_writer_create(&writer, &err), &err);
  body(writer);
  unsigned char *bytes;
  size_t size;
  assert_ok(heed_pack_save_memory(writer, "test", 1, &bytes, &size, &err), &err);
  heed_pack_writer_destroy(writer);
  heed_pack_reader *reader;
  assert_ok(heed_pack_open_memory(bytes, size, "test", 1, &reader, &err), &err);
  free(bytes);
  return reader;
}

#endif
