// Values that are moved, drawn or taken one by one.
#pragma once

#include "cuda/kernels/convert.h"
#include "kernels/philox.h"

namespace nnfast::cuda {

// body(Bits{}) with an unsigned type as wide as an element: what is only moved has no other type.
template <class Body>
NNFAST_INLINE void for_size(DType dtype, Body body) {
  switch (size_of(dtype)) {
    case 1:
      return body(std::uint8_t{});
    case 2:
      return body(std::uint16_t{});
    case 4:
      return body(std::uint32_t{});
    default:
      return body(std::uint64_t{});
  }
}

NNFAST_INLINE void run(const Frame& frame, const Advance& a, Share) {
  if (thread_number() == 0) frame.state->first_row += a.rows;
}

// One number of the feed, as runtime/feed.cpp converts it: integers go through float64.
NNFAST_INLINE void convert(const Source& source, index_t from, DType to, Global<std::byte> out, index_t i) {
  if (source.dtype == to) {
    for_size(to, [&](auto bits) {
      using Bits = decltype(bits);
      of_type<Bits>(out)[i] = +of_type<Bits>(Global<const std::byte>(source.data))[from];
    });
  } else if (to == DType::float32) {
    store_as<float>(to, load_as<float>(source.dtype, source.data, from), out, i);
  } else {
    store_as<double>(to, load_as<double>(source.dtype, source.data, from), out, i);
  }
}

NNFAST_INLINE void run(const Frame& frame, const Gather& g, DType dtype, Share share) {
  const Source source = frame.sources[g.source];
  const auto out = at<std::byte>(frame, g.out);
  const Global<const index_t> order = source.order;
  const auto sample = [&](index_t row) {
    const index_t number = frame.state->first_row + row;
    return source.order == nullptr ? number : +order[number];
  };
  if (source.starts == nullptr) {
    share.elements(g.rows * g.columns, [&](index_t i) {
      convert(source, sample(i / g.columns) * g.columns + i % g.columns, dtype, out, i);
    });
    return;
  }
  // Rows of a sparse matrix, with their zeros: a block a row.
  const Global<const std::int64_t> starts = source.starts, columns = source.columns;
  share.of(g.rows, [&](index_t row) {
    for_size(dtype, [&](auto bits) {
      const auto zeros = of_type<decltype(bits)>(out) + row * g.columns;
      for (index_t i = thread_number(); i < g.columns; i += block_threads) zeros[i] = decltype(bits){0};
    });
    __syncthreads();
    const index_t number = sample(row), last = starts[number + 1];
    for (index_t i = starts[number] + thread_number(); i < last; i += block_threads) {
      convert(source, i, dtype, out, row * g.columns + columns[i]);
    }
  });
}

NNFAST_INLINE void run(const Frame& frame, const Copy& c, DType dtype, Share share) {
  for_size(dtype, [&](auto bits) {
    using Bits = decltype(bits);
    const auto x = at<Bits>(frame, c.x) + c.x_offset, out = at<Bits>(frame, c.out) + c.out_offset;
    share.elements(c.count, [&](index_t i) {
      out[place_of(frame, i, c.dimensions, c.out_strides)] = +x[place_of(frame, i, c.dimensions, c.x_strides)];
    });
  });
}

template <class T>
NNFAST_INLINE void run(const Frame& frame, const Scan& s, Share share) {
  const auto x = at<T>(frame, s.x), out = at<T>(frame, s.out);
  const auto factors = at<T>(frame, s.factors < 0 ? s.x : s.factors);
  const index_t start = s.reverse ? (s.length - 1) * s.inner : 0, stride = s.reverse ? -s.inner : s.inner;
  share.elements(s.length > 0 ? s.outer * s.inner : 0, [&](index_t line) {
    index_t at = line / s.inner * s.length * s.inner + line % s.inner + start;
    T sum = x[at];
    out[at] = sum;
    for (index_t i = 1; i < s.length; ++i) {
      at += stride;
      sum = x[at] + (s.factors < 0 ? sum : factors[at] * sum);
      out[at] = sum;
    }
  });
}

template <class I, IntegerOp op>
NNFAST_INLINE I integer_op(I a, I b) {
  [[maybe_unused]] constexpr int bits = 8 * sizeof(I);
#define NNFAST_INTEGER_OP(name, expression) \
  if constexpr (op == IntegerOp::name) return static_cast<I>(expression);
  NNFAST_INTEGER_OPS(NNFAST_INTEGER_OP)
#undef NNFAST_INTEGER_OP
}

template <class I>
NNFAST_INLINE void integers(const Frame& frame, const Integers& n, Share share) {
  const auto a = at<I>(frame, n.a), b = at<I>(frame, n.b), out = at<I>(frame, n.out);
  share.elements(n.count, [&](index_t i) {
    const I left = a[i], right = b[i];
    switch (n.op) {
#define NNFAST_INTEGER_OP(name, expression)               \
  case IntegerOp::name:                                   \
    out[i] = integer_op<I, IntegerOp::name>(left, right); \
    break;
      NNFAST_INTEGER_OPS(NNFAST_INTEGER_OP)
#undef NNFAST_INTEGER_OP
    }
  });
}

NNFAST_INLINE void run(const Frame& frame, const Integers& n, DType dtype, Share share) {
  switch (dtype) {
    case DType::int8:
      return integers<std::int8_t>(frame, n, share);
    case DType::uint16:
      return integers<std::uint16_t>(frame, n, share);
    case DType::int16:
      return integers<std::int16_t>(frame, n, share);
    case DType::uint32:
      return integers<std::uint32_t>(frame, n, share);
    case DType::int32:
      return integers<std::int32_t>(frame, n, share);
    case DType::uint64:
      return integers<std::uint64_t>(frame, n, share);
    case DType::int64:
      return integers<std::int64_t>(frame, n, share);
    default:
      return integers<std::uint8_t>(frame, n, share);
  }
}

// Numbers of a Philox block: 24 bits of each word, or 53 of each pair, as in kernels/random.h.
template <class T>
constexpr index_t numbers_of_block = 16 / sizeof(T);
template <class T>
NNFAST_INLINE T random_number_of(const Group& group, index_t i) {
  if constexpr (sizeof(T) == 4) {
    return static_cast<T>(static_cast<std::uint32_t>(group.pairs[i / 2] >> (32 * (i % 2))) >> 8) * 0x1p-24f;
  } else {
    return uniform_from(group.pairs[i], T{});
  }
}
// Number i of a stream.
template <class T>
NNFAST_INLINE T random_number(index_t i, std::uint64_t seed, std::uint64_t stream) {
  const Group group = philox(static_cast<std::uint64_t>(i / numbers_of_block<T>), seed, stream);
  return random_number_of<T>(group, i % numbers_of_block<T>);
}

template <class T>
NNFAST_INLINE void run(const Frame& frame, const Random& r, Share share) {
  const auto state = at<std::uint32_t>(frame, r.state);
  const auto out = at<T>(frame, r.out);
  const std::uint32_t seed = state[0], draw = state[1];
  constexpr index_t count = numbers_of_block<T>;
  share.elements(divide_up(r.count, count), [&](index_t block) {
    const Group group = philox(static_cast<std::uint64_t>(block), seed, draw);
    for (index_t i = 0; i < count && block * count + i < r.count; ++i) {
      out[block * count + i] = random_number_of<T>(group, i);
    }
  });
}

}  // namespace nnfast::cuda
