// Operations on whole numbers that are exact for all of their types: on bits, and divisors.
#pragma once

#include <initializer_list>

#include "base/types.h"

namespace nnfast {

template <class T>
constexpr std::uint64_t magnitude(T a) {
  return a < 0 ? 0 - static_cast<std::uint64_t>(a) : static_cast<std::uint64_t>(a);
}

constexpr std::uint64_t greatest_common_divisor(std::uint64_t a, std::uint64_t b) {
  while (b != 0) {
    const std::uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

constexpr std::uint64_t least_common_multiple(std::uint64_t a, std::uint64_t b) {
  return a == 0 || b == 0 ? 0 : a / greatest_common_divisor(a, b) * b;
}

// The list drives the enum, the names Python sees and the instruction: name, expression of the type T over a and b.
// Shifts by more than there are bits leave zeros, or the sign.
#define NNFAST_INTEGER_OPS(X)                                                               \
  X(bitwise_and, a& b)                                                                      \
  X(bitwise_or, a | b)                                                                      \
  X(bitwise_xor, a ^ b)                                                                     \
  X(left_shift, b < 0 || b >= bits ? 0 : static_cast<std::uint64_t>(a) << b)                \
  X(right_shift, b < 0 || b >= bits ? (a < 0 ? -1 : 0) : static_cast<std::int64_t>(a >> b)) \
  X(gcd, greatest_common_divisor(magnitude(a), magnitude(b)))                               \
  X(lcm, least_common_multiple(magnitude(a), magnitude(b)))

enum class IntegerOp : std::uint8_t {
#define NNFAST_INTEGER_OP(name, expression) name,
  NNFAST_INTEGER_OPS(NNFAST_INTEGER_OP)
#undef NNFAST_INTEGER_OP
};
constexpr std::initializer_list<const char*> integer_op_names = {
#define NNFAST_INTEGER_OP(name, expression) #name,
    NNFAST_INTEGER_OPS(NNFAST_INTEGER_OP)
#undef NNFAST_INTEGER_OP
};

}  // namespace nnfast
