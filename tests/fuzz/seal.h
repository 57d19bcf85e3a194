/* seal.h: makes packed documents (core/pack.h) that a search has changed pass for whole ones. */
#ifndef HEED_TESTS_FUZZ_SEAL_H
#define HEED_TESTS_FUZZ_SEAL_H

#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

/* Puts the right length and checksum into a document (core/pack.h), where there is room for them: no
 * search gets past a checksum otherwise, and whoever means harm can compute it too. */
static inline void seal(uint8_t *bytes, size_t size) {
  if (size < 16) {
    return;
  }
  size_t kind_size = bytes[12]; /* longer ones are refused anyway */
  size_t header_size = 36 + kind_size;
  if (size < header_size) {
    return;
  }
  uint64_t body_size = size - header_size;
  for (size_t i = 0; i < 8; i++) {
    bytes[20 + kind_size + i] = (uint8_t)(body_size >> (8 * i));
  }
  XXH64_hash_t seed = XXH3_64bits(bytes, header_size - 8);
  XXH64_hash_t sum = XXH3_64bits_withSeed(bytes + header_size, size - header_size, seed);
  for (size_t i = 0; i < 8; i++) {
    bytes[28 + kind_size + i] = (uint8_t)(sum >> (8 * i));
  }
}

#endif
