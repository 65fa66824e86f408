// Copies between layouts, and conversions between types.
#include <cstring>

#include "check.h"

namespace nnfast::test {

namespace {

template <class T>
void test_layouts() {
  for (const index_t rows : sizes) {
    for (const index_t columns : sizes) {
      if (rows * columns > 3000) continue;
      const index_t out_stride = columns + 3;
      // Row-major, column-major, every other element, one row repeated.
      const index_t strides[][2] = {{columns + 1, 1}, {1, rows + 2}, {2 * columns, 2}, {0, 1}, {1, 0}};
      for (const auto& [row_stride, column_stride] : strides) {
        Guarded<T> x((rows + 2) * (columns + 2) * 2), out(rows * out_stride, T(-1));
        fill_normal(x, 3);
        in_use<T>().copy_strided(rows, columns, x.data(), row_stride, column_stride, out.data(), out_stride);
        check(out.intact(), "copy of %dx%d writes outside", int(rows), int(columns));
        for (index_t r = 0; r < rows; ++r) {
          for (index_t c = 0; c < out_stride; ++c) {
            const T expected = c < columns ? x[r * row_stride + c * column_stride] : T(-1);
            check(out[r * out_stride + c] == expected, "copy of %dx%d, strides %d and %d, at %d, %d", int(rows),
                  int(columns), int(row_stride), int(column_stride), int(r), int(c));
          }
        }
      }
    }
  }
}

// What C leaves undefined is defined here: saturation, and 0 for NaN.
template <class T, class Stored>
Stored expected_store(T x) {
  if constexpr (std::is_floating_point_v<Stored>) {
    return static_cast<Stored>(x);
  } else {
    using Limits = std::numeric_limits<Stored>;
    if (x != x) return 0;
    if (static_cast<long double>(x) <= static_cast<long double>(Limits::lowest())) return Limits::lowest();
    if (static_cast<long double>(x) >= static_cast<long double>(Limits::max())) return Limits::max();
    return static_cast<Stored>(x);
  }
}

template <class T, class Stored>
void test_conversion(DType dtype) {
  using Limits = std::numeric_limits<Stored>;
  std::vector<double> values{0,          -0.0,       1,          -1,         0.5,           -0.75,
                             2.5,        127,        255,        255.9,      256,           -300,
                             2147483647, 2147483648, 4294967295, 4294967296, -2147483649.0, 9.3e18,
                             -9.3e18,    1e30,       -1e30,      INFINITY,   -INFINITY,     NAN};
  for (int i = 0; i < 77; ++i) values.push_back(i * 1.37 - 50);
  for (const index_t count : sizes) {
    if (count > static_cast<index_t>(values.size())) continue;
    Guarded<T> x(count);
    Guarded<Stored> stored(count);
    std::copy(values.end() - count, values.end(), x.begin());
    if (count > 60) std::copy(values.begin(), values.begin() + count, x.begin());
    in_use<T>().store[static_cast<int>(dtype)](count, x.data(), stored.data());
    check(stored.intact(), "store of %s writes outside", name_of(dtype));
    for (index_t i = 0; i < count; ++i) {
      const Stored expected =
          dtype == DType::boolean ? static_cast<Stored>(x[i] != T(0)) : expected_store<T, Stored>(x[i]);
      check(same(stored[i], expected), "%g stored as %s: %g", double(x[i]), name_of(dtype), double(stored[i]));
    }
    if (count > 2 && !std::is_floating_point_v<Stored>) stored[0] = Limits::lowest(), stored[1] = Limits::max();
    in_use<T>().load[static_cast<int>(dtype)](count, stored.data(), x.data());
    check(x.intact(), "load of %s writes outside", name_of(dtype));
    for (index_t i = 0; i < count; ++i) {
      check(same(x[i], static_cast<T>(stored[i])), "%g of %s loaded as %g", double(stored[i]), name_of(dtype),
            double(x[i]));
    }
  }
}

}  // namespace

void test_copy() {
  test_layouts<float>();
  test_layouts<double>();
#define NNFAST_TEST_CONVERSION(identifier, name, type) \
  test_conversion<float, type>(DType::identifier);     \
  test_conversion<double, type>(DType::identifier);
  NNFAST_FULL_DTYPES(NNFAST_TEST_CONVERSION)
#undef NNFAST_TEST_CONVERSION
}

}  // namespace nnfast::test
