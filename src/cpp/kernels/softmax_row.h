// Softmax and the cross-entropies of one row, its maximum taken off first. Row, Out: pointers to T, or what can be used
// like them.
#pragma once

#include "kernels/combine.h"

namespace nnfast::NNFAST_ISA {

// A row in pieces: vectors of it (simd/loops.h, kernels/reduce.h), or what a warp's threads have (cuda/kernels/warp.h).
template <class T, class Combine, class Value>
NNFAST_INLINE T reduce_row(index_t columns, Value value);
template <class T, class Body>
NNFAST_INLINE void for_each_piece(index_t count, Body body);

template <class T, class Row>
NNFAST_INLINE T maximum_of_row(index_t columns, Row x) {
  return reduce_row<T, Maximum>(columns, [&](auto piece) { return piece.load(x + piece.offset); });
}

// The sum of exp(x - shift) over the row, each term handed to keep(piece, term) too.
template <class T, class Row, class Keep>
NNFAST_INLINE T sum_of_exponentials(index_t columns, Row x, T shift, Keep keep) {
  const vec<T> shifts = splat(shift);
  return reduce_row<T, Sum>(columns, [&](auto piece) {
    const vec<T> term = exp(piece.load(x + piece.offset) - shifts);
    keep(piece, term);
    return term;
  });
}

template <class T>
NNFAST_INLINE T log_of(T x) {
  return first_lane(log(splat(x)));
}

// max and log(sum of exp(x - max)); their sum is the log of the sum of exponentials.
template <class T>
struct Normalizer {
  T maximum, log_sum;
};
template <class T, class Row>
NNFAST_INLINE Normalizer<T> normalizer_of_row(index_t columns, Row x) {
  const T maximum = maximum_of_row<T>(columns, x);
  return {maximum, log_of<T>(sum_of_exponentials<T>(columns, x, maximum, [](auto, vec<T>) {}))};
}

// out = exp(x - max) / sum.
template <class T, class Row, class Out>
NNFAST_INLINE Normalizer<T> softmax_row(index_t columns, Row x, Out out) {
  const T maximum = maximum_of_row<T>(columns, x);
  const T sum = sum_of_exponentials<T>(columns, x, maximum,
                                       [&](auto piece, vec<T> term) { piece.store(out + piece.offset, term); });
  const vec<T> sums = splat(sum);
  for_each_piece<T>(columns, [&](auto piece) {
    const auto at = out + piece.offset;
    piece.store(at, piece.load(at) / sums);
  });
  return {maximum, log_of<T>(sum)};
}

template <class T, class Row, class Out>
NNFAST_INLINE void log_softmax_row(index_t columns, Row x, Out out) {
  const auto [maximum, log_sum] = normalizer_of_row<T>(columns, x);
  const vec<T> maxima = splat(maximum), log_sums = splat(log_sum);
  for_each_piece<T>(columns, [&](auto piece) {
    piece.store(out + piece.offset, (piece.load(x + piece.offset) - maxima) - log_sums);
  });
}

// The normalizer, and the softmax in `difference` where `wants_difference`.
template <class T, class Row, class Out>
NNFAST_INLINE Normalizer<T> normalizer_with(bool wants_difference, index_t columns, Row logits, Out difference) {
  return wants_difference ? softmax_row<T>(columns, logits, difference) : normalizer_of_row<T>(columns, logits);
}

// -sum_c targets[c] log softmax(logits)[c].
template <class T, class Row>
NNFAST_INLINE T cross_entropy_of_row(index_t columns, Row logits, Row targets, Normalizer<T> normalizer) {
  const vec<T> maxima = splat(normalizer.maximum), log_sums = splat(normalizer.log_sum), zero{};
  return reduce_row<T, Sum>(columns, [&](auto piece) {
    const vec<T> target = piece.load(targets + piece.offset);
    const vec<T> term = target * (log_sums - (piece.load(logits + piece.offset) - maxima));
    return select(target == zero, zero, term);  // a class that is no target may have a logit of -infinity
  });
}

// difference = difference * sum_c targets - targets.
template <class T, class Row, class Out>
NNFAST_INLINE void subtract_targets(index_t columns, Row targets, Out difference) {
  const vec<T> total =
      splat(reduce_row<T, Sum>(columns, [&](auto piece) { return piece.load(targets + piece.offset); }));
  for_each_piece<T>(columns, [&](auto piece) {
    const auto at = difference + piece.offset;
    piece.store(at, piece.load(at) * total - piece.load(targets + piece.offset));
  });
}

}  // namespace nnfast::NNFAST_ISA
