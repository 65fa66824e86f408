// Softmax and the cross-entropies from logits, row by row, the row's maximum taken off first.
#pragma once

#include "kernels/reduce.h"

namespace nnfast::NNFAST_ISA {

template <class T>
NNFAST_INLINE T maximum_of_row(index_t columns, const T* x) {
  return reduce_row<T, Maximum>(columns, [&](auto piece) { return piece.load(x + piece.offset); });
}

// The sum of exp(x - shift) over the row, each term handed to keep(piece, term) too.
template <class T, class Keep>
NNFAST_INLINE T sum_of_exponentials(index_t columns, const T* x, T shift, Keep keep) {
  const vec<T> shifts = splat(shift);
  return reduce_row<T, Sum>(columns, [&](auto piece) {
    const vec<T> term = exp(piece.load(x + piece.offset) - shifts);
    keep(piece, term);
    return term;
  });
}

template <class T>
NNFAST_INLINE T log_of(T x) {
  return log(splat(x))[0];
}

// out = exp(x - max) / sum; returns max and log(sum), whose sum is the log of the sum of exponentials.
template <class T>
struct Normalizer {
  T maximum, log_sum;
};
template <class T>
NNFAST_INLINE Normalizer<T> softmax_row(index_t columns, const T* x, T* out) {
  const T maximum = maximum_of_row(columns, x);
  const T sum =
      sum_of_exponentials(columns, x, maximum, [&](auto piece, vec<T> term) { piece.store(out + piece.offset, term); });
  const vec<T> sums = splat(sum);
  for_each_piece<T>(columns, [&](auto piece) {
    T* at = out + piece.offset;
    piece.store(at, piece.load(at) / sums);
  });
  return {maximum, log_of(sum)};
}

template <class T>
NNFAST_INLINE Normalizer<T> normalizer_of_row(index_t columns, const T* x) {
  const T maximum = maximum_of_row(columns, x);
  return {maximum, log_of(sum_of_exponentials(columns, x, maximum, [](auto, vec<T>) {}))};
}

template <class T>
void softmax(index_t rows, index_t columns, const T* x, T* out) {
  for (index_t r = 0; r < rows; ++r, x += columns, out += columns) softmax_row(columns, x, out);
}

template <class T>
void log_softmax(index_t rows, index_t columns, const T* x, T* out) {
  for (index_t r = 0; r < rows; ++r, x += columns, out += columns) {
    const auto [maximum, log_sum] = normalizer_of_row(columns, x);
    const vec<T> maxima = splat(maximum), log_sums = splat(log_sum);
    for_each_piece<T>(columns, [&](auto piece) {
      piece.store(out + piece.offset, (piece.load(x + piece.offset) - maxima) - log_sums);
    });
  }
}

template <class T>
index_t sparse_cross_entropy(index_t rows, index_t columns, const T* logits, const std::int64_t* labels, T* loss,
                             T* difference) {
  for (index_t r = 0; r < rows; ++r, logits += columns) {
    if (labels[r] < 0 || labels[r] >= columns) return r;
    const auto [maximum, log_sum] =
        difference != nullptr ? softmax_row(columns, logits, difference) : normalizer_of_row(columns, logits);
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
    const auto [maximum, log_sum] =
        difference != nullptr ? softmax_row(columns, logits, difference) : normalizer_of_row(columns, logits);
    const vec<T> maxima = splat(maximum), log_sums = splat(log_sum), zero{};
    loss[r] = reduce_row<T, Sum>(columns, [&](auto piece) {
      const vec<T> target = piece.load(targets + piece.offset);
      const vec<T> term = target * (log_sums - (piece.load(logits + piece.offset) - maxima));
      return select(target == zero, zero, term);  // a class that is no target may have a logit of -infinity
    });
    if (difference == nullptr) continue;
    const vec<T> total =
        splat(reduce_row<T, Sum>(columns, [&](auto piece) { return piece.load(targets + piece.offset); }));
    for_each_piece<T>(columns, [&](auto piece) {
      T* at = difference + piece.offset;
      piece.store(at, piece.load(at) * total - piece.load(targets + piece.offset));
    });
    difference += columns;
  }
}

}  // namespace nnfast::NNFAST_ISA
