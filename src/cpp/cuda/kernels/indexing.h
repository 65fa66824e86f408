// Rows whose numbers are computed, and the order of values.
#pragma once

#include "cuda/kernels/movement.h"
#include "cuda/kernels/warp.h"

namespace nnfast::cuda {

NNFAST_INLINE index_t index_at(const Frame& frame, int buffer, DType dtype, index_t i) {
  return dtype == DType::int32 ? index_t{at<std::int32_t>(frame, buffer)[i]}
                               : index_t{at<std::int64_t>(frame, buffer)[i]};
}

// One block looks at all numbers, so that of several faults the first is kept.
NNFAST_INLINE void run(const Frame& frame, const Check& c, DType dtype, Share) {
  double first = static_cast<double>(c.count);
  for (index_t i = thread_number(); i < c.count; i += block_threads) {
    const index_t number = index_at(frame, c.numbers, dtype, i);
    const bool right = number < c.limit && number >= (c.labels ? 0 : -c.limit);
    if (!right && static_cast<double>(i) < first) first = static_cast<double>(i);
  }
  const Shared<double> found = shared_memory<double>(0, warps);
  first = across_warp<double, Minimum>(first);
  if (lane_number() == 0) found[warp_number()] = first;
  __syncthreads();
  if (thread_number() > 0) return;
  for (int w = 1; w < warps; ++w) first = minimum(first, static_cast<double>(found[w]));
  const auto row = static_cast<index_t>(first);
  if (row == c.count || frame.state->fault.is_there != 0) return;
  frame.state->fault = {1, c.labels ? 1 : 0, row, index_at(frame, c.numbers, dtype, row), c.limit};
}

NNFAST_INLINE void run(const Frame& frame, const Take& t, DType dtype, DType index_dtype, Share share) {
  for_size(dtype, [&](auto bits) {
    using Bits = decltype(bits);
    const auto x = at<Bits>(frame, t.x), out = at<Bits>(frame, t.out);
    share.elements(t.outer * t.count * t.inner, [&](index_t i) {
      const index_t line = i / t.inner, number = line % (t.count * t.lists);
      const index_t row = row_of(index_at(frame, t.indices, index_dtype, number), t.length);
      if (row >= 0) out[i] = +x[(line / t.count * t.length + row) * t.inner + i % t.inner];
    });
  });
}

// each(i, row), for all threads of the block, with those of `count` numbers, in order, that name rows begin ..
// begin + size - 1: row_at(i) is the row that number i names.
template <class RowAt, class Each>
NNFAST_INLINE void for_each_hit(index_t count, index_t begin, index_t size, RowAt row_at, Each each) {
  const Shared<std::uint32_t> hits = shared_memory<std::uint32_t>(0, warps);
  const Shared<int> rows = shared_memory<int>(sizeof(std::uint32_t) * warps, block_threads);
  for (index_t first = 0; first < count; first += block_threads) {
    const index_t i = first + thread_number(), row = i < count ? row_at(i) : -1;
    const bool hit = row >= begin && row < begin + size;
    __syncthreads();  // those before have been read
    const std::uint32_t votes = __ballot_sync(all_lanes, hit);
    if (lane_number() == 0) hits[warp_number()] = votes;
    rows[thread_number()] = static_cast<int>(row - begin);
    __syncthreads();
    for (int w = 0; w < warps; ++w) {
      for (std::uint32_t left = hits[w]; left != 0; left &= left - 1) {
        const int one = w * warp_threads + __ffs(left) - 1;
        each(first + one, begin + rows[one]);
      }
    }
  }
}

// A unit is a range of one table's rows: it looks at all indices, and combines what belongs into its range. A thread
// has the same columns of all rows, so that it alone knows them.
template <class T, class Combine>
NNFAST_INLINE void scatter_as(const Frame& frame, const Scatter& s, DType index_dtype, Share share) {
  const auto x = at<T>(frame, s.x), out = at<T>(frame, s.out);
  const index_t ranges = divide_up(s.length, s.range);
  share.of(s.outer * ranges, [&](index_t unit) {
    const index_t outer = unit / ranges, begin = unit % ranges * s.range;
    const index_t size = s.length - begin < s.range ? s.length - begin : s.range;
    const auto table = out + outer * s.length * s.inner, source = x + outer * s.count * s.inner;
    const int thread = thread_number();
    for (index_t c = thread; c < s.inner; c += block_threads) {
      for (index_t row = begin; row < begin + size; ++row) table[row * s.inner + c] = static_cast<T>(Combine::identity);
    }
    const auto row_at = [&](index_t i) {
      return row_of(index_at(frame, s.indices, index_dtype, outer % s.lists * s.count + i), s.length);
    };
    for_each_hit(s.count, begin, size, row_at, [&](index_t i, index_t row) {
      const auto result = table + row * s.inner, from = source + i * s.inner;
      for (index_t c = thread; c < s.inner; c += block_threads) {
        result[c] = Combine::combine(static_cast<T>(result[c]), static_cast<T>(from[c]));
      }
    });
  });
}

template <class T>
NNFAST_INLINE void run(const Frame& frame, const Scatter& s, DType index_dtype, Share share) {
  switch (s.kind) {
    case Reduction::sum:
      return scatter_as<T, Sum>(frame, s, index_dtype, share);
    case Reduction::maximum:
      return scatter_as<T, Maximum>(frame, s, index_dtype, share);
    case Reduction::minimum:
      return scatter_as<T, Minimum>(frame, s, index_dtype, share);
    default:
      return scatter_as<T, Product>(frame, s, index_dtype, share);
  }
}

// Whether column a comes before column b: least values first, NaN last, equal ones as they are.
template <class T>
NNFAST_INLINE bool comes_before(Global<const T> values, std::int32_t a, std::int32_t b) {
  const T left = values[a], right = values[b];
  if (left < right || right < left) return left < right;
  const bool left_is_nan = left != left, right_is_nan = right != right;
  return left_is_nan == right_is_nan ? a < b : right_is_nan;
}

// Merges neighbouring runs of `width` columns each: a column's place in both together is its place in its own, and how
// many of the other come before it.
template <class T>
NNFAST_INLINE void merge(Global<const T> values, Global<std::int32_t> from, Global<std::int32_t> to, index_t columns,
                         index_t width) {
  for (index_t i = thread_number(); i < columns; i += block_threads) {
    const index_t both = i / (2 * width) * (2 * width), middle = both + width;
    const bool is_left = i < middle;
    const std::int32_t column = from[i];
    index_t low = is_left ? (middle < columns ? middle : columns) : both;
    const index_t begin = low, end = both + 2 * width < columns ? both + 2 * width : columns;
    index_t high = is_left ? end : middle;
    while (low < high) {
      const index_t half = (low + high) / 2;
      if (comes_before<T>(values, from[half], column)) {
        low = half + 1;
      } else {
        high = half;
      }
    }
    to[both + (i - (is_left ? both : middle)) + (low - begin)] = column;
  }
}

template <class T>
NNFAST_INLINE void run(const Frame& frame, const ArgSort& s, Share share) {
  int passes = 0;
  for (index_t width = 1; width < s.columns; width *= 2) ++passes;
  share.of(s.rows, [&](index_t row) {
    const Global<const T> values = at<T>(frame, s.x) + row * s.columns;
    Global<std::int32_t> from = at<std::int32_t>(frame, passes % 2 == 0 ? s.out : s.scratch) + row * s.columns;
    Global<std::int32_t> to = at<std::int32_t>(frame, passes % 2 == 0 ? s.scratch : s.out) + row * s.columns;
    for (index_t i = thread_number(); i < s.columns; i += block_threads) {
      from[i] = static_cast<std::int32_t>(i);
    }
    for (index_t width = 1; width < s.columns; width *= 2) {
      __syncthreads();
      merge<T>(values, from, to, s.columns, width);
      const auto before = from;
      from = to;
      to = before;
    }
  });
}

}  // namespace nnfast::cuda
