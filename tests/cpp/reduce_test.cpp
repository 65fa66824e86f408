// Reductions against plain loops, NaN included, and the promise that neighbours change nothing.
#include "check.h"

namespace nnfast::test {

namespace {

struct Kind {
  Reduction reduction;
  double identity;
  long double (*combine)(long double, long double);
};

long double spread_nan(long double a, long double b, bool first) { return a != a || (b == b && first) ? a : b; }

const Kind kinds[] = {
    {Reduction::sum, 0, [](long double a, long double b) { return a + b; }},
    {Reduction::maximum, -INFINITY, [](long double a, long double b) { return spread_nan(a, b, a > b); }},
    {Reduction::minimum, INFINITY, [](long double a, long double b) { return spread_nan(a, b, a < b); }},
    {Reduction::product, 1, [](long double a, long double b) { return a * b; }},
};

template <class T>
void check_reduction(const Kind& kind, T got, const T* x, index_t count, index_t stride, const char* what) {
  long double expected = kind.identity, magnitude = 0;
  for (index_t i = 0; i < count; ++i) {
    expected = kind.combine(expected, x[i * stride]);
    magnitude += std::fabs(static_cast<long double>(x[i * stride]));
  }
  const bool sum = kind.reduction == Reduction::sum, product = kind.reduction == Reduction::product;
  const long double errors = static_cast<long double>(count) * std::numeric_limits<T>::epsilon();
  const long double smallest = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
  const long double bound = sum ? errors * magnitude : errors * std::fabs(expected) + smallest;
  const bool right =
      same(static_cast<long double>(got), expected) || ((sum || product) && std::fabs(got - expected) <= bound);
  check(right, "%s, kind %d, of %d values: %.9g, not %.9Lg", what, int(kind.reduction), int(count), double(got),
        expected);
}

template <class T>
void test_shape(index_t rows, index_t columns, bool with_nan) {
  const index_t stride = columns + 5;
  Guarded<T> x(rows * stride), by_column(columns), by_row(rows);
  fill_normal(x, static_cast<unsigned>(rows * 1000 + columns));
  if (with_nan && x.size() > 0) {
    for (index_t i = 1; i < x.size(); i += 7) x[i] = T(NAN);
  }
  for (const Kind& kind : kinds) {
    const int k = static_cast<int>(kind.reduction);
    in_use<T>().reduce_rows[k](rows, columns, x.data(), stride, by_column.data());
    in_use<T>().reduce_columns[k](rows, columns, x.data(), stride, by_row.data());
    check(by_column.intact() && by_row.intact(), "reduction of %dx%d writes outside", int(rows), int(columns));
    for (index_t c = 0; c < columns; ++c) check_reduction(kind, by_column[c], x.data() + c, rows, stride, "rows");
    for (index_t r = 0; r < rows; ++r) {
      check_reduction(kind, by_row[r], x.data() + r * stride, columns, 1, "columns");
      T alone;
      in_use<T>().reduce_columns[k](1, columns, x.data() + r * stride, stride, &alone);
      check(same(alone, by_row[r]), "row %d of %dx%d alone differs", int(r), int(rows), int(columns));
    }
  }
}

template <class T>
void test_arguments(index_t rows, index_t columns) {
  Guarded<T> x(rows * columns);
  Guarded<std::int64_t> indices(rows);
  std::mt19937 generator(5);
  for (T& value : x) value = static_cast<T>(generator() % 19);  // many equal ones
  for (index_t i = 3; i < x.size(); i += 41) x[i] = T(NAN);
  for (int k = 0; k < 2; ++k) {
    in_use<T>().arg_reduce_columns[k](rows, columns, x.data(), columns, indices.data());
    for (index_t r = 0; r < rows; ++r) {
      const T* row = x.data() + r * columns;
      index_t best = 0;
      for (index_t c = 1; c < columns && row[best] == row[best]; ++c) {
        if (row[c] != row[c] || (k == 0 ? row[c] > row[best] : row[c] < row[best])) best = c;
      }
      check(indices[r] == best, "extreme %d of row %d of %dx%d: %d, not %d", k, int(r), int(rows), int(columns),
            int(indices[r]), int(best));
    }
  }
}

}  // namespace

void test_reduce() {
  for (const index_t rows : sizes) {
    for (const index_t columns : sizes) {
      if (rows * columns > 9000) continue;
      for (const bool with_nan : {false, true}) {
        test_shape<float>(rows, columns, with_nan);
        test_shape<double>(rows, columns, with_nan);
      }
      if (columns == 0) continue;
      test_arguments<float>(rows, columns);
      test_arguments<double>(rows, columns);
    }
  }
  test_shape<float>(3, 10007, false);
  test_shape<float>(1009, 300, false);
}

}  // namespace nnfast::test
