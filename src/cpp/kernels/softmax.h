// Softmax and the cross-entropies from logits, row by row.
#pragma once

#include "kernels/reduce.h"
#include "kernels/softmax_row.h"

namespace nnfast::NNFAST_ISA {

template <class T>
void softmax(index_t rows, index_t columns, const T* x, T* out) {
  for (index_t r = 0; r < rows; ++r, x += columns, out += columns) softmax_row<T>(columns, x, out);
}

template <class T>
void log_softmax(index_t rows, index_t columns, const T* x, T* out) {
  for (index_t r = 0; r < rows; ++r, x += columns, out += columns) log_softmax_row<T>(columns, x, out);
}

template <class T>
index_t sparse_cross_entropy(index_t rows, index_t columns, const T* logits, const std::int64_t* labels, T* loss,
                             T* difference) {
  for (index_t r = 0; r < rows; ++r, logits += columns) {
    if (labels[r] < 0 || labels[r] >= columns) return r;
    const auto [maximum, log_sum] = normalizer_with<T>(difference != nullptr, columns, logits, difference);
    loss[r] = log_sum - (logits[labels[r]] - maximum);
    if (difference == nullptr) continue;
    difference[labels[r]] -= T(1);
    difference += columns;
  }
  return -1;
}

template <class T>
void cross_entropy(index_t rows, index_t columns, const T* logits, const T* targets, T* loss, T* difference) {
  for (index_t r = 0; r < rows; ++r, logits += columns, targets += columns) {
    const Normalizer<T> normalizer = normalizer_with<T>(difference != nullptr, columns, logits, difference);
    loss[r] = cross_entropy_of_row<T>(columns, logits, targets, normalizer);
    if (difference == nullptr) continue;
    subtract_targets<T>(columns, targets, difference);
    difference += columns;
  }
}

}  // namespace nnfast::NNFAST_ISA
