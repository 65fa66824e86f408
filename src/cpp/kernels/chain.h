// Chains of pointwise functions, each result kept in registers for the next: a block of a few vectors goes through all
// steps before the next block begins.
#pragma once

#include "kernels/pointwise.h"

namespace nnfast::NNFAST_ISA {

// Blocks of chain_rows rows of two vectors, as wide as a product's tile: three of them fit the registers.
constexpr int chain_vectors = 2;
constexpr int chain_rows = NNFAST_VECTOR_BYTES == 64 ? 4 : 2;

// Where a block lies in the tile, and how it goes through an operand's memory.
template <class T>
struct Block {
  static constexpr int vectors = chain_rows * chain_vectors;
  index_t row, column;
  bool down;  // row below row; else along one row, chain_vectors at a time

  NNFAST_INLINE index_t step(index_t row_stride, index_t column_stride) const {
    return down ? row_stride : chain_vectors * lanes<T> * column_stride;
  }
  NNFAST_INLINE void load(const View<T>& view, vec<T>* values) const {
    const T* from = view.data + row * view.row_stride + column * view.column_stride;
    const index_t next = step(view.row_stride, view.column_stride);
    if (view.column_stride == 0 && next == 0) {
      const vec<T> value = splat(*from);
#pragma GCC unroll 8
      for (int i = 0; i < vectors; ++i) values[i] = value;
    } else if (view.column_stride == 0) {
#pragma GCC unroll 8
      for (int i = 0; i < vectors; ++i) values[i] = splat(from[i / chain_vectors * next]);
    } else {
#pragma GCC unroll 8
      for (int i = 0; i < vectors; ++i) {
        values[i] = NNFAST_ISA::load(from + i / chain_vectors * next + i % chain_vectors * lanes<T>);
      }
    }
  }
  NNFAST_INLINE void store(T* out, index_t row_stride, const vec<T>* values) const {
    T* to = out + row * row_stride + column;
    const index_t next = step(row_stride, 1);
#pragma GCC unroll 8
    for (int i = 0; i < vectors; ++i) {
      NNFAST_ISA::store(to + i / chain_vectors * next + i % chain_vectors * lanes<T>, values[i]);
    }
  }
};

// Up to one vector of a row: what blocks leave over.
template <class T>
struct Remainder {
  static constexpr int vectors = 1;
  index_t row, column, count;

  NNFAST_INLINE void load(const View<T>& view, vec<T>* values) const {
    const T* from = view.data + row * view.row_stride + column * view.column_stride;
    if (view.column_stride == 0) {
      *values = splat(*from);
    } else {
      *values = count == lanes<T> ? NNFAST_ISA::load(from) : load_first(from, count);
    }
  }
  NNFAST_INLINE void store(T* out, index_t row_stride, const vec<T>* values) const {
    T* to = out + row * row_stride + column;
    if (count == lanes<T>) {
      NNFAST_ISA::store(to, *values);
    } else {
      store_first(to, *values, count);
    }
  }
};

template <class T, class Block>
NNFAST_INLINE void fetch(const PointwiseStep<T>& step, int operand, Block block, const vec<T>* last, const vec<T>* kept,
                         vec<T>* values) {
  const PointwiseSource source = step.sources[operand];
  if (source == PointwiseSource::memory) {
    block.load(step.operands[operand], values);
  } else if (source == PointwiseSource::kept) {
#pragma GCC unroll 8
    for (int i = 0; i < Block::vectors; ++i) values[i] = kept[i];
  } else {
#pragma GCC unroll 8
    for (int i = 0; i < Block::vectors; ++i) values[i] = last[i];
  }
}

template <class T, class Block>
NNFAST_INLINE void run_steps(const PointwiseStep<T>* steps, index_t count, Block block) {
  constexpr int n = Block::vectors;
  vec<T> last[n] = {}, kept[n] = {};
  for (const PointwiseStep<T>* step = steps; step < steps + count; ++step) {
    vec<T> a[n], b[n];
    fetch(*step, 0, block, last, kept, a);
    fetch(*step, 1, block, last, kept, b);
    vec<T> c[n] = {};
    if (step->op == PointwiseOp::where) fetch(*step, 2, block, last, kept, c);
    if (step->keeps) {
#pragma GCC unroll 8
      for (int i = 0; i < n; ++i) kept[i] = last[i];
    }
    switch (step->op) {
#define NNFAST_POINTWISE(name, arity, expression)                      \
  case PointwiseOp::name:                                              \
    _Pragma("GCC unroll 8") for (int i = 0; i < n; ++i) last[i] =      \
        pointwise_functions::name##_function::apply(a[i], b[i], c[i]); \
    break;
#define NNFAST_POINTWISE_LONG(name, arity, expression)
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE_LONG
#undef NNFAST_POINTWISE
      default:
        break;
    }
    if (step->out != nullptr) block.store(step->out, step->out_row_stride, last);
  }
}

template <class T>
void pointwise_chain(const PointwiseStep<T>* steps, index_t count, index_t rows, index_t columns) {
  constexpr index_t width = chain_vectors * lanes<T>;
  index_t row = 0;
  if (columns == width) {
    for (; row + chain_rows <= rows; row += chain_rows) run_steps<T>(steps, count, Block<T>{row, 0, true});
  }
  for (; row < rows; ++row) {
    index_t column = 0;
    for (; column + chain_rows * width <= columns; column += chain_rows * width) {
      run_steps<T>(steps, count, Block<T>{row, column, false});
    }
    for (; column < columns; column += lanes<T>) {
      const index_t left = columns - column;
      run_steps<T>(steps, count, Remainder<T>{row, column, left < lanes<T> ? left : lanes<T>});
    }
  }
}

}  // namespace nnfast::NNFAST_ISA
