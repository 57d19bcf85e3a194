/* kernel_avx2.c: 256-bit vectors with fused multiplication and addition. */
#define KERNEL_NAME    avx2
#define KERNEL_LANES   8
#define KERNEL_ROWS    6
#define KERNEL_VECTORS 2
#include "core/kernel_body.h"
