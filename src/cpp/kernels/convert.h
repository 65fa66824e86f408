// Between the types that compute and the types that are stored. Plain loops: the compiler vectorises what is worth it.
#pragma once

#include "kernels/cast.h"
#include "simd/loops.h"

namespace nnfast::NNFAST_ISA {

template <class T, class Stored>
void load_as(index_t count, const void* x, T* out) {
  const auto* from = static_cast<const Stored*>(x);
  for (index_t i = 0; i < count; ++i) out[i] = static_cast<T>(castable(from[i]));
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

template <class T, class Half>
struct StoreHalf {
  static void run(index_t count, const T* x, void* out) {
    auto* to = static_cast<Half*>(out);
    for_each_piece<T>(count, [&](auto piece) {
      T rounded[lanes<T>];
      store(rounded, round_to<Half>(piece.load(x + piece.offset)));
      for (index_t i = 0; i < piece.count; ++i) to[piece.offset + i] = packed<Half>(static_cast<float>(rounded[i]));
    });
  }
};
template <class T>
struct StoreAs<T, Float16> : StoreHalf<T, Float16> {};
template <class T>
struct StoreAs<T, BFloat16> : StoreHalf<T, BFloat16> {};

template <class T>
void store_as_boolean(index_t count, const T* x, void* out) {
  auto* to = static_cast<std::uint8_t*>(out);
  for (index_t i = 0; i < count; ++i) to[i] = x[i] != T(0);
}

}  // namespace nnfast::NNFAST_ISA
