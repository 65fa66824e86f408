// Between the types that compute and the types that are stored, one number.
#pragma once

#include "simd/math.h"

namespace nnfast::NNFAST_ISA {

NNFAST_INLINE float float_of_bits(std::uint32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

// Half precision as float32, which holds all of it.
template <class Half>
NNFAST_INLINE float unpacked(Half half) {
  constexpr int shift = 23 - Half::mantissa_bits;
  constexpr std::uint32_t exponents = 2 * Half::largest_exponent + 1;
  const std::uint32_t sign = static_cast<std::uint32_t>(half.bits & 0x8000) << 16, bits = half.bits & 0x7fff;
  const std::uint32_t exponent = bits >> Half::mantissa_bits;
  const std::uint32_t offset = (exponent == exponents ? 2u : 1u) * (127 - Half::largest_exponent);
  const std::uint32_t normal = (bits << shift) + (offset << 23);
  if constexpr (Half::largest_exponent == 127) return float_of_bits(sign | normal);
  // Of these the exponent says nothing yet: they are whole multiples of the smallest.
  const float below =
      static_cast<float>(bits) * float_of_bits((128u - Half::largest_exponent - Half::mantissa_bits) << 23);
  const float magnitude = exponent == 0 ? below : float_of_bits(normal);
  return sign != 0 ? -magnitude : magnitude;
}

// The other way, for numbers that half precision holds.
template <class Half>
NNFAST_INLINE Half packed(float x) {
  constexpr int shift = 23 - Half::mantissa_bits;
  constexpr std::uint32_t infinity = static_cast<std::uint32_t>(2 * Half::largest_exponent + 1) << Half::mantissa_bits;
  std::uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  const std::uint32_t sign = bits >> 16 & 0x8000;
  bits &= 0x7fffffff;
  std::uint32_t magnitude = (bits >> shift) - ((127u - Half::largest_exponent) << Half::mantissa_bits);
  if constexpr (Half::largest_exponent != 127) {
    constexpr float smallest = 1.0f / (1 << (Half::largest_exponent - 1)), steps = 1 << Half::mantissa_bits;
    const float size = float_of_bits(bits);
    if (size < smallest) magnitude = static_cast<std::uint32_t>(size * (steps / smallest));
    if (bits >= 0x7f800000) magnitude = infinity;
  }
  if (x != x) magnitude = infinity + (1u << (Half::mantissa_bits - 1));
  return {static_cast<std::uint16_t>(sign | magnitude)};
}

// A stored number as one that C casts.
template <class Stored>
NNFAST_INLINE Stored castable(Stored x) {
  return x;
}
NNFAST_INLINE float castable(Float16 x) { return unpacked(x); }
NNFAST_INLINE float castable(BFloat16 x) { return unpacked(x); }

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

}  // namespace nnfast::NNFAST_ISA
