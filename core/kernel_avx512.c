/* kernel_avx512.c: 512-bit vectors with fused multiplication and addition. */
#define KERNEL_NAME    avx512
#define KERNEL_LANES   16
#define KERNEL_ROWS    8
#define KERNEL_VECTORS 2
#include "core/kernel_body.h"
