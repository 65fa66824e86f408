// Reductions, and what a warp does along a row. The order in which values are combined is fixed by the shape alone.
#pragma once

#include "cuda/kernels/warp.h"
#include "kernels/softmax_row.h"

namespace nnfast::cuda {

// What the threads of one output have: every `threads`-th value, combined within each warp, then across warps.
template <class T, class Combine>
NNFAST_INLINE void reduce_as(const Frame& frame, const Reduce& r, Share share) {
  const auto x = at<T>(frame, r.x), out = at<T>(frame, r.out);
  const index_t outputs = r.outer * r.inner;
  const auto partial = [&](index_t output, index_t first, index_t step) {
    const index_t from = output / r.inner * r.reduced * r.inner + output % r.inner;
    T sum = static_cast<T>(Combine::identity);
    for (index_t i = first; i < r.reduced; i += step) sum = Combine::combine(sum, +x[from + i * r.inner]);
    return sum;
  };
  if (r.threads == 1) {
    share.elements(outputs, [&](index_t output) { out[output] = partial(output, 0, 1); });
  } else if (r.threads == warp_threads) {
    share.rows(outputs, [&](index_t output) {
      const T sum = across_warp<T, Combine>(partial(output, lane_number(), warp_threads));
      if (lane_number() == 0) out[output] = sum;
    });
  } else {
    const Shared<T> sums = shared_memory<T>(0, warps);
    share.of(outputs, [&](index_t output) {
      const T sum = across_warp<T, Combine>(partial(output, thread_number(), block_threads));
      __syncthreads();  // the sums of the output before this one have been read
      if (lane_number() == 0) sums[warp_number()] = sum;
      __syncthreads();
      if (thread_number() > 0) return;
      T all = sums[0];
      for (int w = 1; w < warps; ++w) all = Combine::combine(all, static_cast<T>(sums[w]));
      out[output] = all;
    });
  }
}

template <class T>
NNFAST_INLINE void run(const Frame& frame, const Reduce& r, Share share) {
  switch (r.kind) {
    case Reduction::sum:
      return reduce_as<T, Sum>(frame, r, share);
    case Reduction::maximum:
      return reduce_as<T, Maximum>(frame, r, share);
    case Reduction::minimum:
      return reduce_as<T, Minimum>(frame, r, share);
    default:
      return reduce_as<T, Product>(frame, r, share);
  }
}

// The extreme first, then the first place where it stands; NaN counts as extreme.
template <class T>
NNFAST_INLINE void run(const Frame& frame, const ArgReduce& r, Share share) {
  const Global<const T> x = at<T>(frame, r.x);
  const auto out = at<std::int32_t>(frame, r.out);
  share.rows(r.rows, [&](index_t row) {
    const Global<const T> values = x + row * r.columns;
    const auto value = [&](auto piece) { return piece.load(values + piece.offset); };
    const T extreme = r.kind == ArgReduction::argmax ? reduce_row<T, Maximum>(r.columns, value)
                                                     : reduce_row<T, Minimum>(r.columns, value);
    const double place = reduce_row<double, Minimum>(r.columns, [&](auto piece) {
      const T number = value(piece);
      const bool is_it = number == extreme || (extreme != extreme && number != number);
      return static_cast<double>(is_it ? piece.offset : r.columns);
    });
    if (lane_number() == 0) out[row] = static_cast<std::int32_t>(place);
  });
}

template <class T>
NNFAST_INLINE void run(const Frame& frame, const Softmax& s, Share share) {
  const Global<const T> x = at<T>(frame, s.x);
  const Global<T> out = at<T>(frame, s.out);
  share.rows(s.rows, [&](index_t row) {
    if (s.logarithm) {
      log_softmax_row<T>(s.columns, x + row * s.columns, out + row * s.columns);
    } else {
      softmax_row<T>(s.columns, x + row * s.columns, out + row * s.columns);
    }
  });
}

template <class T>
NNFAST_INLINE void run(const Frame& frame, const CrossEntropy& c, Share share) {
  const bool wants_difference = c.difference >= 0;
  const Global<const T> all_logits = at<T>(frame, c.logits);
  const Global<T> losses = at<T>(frame, c.loss);
  const Global<T> differences = at<T>(frame, wants_difference ? c.difference : c.loss);
  share.rows(c.rows, [&](index_t row) {
    const Global<const T> logits = all_logits + row * c.columns;
    const Global<T> difference = differences + row * c.columns;
    const int lane = lane_number();
    if (!c.sparse) {
      const Global<const T> targets = at<T>(frame, c.targets) + row * c.columns;
      const Normalizer<T> normalizer = normalizer_with<T>(wants_difference, c.columns, logits, difference);
      const T loss = cross_entropy_of_row<T>(c.columns, logits, targets, normalizer);
      if (lane == 0) losses[row] = loss;
      if (wants_difference) subtract_targets<T>(c.columns, targets, difference);
      return;
    }
    const index_t label = at<std::int64_t>(frame, c.targets)[row];
    if (label < 0 || label >= c.columns) return;  // a Check says so
    const auto [maximum, log_sum] = normalizer_with<T>(wants_difference, c.columns, logits, difference);
    if (lane != label % warp_threads) return;
    losses[row] = log_sum - (logits[label] - maximum);
    if (wants_difference) difference[label] = difference[label] - T(1);
  });
}

}  // namespace nnfast::cuda
