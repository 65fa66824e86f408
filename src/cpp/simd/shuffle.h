// Lanes moved between vectors: interleaving, transposition of square blocks, and sums across lanes.
#pragma once

#include "simd/vec.h"

namespace nnfast::NNFAST_ISA {

// Lane numbers as template arguments (std::make_index_sequence would do, but for being std::).
template <int... numbers>
struct Lanes {};
template <int count, int... numbers>
struct LanesUpTo : LanesUpTo<count - 1, count - 1, numbers...> {};
template <int... numbers>
struct LanesUpTo<0, numbers...> {
  using type = Lanes<numbers...>;
};
template <class V>
using lanes_of = typename LanesUpTo<static_cast<int>(sizeof(V) / sizeof(element<V>))>::type;

// a0 b0 a1 b1 ... from the first halves, and from the second halves.
template <class V, int... i>
NNFAST_INLINE V interleave_first(V a, V b, Lanes<i...>) {
  constexpr int n = sizeof...(i);
  return __builtin_shufflevector(a, b, (i / 2 + (i % 2) * n)...);
}
template <class V, int... i>
NNFAST_INLINE V interleave_second(V a, V b, Lanes<i...>) {
  constexpr int n = sizeof...(i);
  return __builtin_shufflevector(a, b, (n / 2 + i / 2 + (i % 2) * n)...);
}

// Transposes as many vectors as they have lanes, in log2(lanes) rounds: each interleaves row i with row i + n/2.
template <class T>
NNFAST_INLINE void transpose(vec<T>* rows) {
  constexpr int n = static_cast<int>(lanes<T>);
  vec<T> next[n];
#pragma GCC unroll 4
  for (int round = 1; round < n; round *= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < n / 2; ++i) {
      next[2 * i] = interleave_first(rows[i], rows[i + n / 2], lanes_of<vec<T>>{});
      next[2 * i + 1] = interleave_second(rows[i], rows[i + n / 2], lanes_of<vec<T>>{});
    }
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) rows[i] = next[i];
  }
}

template <int step, class V, int... i>
NNFAST_INLINE V shift_down(V a, Lanes<i...>) {
  return __builtin_shufflevector(a, a, ((i + step) % static_cast<int>(sizeof...(i)))...);
}

// Combines all lanes by a fixed tree: halves, quarters, ...
template <class Combine, class V, int step = static_cast<int>(sizeof(V) / sizeof(element<V>)) / 2>
NNFAST_INLINE element<V> across_lanes(V value) {
  if constexpr (step == 0) {
    return value[0];
  } else {
    return across_lanes<Combine, V, step / 2>(Combine::combine(value, shift_down<step>(value, lanes_of<V>{})));
  }
}

}  // namespace nnfast::NNFAST_ISA
