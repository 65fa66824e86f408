// Operations on whole numbers that are exact for all of their types: on bits, and divisors.
#pragma once

#include "runtime/instruction.h"

namespace nnfast {

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

// out = op(a, b), element by element; all of one integer type and one shape.
class IntegersInstruction : public Instruction {
 public:
  IntegersInstruction(DType dtype, IntegerOp op, int a, int b, int out, Dimensions dimensions);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  IntegerOp op_;
  int a_, b_, out_;
  Dimensions dimensions_;
};

}  // namespace nnfast
