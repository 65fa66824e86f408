// vec<T>: as many T as one register of the instruction set holds, with the operators of the language.
//
// Everything under simd/ and every kernel is compiled once per instruction set, in the namespace nnfast::NNFAST_ISA.
// The linker merges inline functions and templates of equal name, whatever flags they were compiled with: so nothing
// here may call a std:: function or one of another namespace, or the baseline could end up running AVX-512 code.
#pragma once

#include <cstdint>

#include "base/types.h"
#include "simd/format.h"

#if !defined(NNFAST_ISA) || !defined(NNFAST_VECTOR_BYTES)
#error "compile with NNFAST_ISA (a namespace) and NNFAST_VECTOR_BYTES (16, 32 or 64)"
#endif

// Small functions that must not become calls: a call would empty the registers around it.
#define NNFAST_INLINE [[gnu::always_inline]] inline

namespace nnfast::NNFAST_ISA {

template <class T>
struct VectorOf {
  typedef T type __attribute__((vector_size(NNFAST_VECTOR_BYTES)));
};
template <class T>
using vec = typename VectorOf<T>::type;

template <class T>
constexpr index_t lanes = NNFAST_VECTOR_BYTES / static_cast<index_t>(sizeof(T));

template <class T>
using mask = vec<typename Format<T>::signed_bits>;
template <class T>
using bits_of = vec<typename Format<T>::bits>;

// The element type of a vector type.
template <class V>
struct ElementOf {
  template <class T>
  static T value(T);
  static V any();
  using type = decltype(value(any()[0]));
};
template <class V>
using element = typename ElementOf<V>::type;

// The same bits under another type of vector.
template <class To, class From>
NNFAST_INLINE To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From), "a vector keeps its size");
  return reinterpret_cast<To>(from);
}

template <class T>
NNFAST_INLINE vec<T> splat(T value) {
  return value - vec<T>{};  // x - 0 is x, also for -0; compiles to one broadcast
}

template <class V>
NNFAST_INLINE element<V> first_lane(V value) {
  return value[0];
}

template <class Mask, class V>
NNFAST_INLINE V select(Mask which, V yes, V no) {
  return which ? yes : no;
}

template <class T>
NNFAST_INLINE vec<T> load(const T* from) {
  vec<T> value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

template <class T>
NNFAST_INLINE void store(T* to, vec<T> value) {
  __builtin_memcpy(to, &value, sizeof value);
}

// 0, 1, 2, ... as integers as wide as T.
template <class T>
NNFAST_INLINE mask<T> lane_numbers() {
  mask<T> numbers{};
  for (int i = 0; i < lanes<T>; ++i) numbers[i] = i;
  return numbers;
}

// All bits set in the first `count` lanes.
template <class T>
NNFAST_INLINE mask<T> first_lanes(index_t count) {
  return lane_numbers<T>() < static_cast<typename Format<T>::signed_bits>(count);
}

}  // namespace nnfast::NNFAST_ISA

#include "simd/intrinsics.h"
