// Copies between layouts: rows as they are, transposed block by block, or lane by lane for any other strides.
#pragma once

#include "simd/loops.h"
#include "simd/shuffle.h"

namespace nnfast::NNFAST_ISA {

// How a piece of a row is written: just its elements, or a whole vector with zeros past them.
struct WriteExactly {
  template <class T, class Piece>
  NNFAST_INLINE static void write(T* to, Piece piece, vec<T> value) {
    piece.store(to, value);
  }
};
struct WritePadded {
  template <class T, class Piece>
  NNFAST_INLINE static void write(T* to, Piece, vec<T> value) {
    store<T>(to, value);
  }
};

// As many rows of out[r, c] = x[r + c * column_stride] as a vector has lanes, or the `rows` that are left.
template <class T, class Writer>
NNFAST_INLINE void transpose_rows(index_t rows, index_t columns, const T* x, index_t column_stride, T* out,
                                  index_t out_row_stride) {
  constexpr index_t n = lanes<T>;
  for_each_piece<T>(columns, [&](auto piece) {
    const T* from = x + piece.offset * column_stride;
    vec<T> block[n] = {};
    if (rows == n) {
#pragma GCC unroll 16
      for (index_t c = 0; c < n; ++c) {
        if (c < piece.count) block[c] = load(from + c * column_stride);
      }
    } else {
      for (index_t c = 0; c < piece.count; ++c) block[c] = load_first(from + c * column_stride, rows);
    }
    transpose<T>(block);
#pragma GCC unroll 16
    for (index_t r = 0; r < n; ++r) {
      if (r < rows) Writer::write(out + r * out_row_stride + piece.offset, piece, block[r]);
    }
  });
}

template <class T, class Writer>
NNFAST_INLINE void copy_with(index_t rows, index_t columns, const T* x, index_t row_stride, index_t column_stride,
                             T* out, index_t out_row_stride) {
  constexpr index_t n = lanes<T>;
  if (row_stride == 1 && column_stride != 1) {
    for (index_t r = 0; r < rows; r += n) {
      transpose_rows<T, Writer>(rows - r < n ? rows - r : n, columns, x + r, column_stride, out + r * out_row_stride,
                                out_row_stride);
    }
    return;
  }
  const auto copy_rows = [&](auto read) {
    for (index_t r = 0; r < rows; ++r) {
      T* to = out + r * out_row_stride;
      for_each_piece<T>(columns,
                        [&](auto piece) { Writer::write(to + piece.offset, piece, read(piece, x + r * row_stride)); });
    }
  };
  if (column_stride == 1) {
    copy_rows([](auto piece, const T* row) { return piece.load(row + piece.offset); });
  } else {
    copy_rows([column_stride](auto piece, const T* row) {
      vec<T> value{};
      for (index_t i = 0; i < piece.count; ++i) value[i] = row[(piece.offset + i) * column_stride];
      return value;
    });
  }
}

template <class T>
void copy_strided(index_t rows, index_t columns, const T* x, index_t row_stride, index_t column_stride, T* out,
                  index_t out_row_stride) {
  copy_with<T, WriteExactly>(rows, columns, x, row_stride, column_stride, out, out_row_stride);
}

}  // namespace nnfast::NNFAST_ISA
