/* kernel_plain.c: what every machine can run. */
#define KERNEL_NAME    plain
#define KERNEL_LANES   4
#define KERNEL_ROWS    4
#define KERNEL_VECTORS 2
#include "core/kernel_body.h"
