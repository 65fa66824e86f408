// What a reduction puts two values together with, and what it gives of none.
#pragma once

#include "simd/math.h"

namespace nnfast::NNFAST_ISA {

struct Sum {
  static constexpr double identity = 0;
  template <class V>
  NNFAST_INLINE static V combine(V a, V b) {
    return a + b;
  }
};
struct Maximum {
  static constexpr double identity = -__builtin_inf();
  template <class V>
  NNFAST_INLINE static V combine(V a, V b) {
    return maximum(a, b);
  }
};
struct Minimum {
  static constexpr double identity = __builtin_inf();
  template <class V>
  NNFAST_INLINE static V combine(V a, V b) {
    return minimum(a, b);
  }
};
struct Product {
  static constexpr double identity = 1;
  template <class V>
  NNFAST_INLINE static V combine(V a, V b) {
    return a * b;
  }
};

}  // namespace nnfast::NNFAST_ISA
