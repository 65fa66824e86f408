// Loads and stores between the types that compute and the types that are stored.
#pragma once

#include "cuda/kernels/thread.h"
#include "kernels/cast.h"

namespace nnfast::cuda {

template <class T, class Stored>
struct Converted {
  NNFAST_INLINE static Stored from(T value) { return saturated<T, Stored>(value); }
};
template <class T>
struct Converted<T, float> {
  NNFAST_INLINE static float from(T value) { return static_cast<float>(value); }
};
template <class T>
struct Converted<T, double> {
  NNFAST_INLINE static double from(T value) { return static_cast<double>(value); }
};
template <class T>
struct Converted<T, Float16> {
  NNFAST_INLINE static Float16 from(T value) { return packed<Float16>(static_cast<float>(round_to<Float16>(value))); }
};
template <class T>
struct Converted<T, BFloat16> {
  NNFAST_INLINE static BFloat16 from(T value) {
    return packed<BFloat16>(static_cast<float>(round_to<BFloat16>(value)));
  }
};

template <class T>
NNFAST_OUTLINE __device__ T load_as(DType dtype, Global<const std::byte> from, index_t i) {
  switch (dtype) {
#define NNFAST_LOAD(identifier, name, type) \
  case DType::identifier:                   \
    return static_cast<T>(castable(of_type<type>(from)[i]));
    NNFAST_DTYPES(NNFAST_LOAD)
#undef NNFAST_LOAD
    default:
      return T(0);
  }
}

template <class T>
NNFAST_OUTLINE __device__ void store_as(DType dtype, T value, Global<std::byte> to, index_t i) {
  if (dtype == DType::boolean) {
    of_type<std::uint8_t>(to)[i] = value != T(0) ? 1 : 0;
    return;
  }
  switch (dtype) {
#define NNFAST_STORE(identifier, name, type)                \
  case DType::identifier:                                   \
    of_type<type>(to)[i] = Converted<T, type>::from(value); \
    break;
    NNFAST_DTYPES(NNFAST_STORE)
#undef NNFAST_STORE
    default:
      break;
  }
}

}  // namespace nnfast::cuda
