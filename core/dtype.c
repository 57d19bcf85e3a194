/* The types of numbers that files hold. */
#include <math.h>

#include "core/pack_internal.h"

static const struct {
  const char *name;
  size_t size; /* bytes */
} dtypes[] = {
    [HEED_U8] = {"u8", 1},   [HEED_U16] = {"u16", 2}, [HEED_U32] = {"u32", 4},
    [HEED_U64] = {"u64", 8}, [HEED_I32] = {"i32", 4}, [HEED_F32] = {"f32", 4},
    [HEED_F64] = {"f64", 8},
};

size_t heed_dtype_size(heed_dtype dtype) {
  return dtypes[dtype].size;
}
const char *heed__dtype_name(heed_dtype dtype) {
  return dtypes[dtype].name;
}

size_t heed__first_not_finite(heed_dtype dtype, const void *numbers, size_t count) {
  size_t i = 0;
  if (dtype == HEED_F32) {
    const float *x = numbers;
    while (i < count && isfinite(x[i])) {
      i++;
    }
    return i;
  }
  if (dtype == HEED_F64) {
    const double *x = numbers;
    while (i < count && isfinite(x[i])) {
      i++;
    }
    return i;
  }
  return count;
}
