// One loop for every pointwise function.
#pragma once

#include "kernels/kernels.h"
#include "kernels/pointwise_functions.h"
#include "simd/loops.h"

namespace nnfast::NNFAST_ISA {

// One row of an operand, or one value repeated: then every piece is read from the same vector.
template <class T>
struct OperandRow {
  vec<T> repeated;
  const T* data;
  index_t step;

  NNFAST_INLINE void point_at(const View<T>& view, index_t row) {
    const T* start = view.data + row * view.row_stride;
    step = view.column_stride;
    if (step == 0) repeated = splat(*start);
    data = step == 0 ? reinterpret_cast<const T*>(&repeated) : start;
  }
  template <class Piece>
  NNFAST_INLINE vec<T> load(Piece piece) const {
    return piece.load(data + piece.offset * step);
  }
};

template <class T, class Function>
void pointwise(index_t rows, index_t columns, View<T> a, View<T> b, View<T> c, T* out, index_t out_row_stride) {
  if (columns == 0) return;
  OperandRow<T> a_row, b_row, c_row;
  for (index_t row = 0; row < rows; ++row, out += out_row_stride) {
    a_row.point_at(a, row);
    if constexpr (Function::arity > 1) b_row.point_at(b, row);
    if constexpr (Function::arity > 2) c_row.point_at(c, row);
    for_each_piece<T>(columns, [&](auto piece) {
      vec<T> second{}, third{};
      if constexpr (Function::arity > 1) second = b_row.load(piece);
      if constexpr (Function::arity > 2) third = c_row.load(piece);
      piece.store(out + piece.offset, Function::apply(a_row.load(piece), second, third));
    });
  }
}

}  // namespace nnfast::NNFAST_ISA
