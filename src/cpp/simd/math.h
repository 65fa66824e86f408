// Elementary functions over vectors of float and double, or on a GPU over single numbers.
//
// Bounds on the error in units in the last place (ULP), float and double; tests/cpp/math_test.cpp sweeps them on every
// instruction set:
//
//   exp 1.5, expm1 2.5, log 1, log1p 1, tanh 3, sigmoid 3, erf 1.5, erfc 6; sqrt and divide 0.5, rsqrt 1.5;
//   floor, ceil, round, round_to exact; what stands in simd/library.h: the C library's, lane by lane
//
// Infinities, NaN, zeros and results that overflow or underflow are as in the C library.
#pragma once

#include "simd/words.h"

namespace nnfast::NNFAST_ISA {

template <class V>
NNFAST_INLINE V splat_as(element<V> value) {
  return splat<element<V>>(value);
}

template <class V>
NNFAST_INLINE V sign_bit() {
  return splat_as<V>(element<V>(-0.0));
}

template <class V>
NNFAST_INLINE V absolute(V a) {
  using Bits = bits_of<element<V>>;
  return bits_as<V>(bits_as<Bits>(a) & ~bits_as<Bits>(sign_bit<V>()));
}

// The magnitude of a (not negative) with the sign of b.
template <class V>
NNFAST_INLINE V with_sign_of(V a, V b) {
  using Bits = bits_of<element<V>>;
  return bits_as<V>(bits_as<Bits>(a) | (bits_as<Bits>(b) & bits_as<Bits>(sign_bit<V>())));
}

// NaN where either is NaN. Against a constant this is one instruction.
template <class V>
NNFAST_INLINE V maximum(V a, V b) {
  return select(b != b, b, select(b > a, b, a));
}
template <class V>
NNFAST_INLINE V minimum(V a, V b) {
  return select(b != b, b, select(b < a, b, a));
}

// -1, 0 or 1; NaN stays NaN.
template <class V>
NNFAST_INLINE V sign(V a) {
  const V zero{}, one = splat_as<V>(1);
  return select(a > zero, one, select(a < zero, -one, a));
}

// 2^mantissa_bits: adding and taking it away again rounds to an integer, ties to even.
template <class V>
NNFAST_INLINE V rounding_magic() {
  return splat_as<V>(element<V>(std::uint64_t{1} << Format<element<V>>::mantissa_bits));
}

template <class V>
NNFAST_INLINE V round(V a) {
  const V magic = rounding_magic<V>(), magnitude = absolute(a);
  return select(magnitude < magic, with_sign_of((magnitude + magic) - magic, a), a);
}

template <class V>
NNFAST_INLINE V floor(V a) {
  const V zero{}, one = splat_as<V>(1), nearest = round(a);
  return nearest - select(nearest > a, one, zero);
}

// The nearest number that a type of half precision holds, ties to even.
template <class Half, class V>
NNFAST_INLINE V round_to(V a) {
  using T = element<V>;
  using Bits = bits_of<T>;
  constexpr int dropped = Format<T>::mantissa_bits - Half::mantissa_bits,
                smallest_exponent = 1 - Half::largest_exponent;
  constexpr typename Format<T>::bits unit = 1, last = unit << dropped;
  // 2^n, and the largest number there is.
  const auto power = [](int n) {
    return bits_as<V>(Bits{} + (typename Format<T>::bits(n + Format<T>::exponent_bias) << Format<T>::mantissa_bits));
  };
  const V most = power(Half::largest_exponent) * splat_as<V>(T(2) - T(1) / T(1 << Half::mantissa_bits));
  const V infinity = power(Format<T>::exponent_bias + 1);
  const V magnitude = absolute(a);
  // Carries run from what is dropped into the mantissa, and from there into the exponent.
  const Bits bits = bits_as<Bits>(magnitude);
  V rounded = bits_as<V>((bits + (((bits >> dropped) & unit) + (last / 2 - 1))) & ~(Bits{} + (last - 1)));
  // Below the smallest exponent all numbers are as far apart as at it.
  const V magic = power(smallest_exponent + dropped);
  rounded = select(magnitude < power(smallest_exponent), (magnitude + magic) - magic, rounded);
  rounded = select(rounded > most, infinity, rounded);
  return select(a != a, a, with_sign_of(rounded, a));
}

// The nearest integer for |a| below 2^(mantissa_bits - 2).
template <class V>
NNFAST_INLINE V round_small(V a) {
  const V magic = rounding_magic<V>() * element<V>(1.5);
  return (a + magic) - magic;
}

// 2^n for an integer n between the format's smallest and largest normal exponents.
template <class V>
NNFAST_INLINE V power_of_two(V n) {
  using T = element<V>;
  const V biased = n + (rounding_magic<V>() * T(1.5) + T(Format<T>::exponent_bias));
  return bits_as<V>(bits_as<bits_of<T>>(biased) << Format<T>::mantissa_bits);
}

// a * 2^n in two exact steps but for the last rounding, so that n may reach past the format at both ends.
template <class V>
NNFAST_INLINE V scale(V a, V n) {
  const V half = round_small(n * element<V>(0.5));
  return a * power_of_two(half) * power_of_two(n - half);
}

// coefficients[0] + coefficients[1] x + ...
template <class V, int count>
NNFAST_INLINE V polynomial(V x, const element<V> (&coefficients)[count]) {
  V sum = splat_as<V>(coefficients[count - 1]);
#pragma GCC unroll 32
  for (int i = count - 2; i >= 0; --i) sum = fma(sum, x, splat_as<V>(coefficients[i]));
  return sum;
}

// x = n ln 2 + r with |r| <= ln 2 / 2. ln2_high has so few bits that n * ln2_high is exact.
template <class T>
struct Ln2;
template <>
struct Ln2<float> {
  static constexpr float inverse = 1.44269504f, high = 0.693359375f, low = -2.12194440e-4f;
};
template <>
struct Ln2<double> {
  static constexpr double inverse = 1.4426950408889634, high = 0.69314718036912382, low = 1.9082149292705877e-10;
};

template <class V>
struct Reduced {
  V n, r;
};

template <class V>
NNFAST_INLINE Reduced<V> reduce_by_ln2(V x) {
  using L = Ln2<element<V>>;
  const V n = round_small(x * L::inverse);
  return {n, fma(n, splat_as<V>(-L::low), fma(n, splat_as<V>(-L::high), x))};
}

// (e^r - 1 - r) / r^2 on the reduced range: 1/2! + r/3! + r^2/4! + ...; the first term left out is below ULP / 16.
template <class V>
NNFAST_INLINE V exp_tail(V r) {
  using T = element<V>;
  if constexpr (sizeof(T) == 4) {
    constexpr T series[] = {1.0f / 2, 1.0f / 6, 1.0f / 24, 1.0f / 120, 1.0f / 720, 1.0f / 5040};
    return polynomial(r, series);
  } else {
    constexpr T series[] = {1.0 / 2,       1.0 / 6,        1.0 / 24,        1.0 / 120,
                            1.0 / 720,     1.0 / 5040,     1.0 / 40320,     1.0 / 362880,
                            1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};
    return polynomial(r, series);
  }
}

// Limits chosen past the ends where the result is 0, -1 or infinite; NaN passes the comparisons unchanged.
template <class V>
NNFAST_INLINE V clamp(V x, element<V> low, element<V> high) {
  const V least = splat_as<V>(low), most = splat_as<V>(high);
  x = select(x < least, least, x);
  return select(x > most, most, x);
}

template <class V>
NNFAST_INLINE V exp(V x) {
  using T = element<V>;
  const auto [n, r] = reduce_by_ln2(clamp(x, sizeof(T) == 4 ? T(-104) : T(-746), sizeof(T) == 4 ? T(89) : T(710)));
  return scale(fma(r * r, exp_tail(r), r) + T(1), n);
}

// (e^r - 1 + (1 - 2^-n)) 2^n: no digit is lost near 0, where n is 0.
template <class V>
NNFAST_INLINE V expm1(V x) {
  using T = element<V>;
  const auto [n, r] = reduce_by_ln2(clamp(x, sizeof(T) == 4 ? T(-20) : T(-40), sizeof(T) == 4 ? T(89) : T(710)));
  const V rest = T(1) - power_of_two(clamp(-n, T(-100), T(100)));
  return scale(fma(r * r, exp_tail(r), r) + rest, n);
}

// log(x (1 + d)) for x > 0 and d below an ULP: x = 2^e m with m in [sqrt(1/2), sqrt(2)), f = m - 1, s = f / (2 + f);
// log m = 2 atanh(s) = f - s (f - R(s)), written so that f is added last.
template <class V>
NNFAST_INLINE V log_with(V x, V d) {
  using T = element<V>;
  using F = Format<T>;
  using Bits = bits_of<T>;
  using L = Ln2<T>;
  constexpr int m = F::mantissa_bits;
  const V one = splat_as<V>(1), zero{}, smallest_normal = power_of_two(splat_as<V>(1 - F::exponent_bias));
  const mask<T> subnormal = x < smallest_normal;
  const V scaled = select(subnormal, x * T(std::uint64_t{1} << (m + 1)), x);
  // Bits of sqrt(1/2): counting the mantissa from there splits x into e and m.
  const Bits root_half = bits_as<Bits>(splat_as<V>(T(0.70710678118654752)));
  const Bits one_bits = bits_as<Bits>(one);
  const Bits above = bits_as<Bits>(scaled) - root_half;
  const Bits fraction = above & ((typename F::bits{1} << m) - 1);
  // e, made positive by the bias, as the low bits of a number of exponent m.
  const Bits biased_exponent = (above + one_bits) >> m;
  const V magic = rounding_magic<V>();
  const V e = bits_as<V>(biased_exponent | bits_as<Bits>(magic)) - (magic + T(F::exponent_bias)) -
              select(subnormal, splat_as<V>(T(m + 1)), zero);
  const V f = bits_as<V>(fraction + root_half) - one;
  const V s = f / (f + T(2)), square = s * s, half_square = f * f * T(0.5);
  V series;
  if constexpr (sizeof(T) == 4) {
    constexpr T atanh_series[] = {2.0f / 3, 2.0f / 5, 2.0f / 7, 2.0f / 9};
    series = square * polynomial(square, atanh_series);
  } else {
    constexpr T atanh_series[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11,
                                  2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21};
    series = square * polynomial(square, atanh_series);
  }
  const V low = fma(e, splat_as<V>(L::low), d);
  return fma(e, splat_as<V>(L::high), f - (half_square - fma(s, half_square + series, low)));
}

// -infinity at 0, NaN below it, and infinity and NaN as they come.
template <class V>
NNFAST_INLINE V log_or_limit(V x, V log_x) {
  using T = element<V>;
  const V zero{}, infinity = splat_as<V>(T(__builtin_inf()));
  const V limit = select(x == zero, -infinity, select(x < zero, splat_as<V>(T(__builtin_nan(""))), x));
  return select((x > zero) & (x < infinity), log_x, limit);
}

template <class V>
NNFAST_INLINE V log(V x) {
  const V zero{};
  return log_or_limit(x, log_with(x, zero));
}

template <class V>
NNFAST_INLINE V log1p(V x) {
  const V one = splat_as<V>(1), sum = one + x;
  // What the addition rounded away (Knuth's two-sum).
  const V part = sum - one;
  const V lost = (one - (sum - part)) + (x - part);
  return log_or_limit(sum, log_with(sum, lost / sum));
}

// e^2|x| - 1 over e^2|x| + 1; past the limit the result rounds to 1.
template <class V>
NNFAST_INLINE V tanh(V x) {
  using T = element<V>;
  const V magnitude = clamp(absolute(x), T(0), sizeof(T) == 4 ? T(10) : T(20));
  const V grown = expm1(magnitude + magnitude);
  return with_sign_of(grown / (grown + T(2)), x);
}

// 1 / (1 + e^-x), and e^x / (1 + e^x) below 0, so that neither side overflows.
template <class V>
NNFAST_INLINE V sigmoid(V x) {
  using T = element<V>;
  const V zero{}, shrunk = exp(-absolute(x));
  return select(x < zero, shrunk, splat_as<V>(T(1))) / (shrunk + T(1));
}

// erf(x) - x for |x| < 1: x times a polynomial in x^2, like that of erfc_tail fitted by Chebyshev interpolation.
template <class V>
NNFAST_INLINE V erf_beyond_x(V x) {
  using T = element<V>;
  const V square = x * x;
  if constexpr (sizeof(T) == 4) {
    constexpr T fitted[] = {0.1283791658f,   -0.3761262667f,   0.1128359472f,  -0.02685421201f,
                            5.189087423e-3f, -8.016864287e-4f, 7.875875063e-5f};
    return x * polynomial(square, fitted);
  } else {
    constexpr T fitted[] = {0.128379167095512574,    -0.376126389031837481,   0.112837916709548787,
                            -0.0268661706450767932,  5.22397762481801447e-3,  -8.54832698083378991e-4,
                            1.20553311116427109e-4,  -1.49255952668311816e-5, 1.64610004841213680e-6,
                            -1.63503127010546950e-7, 1.46597752740474358e-8,  -1.13728488567916737e-9,
                            5.95717614774891140e-11};
    return x * polynomial(square, fitted);
  }
}

// erfc(x) for x >= 1: e^(-x^2) / (x + k) times a polynomial in t = (x - k) / (x + k).
template <class V>
NNFAST_INLINE V erfc_tail(V x) {
  using T = element<V>;
  using Bits = bits_of<T>;
  constexpr T k = sizeof(T) == 4 ? T(1) : T(2);
  x = clamp(x, T(1), sizeof(T) == 4 ? T(10.25) : T(27.5));
  const V one = splat_as<V>(1), reciprocal = one / (x + k), t = fma(reciprocal, splat_as<V>(T(-2) * k), one);
  V series;
  if constexpr (sizeof(T) == 4) {
    constexpr T fitted[] = {0.8551671521f,  -0.2376808438f,   -0.09555910343f, 0.01395268561f,  0.02501909517f,
                            0.01145412256f, -7.156219839e-3f, 7.609470186e-3f, -0.01478720957f, 6.174491715e-3f};
    series = polynomial(t, fitted);
  } else {
    constexpr T fitted[] = {
        1.02158270524202298,     -0.687160684413810579,   0.279472092556054305,    -0.0364422315068825212,
        -0.0215106618894189656,  6.47918506796440919e-3,  3.09061205492389318e-3,  -8.37296064790445522e-4,
        -6.63073373316117353e-4, 3.43712724600818656e-5,  1.44468717560991610e-4,  3.41543753411184224e-5,
        -2.16832785903949331e-5, -1.61879458864675710e-5, -1.10564897679886929e-6, 3.97146824819612396e-6,
        1.38900985468229161e-6,  -1.04622263208852642e-7, 1.19431270314084344e-6,  -2.97732364425466786e-6,
        1.79603951712840490e-6,  -3.50501296235817457e-7};
    series = polynomial(t, fitted);
  }
  // x^2 rounds, and the exponential would multiply its error by x^2: the rest of it (Dekker's product) joins r.
  constexpr auto low_bits = (typename Format<T>::bits{1} << (Format<T>::mantissa_bits / 2 + 1)) - 1;
  const V high = bits_as<V>(bits_as<Bits>(x) & ~low_bits), low = x - high, square = x * x;
  const V rest = ((high * high - square) + T(2) * high * low) + low * low;
  const auto [n, reduced] = reduce_by_ln2(-square);
  const V r = reduced - rest;
  return scale((fma(r * r, exp_tail(r), r) + one) * reciprocal * series, n);
}

template <class V>
NNFAST_INLINE V erf(V x) {
  using T = element<V>;
  const V magnitude = absolute(x);
  return select(magnitude < T(1), x + erf_beyond_x(x), with_sign_of(T(1) - erfc_tail(magnitude), x));
}

// 1 - erf(x), without the cancellation: 1 - x is exact where it counts.
template <class V>
NNFAST_INLINE V erfc(V x) {
  using T = element<V>;
  const V zero{}, magnitude = absolute(x), tail = erfc_tail(magnitude);
  return select(magnitude < T(1), (T(1) - x) - erf_beyond_x(x), select(x < zero, T(2) - tail, tail));
}

}  // namespace nnfast::NNFAST_ISA
