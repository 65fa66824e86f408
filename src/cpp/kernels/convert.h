// Between the types that compute and the types that are stored. Plain loops: the compiler vectorises what is worth it.
#pragma once

#include "simd/vec.h"

namespace nnfast::NNFAST_ISA {

template <class T, class Stored>
void load_as(index_t count, const void* x, T* out) {
  const auto* from = static_cast<const Stored*>(x);
  for (index_t i = 0; i < count; ++i) out[i] = static_cast<T>(from[i]);
}

// The range of an integer type: from `least` to below `limit`, both exact as floats.
template <class Integer>
struct Range {
  static constexpr bool is_signed = Integer(-1) < Integer(0);
  static constexpr int bits = 8 * static_cast<int>(sizeof(Integer)) - (is_signed ? 1 : 0);
  static constexpr double limit = 2.0 * static_cast<double>(std::uint64_t{1} << (bits - 1));
  static constexpr double least = is_signed ? -limit : 0.0;
  static constexpr Integer most =
      static_cast<Integer>((std::uint64_t{1} << (bits - 1)) - 1 + (std::uint64_t{1} << (bits - 1)));
};

template <class T, class Integer>
NNFAST_INLINE Integer saturated(T x) {
  using R = Range<Integer>;
  if (!(x > T(R::least))) return x == x ? static_cast<Integer>(R::least) : Integer(0);
  return x >= T(R::limit) ? R::most : static_cast<Integer>(x);
}

template <class T, class Stored>
struct StoreAs {
  static void run(index_t count, const T* x, void* out) {
    auto* to = static_cast<Stored*>(out);
    for (index_t i = 0; i < count; ++i) to[i] = saturated<T, Stored>(x[i]);
  }
};
template <class T>
struct StoreAs<T, float> {
  static void run(index_t count, const T* x, void* out) {
    auto* to = static_cast<float*>(out);
    for (index_t i = 0; i < count; ++i) to[i] = static_cast<float>(x[i]);
  }
};
template <class T>
struct StoreAs<T, double> {
  static void run(index_t count, const T* x, void* out) {
    auto* to = static_cast<double*>(out);
    for (index_t i = 0; i < count; ++i) to[i] = static_cast<double>(x[i]);
  }
};

template <class T>
void store_as_boolean(index_t count, const T* x, void* out) {
  auto* to = static_cast<std::uint8_t*>(out);
  for (index_t i = 0; i < count; ++i) to[i] = x[i] != T(0);
}

}  // namespace nnfast::NNFAST_ISA
