// The matrix product: a register tile of rows x vectors of the result, summed over the whole depth before it is stored.
#pragma once

#include "kernels/copy.h"

namespace nnfast::NNFAST_ISA {

// As many accumulators as the registers hold beside a row of the panel and the values of a, which NEON loads one and
// all before it multiplies; AVX-512 takes them from memory.
constexpr int tile_rows = registers < 32 ? 6 : NNFAST_VECTOR_BYTES == 64 ? 14 : 8;
constexpr int tile_vectors = 2;

// Values a page apart share one set of the L1 cache, and push each other out where a tile has more rows than a set has
// room, 8 lines in most CPUs.
constexpr index_t page = 4096;
constexpr index_t rows_of_a_set = tile_rows < 7 ? tile_rows : 7;

// out = a . panel for `rows` rows and a panel `vectors` wide, of which the last stores `last` lanes; the panel's rows
// are `panel_stride` apart. Each sum starts at +0 and takes the depth in ascending order, one fused step each: how the
// result is cut into tiles changes no bit.
template <class T, int rows, int vectors>
void multiply_tile(index_t depth, const T* a, index_t row_stride, index_t depth_stride, const T* panel,
                   index_t panel_stride, index_t last, T* out, index_t out_row_stride) {
  vec<T> sums[rows][vectors] = {};
  for (index_t k = 0; k < depth; ++k) {
    vec<T> b[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) b[v] = load(panel + v * lanes<T>);
#pragma GCC unroll 14
    for (int r = 0; r < rows; ++r) {
      const vec<T> value = splat(a[r * row_stride]);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) sums[r][v] = fma(value, b[v], sums[r][v]);
    }
    a += depth_stride;
    panel += panel_stride;
  }
#pragma GCC unroll 14
  for (int r = 0; r < rows; ++r) {
    T* row = out + r * out_row_stride;
#pragma GCC unroll 2
    for (int v = 0; v + 1 < vectors; ++v) store(row + v * lanes<T>, sums[r][v]);
    T* end = row + (vectors - 1) * lanes<T>;
    if (last == lanes<T>) {
      store(end, sums[r][vectors - 1]);
    } else {
      store_first(end, sums[r][vectors - 1], last);
    }
  }
}

template <class T>
using MultiplyTile = void (*)(index_t, const T*, index_t, index_t, const T*, index_t, index_t, T*, index_t);

// multiply_tile for 1 .. tile_rows rows.
template <class T, int vectors, class Rows>
struct Tiles;
template <class T, int vectors, int... i>
struct Tiles<T, vectors, Lanes<i...>> {
  static constexpr MultiplyTile<T> of_rows[] = {multiply_tile<T, i + 1, vectors>...};
};

template <class T>
void pack(index_t depth, index_t columns, const T* b, index_t depth_stride, index_t column_stride, T* panel) {
  const index_t width = (columns + lanes<T> - 1) / lanes<T> * lanes<T>;
  copy_with<T, WritePadded>(depth, columns, b, depth_stride, column_stride, panel, width);
}

template <class T>
void multiply(index_t rows, index_t columns, index_t depth, const T* a, index_t row_stride, index_t depth_stride,
              const T* panel, index_t panel_stride, T* out, index_t out_row_stride) {
  if (rows == 0 || columns == 0) return;
  using TileRows = typename LanesUpTo<tile_rows>::type;
  const MultiplyTile<T>* tiles =
      columns > lanes<T> ? Tiles<T, tile_vectors, TileRows>::of_rows : Tiles<T, 1, TileRows>::of_rows;
  const index_t last = columns > lanes<T> ? columns - lanes<T> : columns;
  const index_t most = row_stride * static_cast<index_t>(sizeof(T)) % page == 0 ? rows_of_a_set : tile_rows;
  // Tiles of nearly equal heights: a low one at the end would wait for its few sums.
  const index_t count = (rows + most - 1) / most;
  for (index_t t = 0; t < count; ++t) {
    const index_t row = rows * t / count, height = rows * (t + 1) / count - row;
    tiles[height - 1](depth, a + row * row_stride, row_stride, depth_stride, panel, panel_stride, last,
                      out + row * out_row_stride, out_row_stride);
  }
}

// Enough chains of multiply-adds to keep every unit of the CPU busy.
template <class T>
index_t multiply_adds(index_t rounds, T* out) {
  constexpr int chains = 12, unrolled = 4;
  vec<T> sums[chains];
  for (int i = 0; i < chains; ++i) sums[i] = splat(T(i));  // all different, or the compiler keeps only one
  const vec<T> factor = splat(*out);
  for (index_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 48
    for (int i = 0; i < chains * unrolled; ++i) sums[i % chains] = fma(sums[i % chains], factor, factor);
  }
  for (int i = 1; i < chains; ++i) sums[0] += sums[i];
  *out = sums[0][0];
  return rounds * chains * unrolled * lanes<T> * 2;
}

}  // namespace nnfast::NNFAST_ISA
