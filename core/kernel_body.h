/* kernel_body.h: the loops of kernel.h, included once by each kernel_*.c, which sets
 *
 *   KERNEL_NAME       what the table is called: heed__kernel_<name>
 *   KERNEL_LANES      floats of a vector register
 *   KERNEL_ROWS       rows of a tile, at most 8
 *   KERNEL_VECTORS    vectors of a row of a tile: ROWS * VECTORS of them fit the registers
 *
 * The plain loops are left to the compiler's vectoriser: they are written so that it can, which is why
 * they have no branches and convert floats by their bits. */
#ifndef HEED_CORE_KERNEL_BODY_H
#define HEED_CORE_KERNEL_BODY_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/kernel.h"

#ifndef KERNEL_NAME /* so that this header compiles on its own */
#define KERNEL_NAME    plain
#define KERNEL_LANES   4
#define KERNEL_ROWS    4
#define KERNEL_VECTORS 2
#endif

/* ---- products --------------------------------------------------------------------------------- */

#define KERNEL_COLS ((size_t)(KERNEL_LANES * KERNEL_VECTORS)) /* columns of a tile */
#define ALWAYS      static inline __attribute__((always_inline))

typedef float vec __attribute__((vector_size(KERNEL_LANES * sizeof(float))));

ALWAYS vec load(const float *from) {
  vec v;
  memcpy(&v, from, sizeof v);
  return v;
}

/* One tile, c[rows][KERNEL_COLS] = (add ? c : 0) + a b, with the sums in registers. `rows` is a constant
 * wherever this is inlined; b_row is the stride of the panel. */
ALWAYS void tile(size_t rows, size_t depth, heed__matrix a, const float *b, size_t b_row, bool add,
                 float *c, size_t c_row) {
  vec sum[KERNEL_ROWS][KERNEL_VECTORS];
  memset(sum, 0, sizeof sum);
  const float *at = a.data;
  for (size_t k = 0; k < depth; k++) {
    vec right[KERNEL_VECTORS];
#pragma GCC unroll 4
    for (size_t j = 0; j < KERNEL_VECTORS; j++) {
      right[j] = load(b + j * KERNEL_LANES);
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < rows; i++) {
      const float left = at[i * a.row];
#pragma GCC unroll 4
      for (size_t j = 0; j < KERNEL_VECTORS; j++) {
        sum[i][j] += left * right[j];
      }
    }
    at += a.col;
    b += b_row;
  }
#pragma GCC unroll 8
  for (size_t i = 0; i < rows; i++) {
#pragma GCC unroll 4
    for (size_t j = 0; j < KERNEL_VECTORS; j++) {
      float *to = c + i * c_row + j * KERNEL_LANES;
      vec v = add ? load(to) + sum[i][j] : sum[i][j];
      memcpy(to, &v, sizeof v);
    }
  }
}

/* The same for any number of rows up to KERNEL_ROWS. */
static void tile_of(size_t rows, size_t depth, heed__matrix a, const float *b, size_t b_row,
                    bool add, float *c, size_t c_row) {
#define TILE_CASE(n)                            \
  case n:                                       \
    tile(n, depth, a, b, b_row, add, c, c_row); \
    break;
  switch (rows) {
    TILE_CASE(1)
    TILE_CASE(2)
    TILE_CASE(3)
#if KERNEL_ROWS >= 6
    TILE_CASE(4)
    TILE_CASE(5)
#endif
#if KERNEL_ROWS >= 8
    TILE_CASE(6)
    TILE_CASE(7)
#endif
    default:
      tile(KERNEL_ROWS, depth, a, b, b_row, add, c, c_row);
  }
#undef TILE_CASE
}

typedef float four __attribute__((vector_size(16)));

ALWAYS four load_four(const float *from) {
  four v;
  memcpy(&v, from, sizeof v);
  return v;
}

/* to[k * to_row + j] = from[k + j * from_col] for k and j below 4. */
ALWAYS void transpose_four(const float *from, size_t from_col, float *to, size_t to_row) {
  four a = load_four(from);
  four b = load_four(from + from_col);
  four c = load_four(from + 2 * from_col);
  four d = load_four(from + 3 * from_col);
  four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  four ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  four cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  four rows[4] = {__builtin_shufflevector(ab, cd, 0, 1, 4, 5),
                  __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
                  __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
                  __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
#pragma GCC unroll 4
  for (size_t k = 0; k < 4; k++) {
    memcpy(to + k * to_row, &rows[k], sizeof rows[k]);
  }
}

/* Columns of B from `b` on, depth rows of `cols` <= KERNEL_COLS, side by side; the rest is zero. */
static void pack(size_t depth, size_t cols, heed__matrix b, float *panel) {
  if (cols < KERNEL_COLS) {
    memset(panel, 0, depth * KERNEL_COLS * sizeof *panel);
  }
  if (b.col == 1 && cols == KERNEL_COLS) {
    for (size_t k = 0; k < depth; k++) {
      memcpy(panel + k * KERNEL_COLS, b.data + k * b.row, KERNEL_COLS * sizeof *panel);
    }
    return;
  }
  /* Of a transposed matrix four rows of four columns at a time. */
  size_t whole_rows = b.row == 1 ? depth / 4 * 4 : 0;
  size_t whole_cols = whole_rows > 0 ? cols / 4 * 4 : 0;
  for (size_t j = 0; j < whole_cols; j += 4) {
    for (size_t k = 0; k < whole_rows; k += 4) {
      transpose_four(b.data + k + j * b.col, b.col, panel + k * KERNEL_COLS + j, KERNEL_COLS);
    }
  }
  for (size_t j = 0; j < cols; j++) {
    for (size_t k = j < whole_cols ? whole_rows : 0; k < depth; k++) {
      panel[k * KERNEL_COLS + j] = b.data[k * b.row + j * b.col];
    }
  }
}

/* All rows of one panel of columns. At the right edge whole tiles go through a copy. */
static void stripe(size_t m, size_t cols, size_t depth, heed__matrix a, const float *b,
                   size_t b_row, bool add, float *c, size_t c_row) {
  for (size_t i = 0; i < m; i += KERNEL_ROWS) {
    size_t rows = m - i < KERNEL_ROWS ? m - i : KERNEL_ROWS;
    heed__matrix at = {a.data + i * a.row, a.row, a.col};
    float *to = c + i * c_row;
    if (cols == KERNEL_COLS) {
      tile_of(rows, depth, at, b, b_row, add, to, c_row);
      continue;
    }
    float edge[KERNEL_ROWS * KERNEL_COLS] = {0};
    for (size_t r = 0; r < rows && add; r++) {
      memcpy(edge + r * KERNEL_COLS, to + r * c_row, cols * sizeof *edge);
    }
    tile_of(rows, depth, at, b, b_row, add, edge, KERNEL_COLS);
    for (size_t r = 0; r < rows; r++) {
      memcpy(to + r * c_row, edge + r * KERNEL_COLS, cols * sizeof *edge);
    }
  }
}

static void product(size_t m, size_t n, size_t k, heed__matrix a, heed__matrix b, bool add,
                    float *c) {
  _Alignas(64) float panel[HEED__KERNEL_DEPTH * KERNEL_COLS];
  for (size_t begin = 0; begin < k; begin += HEED__KERNEL_DEPTH) {
    size_t depth = k - begin < HEED__KERNEL_DEPTH ? k - begin : HEED__KERNEL_DEPTH;
    heed__matrix left = {a.data + begin * a.col, a.row, a.col};
    for (size_t j = 0; j < n; j += KERNEL_COLS) {
      size_t cols = n - j < KERNEL_COLS ? n - j : KERNEL_COLS;
      heed__matrix right = {b.data + begin * b.row + j * b.col, b.row, b.col};
      /* A panel that is read for one tile only is not worth copying. */
      bool is_packed = m > KERNEL_ROWS || b.col != 1 || cols < KERNEL_COLS;
      if (is_packed) {
        pack(depth, cols, right, panel);
      }
      stripe(m, cols, depth, left, is_packed ? panel : right.data,
             is_packed ? KERNEL_COLS : right.row, add || begin > 0, c + j, n);
    }
  }
}

/* ---- functions -------------------------------------------------------------------------------- */

/* e^x = 2^n e^r with n whole and |r| <= log(2)/2; e^r by the polynomial of Cephes' expf (Moshier). Beyond
 * +-60 nothing is to be told apart, and what is multiplied by e^-60 is no slow subnormal number yet. */
ALWAYS float exp_of(float x) {
  const float round = 0x1.8p23f; /* adding it leaves the whole part in the low bits */
  x = x < -60.0f ? -60.0f : x;
  x = x > 60.0f ? 60.0f : x;
  const float shifted = x * 1.44269504f + round;
  const float n = shifted - round;
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  uint32_t whole;
  uint32_t bits;
  memcpy(&whole, &shifted, sizeof whole);
  memcpy(&bits, &p, sizeof bits);
  bits += whole << 23;
  memcpy(&p, &bits, sizeof p);
  return p;
}

/* The compiler may fuse in the body of a loop and not in what is left over behind it. So that an element
 * does not depend on where it stands, functions go over whole blocks, the last one filled up. */
enum { KERNEL_BLOCK = 16 };

static __attribute__((noinline)) void exp_blocks(size_t blocks, const float *x, float *y) {
  for (size_t b = 0; b < blocks; b++, x += KERNEL_BLOCK, y += KERNEL_BLOCK) {
    for (size_t i = 0; i < KERNEL_BLOCK; i++) {
      y[i] = exp_of(x[i]);
    }
  }
}

static void exp_all(size_t count, const float *x, float *y) {
  size_t whole = count / KERNEL_BLOCK * KERNEL_BLOCK;
  float rest[KERNEL_BLOCK] = {0};
  exp_blocks(count / KERNEL_BLOCK, x, y);
  if (whole < count) {
    memcpy(rest, x + whole, (count - whole) * sizeof *rest);
    exp_blocks(1, rest, rest);
    memcpy(y + whole, rest, (count - whole) * sizeof *rest);
  }
}

/* tanh z = 1 - 2 / (e^2z + 1), to 1e-7 absolute; sigma(z) = 1 / (1 + e^-z). */
ALWAYS void activate_all(heed__activation kind, size_t blocks, float *restrict z,
                         float *restrict slope, bool wants_slope) {
  for (size_t i = 0; i < blocks * KERNEL_BLOCK; i++) {
    float x = z[i];
    float y;
    float d;
    if (kind == HEED__TANH) {
      y = 1.0f - 2.0f / (exp_of(2.0f * x) + 1.0f);
      d = 1.0f - y * y;
    } else if (kind == HEED__RELU) {
      y = x > 0.0f ? x : 0.0f;
      d = x > 0.0f ? 1.0f : 0.0f;
    } else {
      float sigma = 1.0f / (1.0f + exp_of(-x));
      y = x * sigma;
      d = sigma + y * (1.0f - sigma);
    }
    z[i] = y;
    if (wants_slope) {
      slope[i] = d;
    }
  }
}

static __attribute__((noinline)) void activate_blocks(heed__activation kind, size_t blocks,
                                                      float *z, float *slope) {
#define ACTIVATE_CASE(name)                       \
  case name:                                      \
    if (slope != NULL) {                          \
      activate_all(name, blocks, z, slope, true); \
    } else {                                      \
      activate_all(name, blocks, z, NULL, false); \
    }                                             \
    break;
  switch (kind) {
    ACTIVATE_CASE(HEED__TANH)
    ACTIVATE_CASE(HEED__RELU)
    ACTIVATE_CASE(HEED__SWISH)
  }
#undef ACTIVATE_CASE
}

static void activate(heed__activation kind, size_t count, float *z, float *slope) {
  size_t whole = count / KERNEL_BLOCK * KERNEL_BLOCK;
  size_t left = (count - whole) * sizeof *z;
  float rest[KERNEL_BLOCK] = {0};
  float rest_slope[KERNEL_BLOCK];
  activate_blocks(kind, count / KERNEL_BLOCK, z, slope);
  if (left > 0) {
    memcpy(rest, z + whole, left);
    activate_blocks(kind, 1, rest, slope != NULL ? rest_slope : NULL);
    memcpy(z + whole, rest, left);
    if (slope != NULL) {
      memcpy(slope + whole, rest_slope, left);
    }
  }
}

static void scale(size_t count, float *restrict x, const float *restrict y) {
  for (size_t i = 0; i < count; i++) {
    x[i] *= y[i];
  }
}

static void fill(size_t m, size_t n, const float *bias, float *y) {
  for (size_t i = 0; i < m; i++) {
    memcpy(y + i * n, bias, n * sizeof *y);
  }
}

static void sum_rows(size_t m, size_t n, const float *restrict y, float *restrict sum) {
  memset(sum, 0, n * sizeof *sum);
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      sum[j] += y[i * n + j];
    }
  }
}

/* Columns j .. j + vectors * KERNEL_LANES of a gather, with the sums in registers. */
ALWAYS void gather_columns(size_t vectors, size_t n, size_t count, const uint32_t *index,
                           const float *x, float *y) {
  vec sum[4];
#pragma GCC unroll 4
  for (size_t v = 0; v < vectors; v++) {
    sum[v] = load(y + v * KERNEL_LANES);
  }
  for (size_t k = 0; k < count; k++) {
    const float *row = x + index[k] * n;
#pragma GCC unroll 4
    for (size_t v = 0; v < vectors; v++) {
      sum[v] += load(row + v * KERNEL_LANES);
    }
  }
#pragma GCC unroll 4
  for (size_t v = 0; v < vectors; v++) {
    memcpy(y + v * KERNEL_LANES, &sum[v], sizeof sum[v]);
  }
}

static void gather(size_t n, size_t count, const uint32_t *index, const float *x, float *y) {
  size_t j = 0;
  for (; j + 4 * (size_t)KERNEL_LANES <= n; j += 4 * (size_t)KERNEL_LANES) {
    gather_columns(4, n, count, index, x + j, y + j);
  }
  for (; j + KERNEL_LANES <= n; j += KERNEL_LANES) {
    gather_columns(1, n, count, index, x + j, y + j);
  }
  for (; j < n; j++) {
    for (size_t k = 0; k < count; k++) {
      y[j] += x[index[k] * n + j];
    }
  }
}

static void scatter(size_t n, size_t count, const uint32_t *index, const float *restrict x,
                    float *restrict y) {
  for (size_t k = 0; k < count; k++) {
    float *row = y + index[k] * n;
    for (size_t j = 0; j < n; j++) {
      row[j] += x[j];
    }
  }
}

static void adam(const heed__adam_rates *rates, size_t count, const float *restrict gradient,
                 float *restrict param, float *restrict first, float *restrict second) {
  const heed__adam_rates r = *rates;
  for (size_t i = 0; i < count; i++) {
    float g = gradient[i];
    first[i] = r.beta1 * first[i] + (1.0f - r.beta1) * g;
    second[i] = r.beta2 * second[i] + (1.0f - r.beta2) * g * g;
    param[i] -= r.decay * param[i] + r.step * first[i] / (sqrtf(second[i] * r.second) + r.epsilon);
  }
}

/* ---- the table -------------------------------------------------------------------------------- */

#define KERNEL_TABLE_(name) heed__kernel_##name
#define KERNEL_TABLE(name)  KERNEL_TABLE_(name)
#define KERNEL_TEXT_(name)  #name
#define KERNEL_TEXT(name)   KERNEL_TEXT_(name)

extern const heed__kernel KERNEL_TABLE(KERNEL_NAME);
const heed__kernel KERNEL_TABLE(KERNEL_NAME) = {
    .name = KERNEL_TEXT(KERNEL_NAME),
    .product = product,
    .activate = activate,
    .exp = exp_all,
    .scale = scale,
    .fill = fill,
    .sum = sum_rows,
    .gather = gather,
    .scatter = scatter,
    .adam = adam,
};

#endif
