// The words of simd/vec.h for single numbers: a GPU's thread is an instruction set whose vectors have one lane. What is
// written in these words, as simd/math.h, gives the same bits here and there.
//
// NNFAST_INLINE comes from cuda/*/device.h.
#pragma once

#include <math.h>

#include <cstdint>
#include <cstring>

#include "base/types.h"
#include "simd/format.h"

namespace nnfast::NNFAST_ISA {

template <class T>
using vec = T;
template <class V>
using element = V;
template <class T>
constexpr index_t lanes = 1;
template <class T>
using mask = bool;
template <class T>
using bits_of = typename Format<T>::bits;

template <class To, class From>
NNFAST_INLINE To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From), "a number keeps its size");
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}

template <class T>
NNFAST_INLINE T splat(T value) {
  return value;
}
template <class T>
NNFAST_INLINE T first_lane(T value) {
  return value;
}
template <class T>
NNFAST_INLINE T select(bool which, T yes, T no) {
  return which ? yes : no;
}
// 1 where true, 0 where false; exact in both float types.
NNFAST_INLINE float as_number(bool which) { return which ? 1.0f : 0.0f; }

NNFAST_INLINE float fma(float a, float b, float c) { return ::fmaf(a, b, c); }
NNFAST_INLINE double fma(double a, double b, double c) { return ::fma(a, b, c); }
NNFAST_INLINE float sqrt(float a) { return ::sqrtf(a); }
NNFAST_INLINE double sqrt(double a) { return ::sqrt(a); }

NNFAST_INLINE std::uint64_t multiply_low(std::uint64_t a, std::uint64_t b) {
  return (a & 0xffffffff) * (b & 0xffffffff);
}
template <class T>
NNFAST_INLINE typename Format<T>::signed_bits lane_numbers() {
  return 0;
}
template <class V>
struct lanes_of {};
template <class V>
NNFAST_INLINE V interleave_first(V a, V, lanes_of<V>) {
  return a;
}
template <class V>
NNFAST_INLINE V interleave_second(V, V b, lanes_of<V>) {
  return b;
}

#define NNFAST_BY_LIBRARY(name, function)             \
  template <class... More>                            \
  NNFAST_INLINE float name(float a, More... more) {   \
    return ::function##f(a, more...);                 \
  }                                                   \
  template <class... More>                            \
  NNFAST_INLINE double name(double a, More... more) { \
    return ::function(a, more...);                    \
  }
NNFAST_BY_LIBRARY(sin, sin)
NNFAST_BY_LIBRARY(cos, cos)
NNFAST_BY_LIBRARY(tan, tan)
NNFAST_BY_LIBRARY(arcsin, asin)
NNFAST_BY_LIBRARY(arccos, acos)
NNFAST_BY_LIBRARY(arctan, atan)
NNFAST_BY_LIBRARY(arctan2, atan2)
NNFAST_BY_LIBRARY(sinh, sinh)
NNFAST_BY_LIBRARY(cosh, cosh)
NNFAST_BY_LIBRARY(arcsinh, asinh)
NNFAST_BY_LIBRARY(arccosh, acosh)
NNFAST_BY_LIBRARY(arctanh, atanh)
NNFAST_BY_LIBRARY(cbrt, cbrt)
NNFAST_BY_LIBRARY(exp2, exp2)
NNFAST_BY_LIBRARY(log2, log2)
NNFAST_BY_LIBRARY(log10, log10)
NNFAST_BY_LIBRARY(power, pow)
NNFAST_BY_LIBRARY(hypot, hypot)
NNFAST_BY_LIBRARY(fmod, fmod)
#undef NNFAST_BY_LIBRARY

}  // namespace nnfast::NNFAST_ISA
