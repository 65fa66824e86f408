// The list in pointwise_ops.inc as function objects.
#pragma once

#include "simd/math.h"

namespace nnfast::NNFAST_ISA {

namespace pointwise_functions {
#define NNFAST_POINTWISE(name, operands, expression)                                                 \
  struct name##_function {                                                                           \
    static constexpr int arity = operands;                                                           \
    template <class V>                                                                               \
    NNFAST_INLINE static V apply([[maybe_unused]] V a, [[maybe_unused]] V b, [[maybe_unused]] V c) { \
      [[maybe_unused]] const V zero{}, one = splat_as<V>(1);                                         \
      return expression;                                                                             \
    }                                                                                                \
  };
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE
}  // namespace pointwise_functions

}  // namespace nnfast::NNFAST_ISA
