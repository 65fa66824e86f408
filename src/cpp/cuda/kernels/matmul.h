// The matrix product: a block makes a tile of the result, each thread some rows and columns of it, all of the depth in
// order; then the tile goes through a chain, which stores it.
#pragma once

#include "cuda/kernels/chain.h"

namespace nnfast::cuda {

// Copies a tile of (tile lines x tile_depth) to shared memory, line after line of the depth; zeros past the ends.
template <class T, class Stored, int tile>
NNFAST_INLINE void load_stored(Shared<T> to, const Matmul::Side& side, Global<const Stored> from, index_t lines,
                               index_t depth) {
  constexpr int count = tile * tile_depth;
  for (int e = thread_number(); e < count; e += block_threads) {
    // Neighbouring threads read neighbouring values.
    const int line = side.line_stride == 1 ? e % tile : e / tile_depth;
    const int k = side.line_stride == 1 ? e / tile : e % tile_depth;
    const bool inside = line < lines && k < depth;
    to[k * (tile + 1) + line] =
        inside ? static_cast<T>(castable(from[line * side.line_stride + k * side.depth_stride])) : T(0);
  }
}

// The same from element `first` on, of whatever type they are.
template <class T, int tile>
NNFAST_INLINE void load_side(Shared<T> to, const Matmul::Side& side, Global<const std::byte> from, index_t first,
                             index_t lines, index_t depth) {
  const auto load = [&](auto stored) {
    using Stored = decltype(stored);
    load_stored<T, Stored, tile>(to, side, of_type<Stored>(from) + first, lines, depth);
  };
  if constexpr (sizeof(T) == sizeof(float)) {
    if (side.dtype == DType::float16) return load(Float16{});
    if (side.dtype == DType::bfloat16) return load(BFloat16{});
  }
  load(T{});
}

template <class T, int tile>
NNFAST_INLINE void multiply_tile(const Frame& frame, const Matmul& m, index_t unit) {
  constexpr int each = tile / tile_side;
  const index_t strips = divide_up(m.columns, tile), blocks = divide_up(m.rows, tile);
  const index_t matrix = unit / (strips * blocks), row = unit / strips % blocks * tile, column = unit % strips * tile;
  const index_t rows = m.rows - row < tile ? m.rows - row : tile;
  const index_t columns = m.columns - column < tile ? m.columns - column : tile;
  const Global<const std::byte> a = at<std::byte>(frame, m.a.buffer), b = at<std::byte>(frame, m.b.buffer);
  const index_t a_first = matrix * m.rows * m.depth + row * m.a.line_stride;
  const index_t b_first = matrix * m.depth * m.columns + column * m.b.line_stride;
  constexpr int side = tile_depth * (tile + 1);
  const Shared<T> left = shared_memory<T>(0, side), right = shared_memory<T>(side * sizeof(T), side);
  const int thread_row = thread_number() / tile_side, thread_column = thread_number() % tile_side;

  T sums[each][each] = {};
  for (index_t k = 0; k < m.depth; k += tile_depth) {
    __syncthreads();
    load_side<T, tile>(left, m.a, a, a_first + k * m.a.depth_stride, rows, m.depth - k);
    load_side<T, tile>(right, m.b, b, b_first + k * m.b.depth_stride, columns, m.depth - k);
    __syncthreads();
#pragma unroll
    for (int i = 0; i < tile_depth; ++i) {
      T of_a[each], of_b[each];
#pragma unroll
      for (int r = 0; r < each; ++r) of_a[r] = left[i * (tile + 1) + thread_row + r * tile_side];
#pragma unroll
      for (int c = 0; c < each; ++c) of_b[c] = right[i * (tile + 1) + thread_column + c * tile_side];
#pragma unroll
      for (int r = 0; r < each; ++r) {
#pragma unroll
        for (int c = 0; c < each; ++c) sums[r][c] = fma(of_a[r], of_b[c], sums[r][c]);
      }
    }
  }
  __syncthreads();
  const Shared<T> result = shared_memory<T>(0, tile * tile);
#pragma unroll
  for (int r = 0; r < each; ++r) {
#pragma unroll
    for (int c = 0; c < each; ++c) {
      result[(thread_row + r * tile_side) * tile + thread_column + c * tile_side] = sums[r][c];
    }
  }
  __syncthreads();
  const index_t first = (matrix * m.rows + row) * m.columns + column;
  run_chain<T>(frame, m.chain, {first, m.columns, static_cast<int>(rows), static_cast<int>(columns), tile},
               tile_bytes(tile, sizeof(T)));
}

template <class T>
NNFAST_INLINE void run(const Frame& frame, const Matmul& m, Share share) {
  const index_t tiles = divide_up(m.rows, m.tile) * divide_up(m.columns, m.tile);
  const index_t units = m.rows * m.columns > 0 ? m.chain.count / (m.rows * m.columns) * tiles : 0;
  share.of(units, [&](index_t unit) {
    if (m.tile == 64) {
      multiply_tile<T, 64>(frame, m, unit);
    } else {
      multiply_tile<T, 32>(frame, m, unit);
    }
  });
}

}  // namespace nnfast::cuda
