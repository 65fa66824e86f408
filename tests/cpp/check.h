// What the tests of the kernels share: a check that counts, arrays that notice a stray write, numbers to put in them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/dispatch.h"

namespace nnfast::test {

inline int failures = 0;
inline const char* running = "";

// Prints the first failures of each test, counts them all.
template <class... Values>
void check(bool right, const char* format, Values... values) {
  if (right) return;
  ++failures;
  if (failures > 30) return;
  std::printf("FAILED %s [%s]: ", running, kernels().instruction_set);
  if constexpr (sizeof...(values) > 0) {
    std::printf(format, values...);
  } else {
    std::fputs(format, stdout);
  }
  std::printf("\n");
}

// The nearest number that a type of half precision holds, ties to even.
template <class Half>
long double nearest_half(long double x) {
  if (x == 0 || x != x || std::isinf(x)) return x;
  const int exponent = std::max(std::ilogb(x), 1 - Half::largest_exponent);
  const long double unit = std::ldexp(1.0L, exponent - Half::mantissa_bits), rounded = std::nearbyint(x / unit) * unit;
  const bool overflows = std::fabs(rounded) >= std::ldexp(1.0L, Half::largest_exponent + 1);
  return overflows ? std::copysign(static_cast<long double>(INFINITY), x) : rounded;
}

// An array off any alignment but the element's, with a margin on both sides that nobody may write.
template <class T>
class Guarded {
 public:
  explicit Guarded(index_t size, T fill = T(0))
      : memory_(static_cast<std::size_t>(size) + 2 * margin, fill), size_(size) {
    std::fill_n(memory_.begin(), margin, sentinel());
    std::fill_n(memory_.rbegin(), margin, sentinel());
  }
  T* data() { return memory_.data() + margin; }
  const T* data() const { return memory_.data() + margin; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  index_t size() const { return size_; }
  T& operator[](index_t i) { return data()[i]; }
  T operator[](index_t i) const { return data()[i]; }
  bool intact() const {
    const auto untouched = [](T value) { return value == sentinel(); };
    return std::all_of(memory_.begin(), memory_.begin() + margin, untouched) &&
           std::all_of(memory_.end() - margin, memory_.end(), untouched);
  }

 private:
  static constexpr int margin = 67;
  static T sentinel() { return T(113); }
  std::vector<T> memory_;
  index_t size_;
};

template <class T>
void fill_normal(Guarded<T>& array, unsigned seed, double scale = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal(0, scale);
  for (T& value : array) value = static_cast<T>(normal(generator));
}

// Equal, or both NaN.
template <class T>
bool same(T a, T b) {
  return a == b || (a != a && b != b);
}

// The distance in units in the last place of T at the reference; 0 where both overflow, both are NaN.
template <class T>
double ulps(T got, long double reference) {
  const auto rounded = static_cast<T>(reference);
  if (same(got, rounded)) return 0;
  if (!std::isfinite(rounded) || !std::isfinite(got)) return std::numeric_limits<double>::infinity();
  using Limits = std::numeric_limits<T>;
  const int exponent =
      std::max(reference == 0 ? Limits::min_exponent : std::ilogb(reference) + 1, Limits::min_exponent);
  return static_cast<double>(std::fabs(static_cast<long double>(got) - reference) /
                             std::ldexp(1.0L, exponent - Limits::digits));
}

// Sizes around every vector length, empty and unit ones, and some larger than a block.
inline const std::vector<index_t> sizes{0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 63, 65, 130, 257};

template <class T>
const KernelsOf<T>& in_use() {
  return kernels_of<T>(kernels());
}

void test_base();  // once; the others once for each instruction set
void test_copy();
void test_gemm();
void test_half_precision();
void test_math(int stride, bool report);
void test_pointwise();
void test_random();
void test_reduce();
void test_softmax();

}  // namespace nnfast::test
