#include "core/kernel.h"

extern const heed__kernel heed__kernel_plain; /* kernel_plain.c */
#if defined(__x86_64__)
extern const heed__kernel heed__kernel_avx2;   /* kernel_avx2.c */
extern const heed__kernel heed__kernel_avx512; /* kernel_avx512.c */
#endif

const heed__kernel *heed__kernel_at(size_t i) {
  const heed__kernel *found[3];
  size_t count = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) {
    found[count++] = &heed__kernel_avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    found[count++] = &heed__kernel_avx2;
  }
#endif
  found[count++] = &heed__kernel_plain;
  return i < count ? found[i] : NULL;
}

const heed__kernel *heed__kernel_best(void) {
  return heed__kernel_at(0);
}
