// Half precision: every number of it read, and numbers of all sizes rounded to it, against the definition.
#include <cstring>

#include "check.h"

namespace nnfast::test {

namespace {

template <class Half>
long double value_of(unsigned bits) {
  const unsigned exponent = (bits & 0x7fff) >> Half::mantissa_bits, mantissa = bits & ((1u << Half::mantissa_bits) - 1);
  const long double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 2 * Half::largest_exponent + 1) return mantissa != 0 ? NAN : sign * INFINITY;
  const unsigned leading = exponent == 0 ? 0 : 1u << Half::mantissa_bits;
  const int scale = std::max(1, static_cast<int>(exponent)) - Half::largest_exponent - Half::mantissa_bits;
  return sign * std::ldexp(static_cast<long double>(leading + mantissa), scale);
}

// A NaN's payload may change; -0 is not 0.
bool same_number(long double a, long double b) {
  return (a != a && b != b) || (a == b && std::signbit(a) == std::signbit(b));
}

template <class T, class Half>
void test_half(DType dtype, PointwiseOp round_op) {
  const auto& kernels = in_use<T>();
  const auto load = kernels.load[static_cast<int>(dtype)];
  const auto store = kernels.store[static_cast<int>(dtype)];
  const auto round = kernels.pointwise[static_cast<int>(round_op)];

  constexpr index_t all = 65536;
  std::vector<std::uint16_t> bits(all);
  std::vector<T> loaded(all);
  for (index_t i = 0; i < all; ++i) bits[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>(i);
  load(all, bits.data(), loaded.data());
  for (index_t i = 0; i < all; ++i) {
    const long double expected = value_of<Half>(static_cast<unsigned>(i)), got = loaded[static_cast<std::size_t>(i)];
    check(same_number(expected, got), "%s %#x loaded as %Lg, not %Lg", name_of(dtype), int(i), got, expected);
  }

  // Each number of the type, the middle between it and the next, and what is right beside that.
  std::vector<T> numbers;
  for (index_t i = 0; i + 1 < all; ++i) {
    const T number = loaded[static_cast<std::size_t>(i)];
    const T middle = number + (loaded[static_cast<std::size_t>(i + 1)] - number) / 2;
    for (const T x : {number, middle, std::nextafter(middle, T(0)), std::nextafter(middle, T(INFINITY))}) {
      numbers.push_back(x);
    }
  }
  for (const double x : {1e-45, 6e-46, 3e-41, 65504.0, 65519.9, 65520.0, 1e6, 3.38e38, 3.3961e38, 3.4e38, 1e30}) {
    numbers.insert(numbers.end(), {static_cast<T>(x), static_cast<T>(-x)});
  }
  const auto count = static_cast<index_t>(numbers.size());
  std::vector<T> rounded(numbers.size());
  std::vector<std::uint16_t> stored(numbers.size());
  round(1, count, {numbers.data(), 0, 1}, {}, {}, rounded.data(), 0);
  store(count, numbers.data(), stored.data());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const long double x = numbers[i], expected = nearest_half<Half>(x), kept = value_of<Half>(stored[i]);
    check(same_number(expected, rounded[i]), "%La rounded to %s: %La, not %La", x, name_of(dtype),
          static_cast<long double>(rounded[i]), expected);
    check(same_number(expected, kept), "%La stored as %s: %La, not %La", x, name_of(dtype), kept, expected);
  }

  for (const index_t size : {0, 1, 3, 17, 33}) {
    Guarded<std::uint16_t> guarded(size);
    store(size, numbers.data(), guarded.data());
    check(guarded.intact(), "store of %s writes outside", name_of(dtype));
  }
}

}  // namespace

void test_half_precision() {
#define NNFAST_TEST_HALF(identifier, name, type)                              \
  test_half<float, type>(DType::identifier, PointwiseOp::round_##identifier); \
  test_half<double, type>(DType::identifier, PointwiseOp::round_##identifier);
  NNFAST_HALF_DTYPES(NNFAST_TEST_HALF)
#undef NNFAST_TEST_HALF
}

}  // namespace nnfast::test
