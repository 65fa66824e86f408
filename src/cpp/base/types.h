// The index type and the element types that every room shares.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nnfast {

using index_t = std::int64_t;

constexpr index_t divide_up(index_t a, index_t b) { return a / b + (a % b != 0 ? 1 : 0); }

// Half precision, as it lies in memory: a sign, an exponent of so many values on either side of 0, and a mantissa.
struct Float16 {
  static constexpr int mantissa_bits = 10, largest_exponent = 15;
  std::uint16_t bits;
};
struct BFloat16 {
  static constexpr int mantissa_bits = 7, largest_exponent = 127;
  std::uint16_t bits;
};

// Element types that buffers and user arrays may have. float32 and float64 compute; the others are stored and cast.
// One list drives the enum, its names and its sizes.
#define NNFAST_HALF_DTYPES(X)  \
  X(float16, float16, Float16) \
  X(bfloat16, bfloat16, BFloat16)
#define NNFAST_FULL_DTYPES(X)      \
  X(boolean, bool, std::uint8_t)   \
  X(uint8, uint8, std::uint8_t)    \
  X(int8, int8, std::int8_t)       \
  X(uint16, uint16, std::uint16_t) \
  X(int16, int16, std::int16_t)    \
  X(uint64, uint64, std::uint64_t) \
  X(int32, int32, std::int32_t)    \
  X(uint32, uint32, std::uint32_t) \
  X(int64, int64, std::int64_t)    \
  X(float32, float32, float)       \
  X(float64, float64, double)
#define NNFAST_DTYPES(X) NNFAST_HALF_DTYPES(X) NNFAST_FULL_DTYPES(X)

enum class DType : std::uint8_t {
#define NNFAST_DTYPE_NAME(identifier, name, type) identifier,
  NNFAST_DTYPES(NNFAST_DTYPE_NAME)
#undef NNFAST_DTYPE_NAME
      count
};

constexpr index_t size_of(DType dtype) {
  constexpr index_t sizes[] = {
#define NNFAST_DTYPE_SIZE(identifier, name, type) sizeof(type),
      NNFAST_DTYPES(NNFAST_DTYPE_SIZE)
#undef NNFAST_DTYPE_SIZE
  };
  return sizes[static_cast<int>(dtype)];
}

constexpr const char* name_of(DType dtype) {
  constexpr const char* names[] = {
#define NNFAST_DTYPE_STRING(identifier, name, type) #name,
      NNFAST_DTYPES(NNFAST_DTYPE_STRING)
#undef NNFAST_DTYPE_STRING
  };
  return names[static_cast<int>(dtype)];
}

}  // namespace nnfast
