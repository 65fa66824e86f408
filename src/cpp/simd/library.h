// The C library's functions over vectors, lane by lane, and what is true as a number.
#pragma once

#include "simd/vec.h"

namespace nnfast::NNFAST_ISA {

// Calls the C library for each lane.
#define NNFAST_BY_LANES(name, function)                                                              \
  template <class V, class... More>                                                                  \
  NNFAST_INLINE V name(V a, More... more) {                                                          \
    for (int i = 0; i < lanes<element<V>>; ++i) {                                                    \
      a[i] = sizeof(element<V>) == 4                                                                 \
                 ? element<V>(function##f(static_cast<float>(a[i]), static_cast<float>(more[i])...)) \
                 : element<V>(function(static_cast<double>(a[i]), static_cast<double>(more[i])...)); \
    }                                                                                                \
    return a;                                                                                        \
  }
NNFAST_BY_LANES(sin, __builtin_sin)
NNFAST_BY_LANES(cos, __builtin_cos)
NNFAST_BY_LANES(tan, __builtin_tan)
NNFAST_BY_LANES(arcsin, __builtin_asin)
NNFAST_BY_LANES(arccos, __builtin_acos)
NNFAST_BY_LANES(arctan, __builtin_atan)
NNFAST_BY_LANES(arctan2, __builtin_atan2)
NNFAST_BY_LANES(sinh, __builtin_sinh)
NNFAST_BY_LANES(cosh, __builtin_cosh)
NNFAST_BY_LANES(arcsinh, __builtin_asinh)
NNFAST_BY_LANES(arccosh, __builtin_acosh)
NNFAST_BY_LANES(arctanh, __builtin_atanh)
NNFAST_BY_LANES(cbrt, __builtin_cbrt)
NNFAST_BY_LANES(exp2, __builtin_exp2)
NNFAST_BY_LANES(log2, __builtin_log2)
NNFAST_BY_LANES(log10, __builtin_log10)
NNFAST_BY_LANES(power, __builtin_pow)
NNFAST_BY_LANES(hypot, __builtin_hypot)
NNFAST_BY_LANES(fmod, __builtin_fmod)
#undef NNFAST_BY_LANES

// 1 where true, 0 where false, in the floating-point type as wide as the mask's elements.
template <int bytes>
struct FloatOf {
  using type = float;
};
template <>
struct FloatOf<8> {
  using type = double;
};
template <class Mask>
NNFAST_INLINE auto as_number(Mask which) {
  using T = typename FloatOf<sizeof(element<Mask>)>::type;
  return select(which, splat(T(1)), vec<T>{});
}

}  // namespace nnfast::NNFAST_ISA
