// Sums, maxima and minima over rows or columns. What is added to what, and when, depends on nothing but the shape.
#pragma once

#include "kernels/combine.h"
#include "simd/loops.h"
#include "simd/shuffle.h"

namespace nnfast::NNFAST_ISA {

// Reduces value(piece) over the pieces of a row: vector i goes to accumulator i % 4, part of a vector to accumulator 0;
// then the accumulators and at last the lanes are combined in pairs.
template <class T, class Combine, class Value>
NNFAST_INLINE T reduce_row(index_t columns, Value value) {
  constexpr int count = 4;
  const vec<T> identity = splat(T(Combine::identity));
  vec<T> sums[count];
#pragma GCC unroll 4
  for (int i = 0; i < count; ++i) sums[i] = identity;
  index_t offset = 0;
  for (; offset + count * lanes<T> <= columns; offset += count * lanes<T>) {
#pragma GCC unroll 4
    for (int i = 0; i < count; ++i) sums[i] = Combine::combine(sums[i], value(Whole<T>{offset + i * lanes<T>}));
  }
#pragma GCC unroll 3
  for (int i = 0; i < count - 1; ++i) {
    if (offset + lanes<T> > columns) continue;
    sums[i] = Combine::combine(sums[i], value(Whole<T>{offset}));
    offset += lanes<T>;
  }
  if (offset < columns) {
    const Part<T> rest{offset, columns - offset};
    sums[0] = Combine::combine(sums[0], rest.keep(value(rest), identity));
  }
  return across_lanes<Combine>(
      Combine::combine(Combine::combine(sums[0], sums[1]), Combine::combine(sums[2], sums[3])));
}

template <class T, class Combine>
void reduce_columns(index_t rows, index_t columns, const T* x, index_t row_stride, T* out) {
  for (index_t r = 0; r < rows; ++r, x += row_stride) {
    out[r] = reduce_row<T, Combine>(columns, [&](auto piece) { return piece.load(x + piece.offset); });
  }
}

// `vectors` neighbouring pieces at a time: enough sums to hide the latency of an addition.
template <class T, class Combine, int vectors, class Piece>
NNFAST_INLINE void reduce_strip(index_t rows, const T* x, index_t row_stride, T* out, Piece piece) {
  vec<T> sums[vectors];
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v) sums[v] = splat(T(Combine::identity));
  for (index_t r = 0; r < rows; ++r, x += row_stride) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sums[v] = Combine::combine(sums[v], piece.load(x + v * lanes<T>));
  }
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v) piece.store(out + v * lanes<T>, sums[v]);
}

template <class T, class Combine>
void reduce_rows(index_t rows, index_t columns, const T* x, index_t row_stride, T* out) {
  constexpr int vectors = 8;
  index_t c = 0;
  for (; c + vectors * lanes<T> <= columns; c += vectors * lanes<T>) {
    reduce_strip<T, Combine, vectors>(rows, x + c, row_stride, out + c, Whole<T>{0});
  }
  x += c;
  out += c;
  for_each_piece<T>(columns - c, [&](auto piece) {
    reduce_strip<T, Combine, 1>(rows, x + piece.offset, row_stride, out + piece.offset, piece);
  });
}

// The extreme first, by vectors; then where it stands.
template <class T, class Combine>
void arg_reduce_columns(index_t rows, index_t columns, const T* x, index_t row_stride, std::int64_t* out) {
  for (index_t r = 0; r < rows; ++r, x += row_stride) {
    const T extreme = reduce_row<T, Combine>(columns, [&](auto piece) { return piece.load(x + piece.offset); });
    index_t c = 0;
    if (extreme == extreme) {
      while (x[c] != extreme) ++c;
    } else {
      while (x[c] == x[c]) ++c;
    }
    out[r] = c;
  }
}

}  // namespace nnfast::NNFAST_ISA
