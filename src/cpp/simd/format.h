// How floating-point numbers are laid out.
#pragma once

#include <cstdint>

namespace nnfast::NNFAST_ISA {

// What a floating-point element is made of. bits: as wide as T; a comparison of vec<T> gives a vec<signed_bits>.
template <class T>
struct Format;
template <>
struct Format<float> {
  using signed_bits = std::int32_t;
  using bits = std::uint32_t;
  static constexpr int mantissa_bits = 23, exponent_bias = 127;
};
template <>
struct Format<double> {
  using signed_bits = std::int64_t;
  using bits = std::uint64_t;
  static constexpr int mantissa_bits = 52, exponent_bias = 1023;
};

}  // namespace nnfast::NNFAST_ISA
