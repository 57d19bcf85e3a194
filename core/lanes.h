/* lanes.h: four numbers at a time, for the few loops in which a search spends its time.
 *
 * Vectors of gcc and clang, which make of them what the machine has. HEED__CLONES before a function compiles
 * it once for each instruction set; which one runs is settled when the program is loaded. Before it goes a line
 * HEED__CLONES_ARE_HIDDEN(function);. The bits are the same in all of them: products and sums are kept apart
 * (-ffp-contract=off), and sums have one order. Inner loops of networks, worth an order of their own, are in
 * kernel.h.
 *
 * Arrays that are read so end with room for HEED_LANES more than they hold: what lies behind the last one is
 * read, and not used. */
#ifndef HEED_CORE_LANES_H
#define HEED_CORE_LANES_H

#include <stdint.h>

enum { HEED_LANES = 4 };

/* Anywhere in an array of doubles, or of 32-bit integers. */
typedef double heed__lanes __attribute__((vector_size(32), aligned(8), may_alias));
typedef int32_t heed__lanes_int __attribute__((vector_size(16), aligned(4), may_alias));
/* What a comparison of two heed__lanes gives: all bits of a lane, or none. */
typedef int64_t heed__lanes_bits __attribute__((vector_size(32), aligned(8), may_alias));

/* Where `bits` are set a, elsewhere b. */
#define HEED__LANES_IF(bits, a, b)                               \
  ((heed__lanes)(((bits) & (heed__lanes_bits)(heed__lanes)(a)) | \
                 (~(bits) & (heed__lanes_bits)(heed__lanes)(b))))

/* The first `count` lanes. */
#define HEED__LANES_BELOW(count)     ((heed__lanes){0, 1, 2, 3} < (double)(count))
#define HEED__LANES_INT_BELOW(count) ((heed__lanes_int){0, 1, 2, 3} < (int32_t)(count))

/* Sanitizers want to be there before anything is chosen; clang has the attribute with other names. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define HEED__CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
/* The choice between clones is a symbol that gcc 12 exports whatever its visibility is said to be. */
#define HEED__CLONES_ARE_HIDDEN(function) \
  __asm__(".hidden " #function "\n.hidden " #function ".resolver")
#else
#define HEED__CLONES
#define HEED__CLONES_ARE_HIDDEN(function) _Static_assert(1, #function)
#endif

#endif
