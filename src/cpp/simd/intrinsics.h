// The few operations that the language's vectors lack: fused multiply-add, square root, part of a vector from and to
// memory, the wide product of integers, whether any lane is set; and how many registers there are. A section per
// instruction set, the last of them plain C++.
#pragma once

#include "simd/vec.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace nnfast::NNFAST_ISA {

// fma(a, b, c): a * b + c, rounded once where the instruction set can, twice where it cannot (baseline).
// load_first(from, n), store_first(to, v, n): the first n lanes only; other lanes load as zero, memory past n is left.
// multiply_low(a, b): the 64-bit products of the low halves of 64-bit lanes.
// any(m): whether a comparison is true in any lane.

#if NNFAST_VECTOR_BYTES == 64

constexpr int registers = 32;

NNFAST_INLINE vec<float> fma(vec<float> a, vec<float> b, vec<float> c) { return _mm512_fmadd_ps(a, b, c); }
NNFAST_INLINE vec<double> fma(vec<double> a, vec<double> b, vec<double> c) { return _mm512_fmadd_pd(a, b, c); }

// The forms with a mask, all lanes set, here and below: gcc 12 warns of the others' undefined third operand.
NNFAST_INLINE vec<float> sqrt(vec<float> a) { return _mm512_maskz_sqrt_ps(0xffff, a); }
NNFAST_INLINE vec<double> sqrt(vec<double> a) { return _mm512_maskz_sqrt_pd(0xff, a); }

NNFAST_INLINE vec<float> load_first(const float* from, index_t n) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1), from);
}
NNFAST_INLINE vec<double> load_first(const double* from, index_t n) {
  return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << n) - 1), from);
}
NNFAST_INLINE void store_first(float* to, vec<float> value, index_t n) {
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << n) - 1), value);
}
NNFAST_INLINE void store_first(double* to, vec<double> value, index_t n) {
  _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1u << n) - 1), value);
}

NNFAST_INLINE vec<std::uint64_t> multiply_low(vec<std::uint64_t> a, vec<std::uint64_t> b) {
  return bits_as<vec<std::uint64_t>>(_mm512_maskz_mul_epu32(0xff, bits_as<__m512i>(a), bits_as<__m512i>(b)));
}

template <class Mask>
NNFAST_INLINE bool any(Mask m) {
  return _mm512_test_epi64_mask(bits_as<__m512i>(m), bits_as<__m512i>(m)) != 0;
}

#elif NNFAST_VECTOR_BYTES == 32

constexpr int registers = 16;

NNFAST_INLINE vec<float> fma(vec<float> a, vec<float> b, vec<float> c) { return _mm256_fmadd_ps(a, b, c); }
NNFAST_INLINE vec<double> fma(vec<double> a, vec<double> b, vec<double> c) { return _mm256_fmadd_pd(a, b, c); }

NNFAST_INLINE vec<float> sqrt(vec<float> a) { return _mm256_sqrt_ps(a); }
NNFAST_INLINE vec<double> sqrt(vec<double> a) { return _mm256_sqrt_pd(a); }

NNFAST_INLINE vec<float> load_first(const float* from, index_t n) {
  return _mm256_maskload_ps(from, bits_as<__m256i>(first_lanes<float>(n)));
}
NNFAST_INLINE vec<double> load_first(const double* from, index_t n) {
  return _mm256_maskload_pd(from, bits_as<__m256i>(first_lanes<double>(n)));
}
NNFAST_INLINE void store_first(float* to, vec<float> value, index_t n) {
  _mm256_maskstore_ps(to, bits_as<__m256i>(first_lanes<float>(n)), value);
}
NNFAST_INLINE void store_first(double* to, vec<double> value, index_t n) {
  _mm256_maskstore_pd(to, bits_as<__m256i>(first_lanes<double>(n)), value);
}

NNFAST_INLINE vec<std::uint64_t> multiply_low(vec<std::uint64_t> a, vec<std::uint64_t> b) {
  return bits_as<vec<std::uint64_t>>(_mm256_mul_epu32(bits_as<__m256i>(a), bits_as<__m256i>(b)));
}

template <class Mask>
NNFAST_INLINE bool any(Mask m) {
  return _mm256_testz_si256(bits_as<__m256i>(m), bits_as<__m256i>(m)) == 0;
}

#else

#if defined(__aarch64__)

constexpr int registers = 32;

NNFAST_INLINE vec<float> fma(vec<float> a, vec<float> b, vec<float> c) { return vfmaq_f32(c, a, b); }
NNFAST_INLINE vec<double> fma(vec<double> a, vec<double> b, vec<double> c) { return vfmaq_f64(c, a, b); }

NNFAST_INLINE vec<float> sqrt(vec<float> a) { return vsqrtq_f32(a); }
NNFAST_INLINE vec<double> sqrt(vec<double> a) { return vsqrtq_f64(a); }

NNFAST_INLINE vec<std::uint64_t> multiply_low(vec<std::uint64_t> a, vec<std::uint64_t> b) {
  return vmull_u32(vmovn_u64(a), vmovn_u64(b));
}

#else

constexpr int registers = 16;

template <class V>
NNFAST_INLINE V fma(V a, V b, V c) {
  return a * b + c;
}

#if defined(__SSE2__)
NNFAST_INLINE vec<float> sqrt(vec<float> a) { return _mm_sqrt_ps(a); }
NNFAST_INLINE vec<double> sqrt(vec<double> a) { return _mm_sqrt_pd(a); }
NNFAST_INLINE vec<std::uint64_t> multiply_low(vec<std::uint64_t> a, vec<std::uint64_t> b) {
  return bits_as<vec<std::uint64_t>>(_mm_mul_epu32(bits_as<__m128i>(a), bits_as<__m128i>(b)));
}
#else
template <class V>
NNFAST_INLINE V sqrt(V a) {
  for (int i = 0; i < lanes<element<V>>; ++i) a[i] = static_cast<element<V>>(__builtin_sqrt(a[i]));
  return a;
}
NNFAST_INLINE vec<std::uint64_t> multiply_low(vec<std::uint64_t> a, vec<std::uint64_t> b) {
  constexpr std::uint64_t low = 0xffffffff;
  return (a & low) * (b & low);
}
#endif

#endif

template <class Mask>
NNFAST_INLINE bool any(Mask m) {
  const auto halves = bits_as<vec<std::uint64_t>>(m);
  return (halves[0] | halves[1]) != 0;
}

template <class T>
NNFAST_INLINE vec<T> load_first(const T* from, index_t n) {
  vec<T> value{};
  for (index_t i = 0; i < n; ++i) value[i] = from[i];
  return value;
}
template <class T>
NNFAST_INLINE void store_first(T* to, vec<T> value, index_t n) {
  for (index_t i = 0; i < n; ++i) to[i] = value[i];
}

#endif

}  // namespace nnfast::NNFAST_ISA
