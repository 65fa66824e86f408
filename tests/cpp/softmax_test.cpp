// Softmax and cross-entropies against long double, infinite logits included.
#include "check.h"

namespace nnfast::test {

namespace {

template <class T>
struct Reference {
  std::vector<long double> log_probabilities;

  Reference(const T* x, index_t columns) {
    long double maximum = -INFINITY, sum = 0;
    for (index_t c = 0; c < columns; ++c) maximum = std::max(maximum, static_cast<long double>(x[c]));
    for (index_t c = 0; c < columns; ++c) sum += std::exp(x[c] - maximum);
    for (index_t c = 0; c < columns; ++c) log_probabilities.push_back(x[c] - maximum - std::log(sum));
  }
  long double operator[](index_t c) const { return log_probabilities[static_cast<std::size_t>(c)]; }
};

// Errors of the exponent become relative errors of the result: allow them in proportion to the spread of the logits.
template <class T>
bool near(T got, long double expected, long double scale) {
  return same(static_cast<long double>(got), expected) ||
         std::fabs(got - expected) <= 8 * std::numeric_limits<T>::epsilon() * scale;
}

template <class T>
void test_shape(index_t rows, index_t columns, double scale, bool with_infinity) {
  Guarded<T> x(rows * columns), targets(rows * columns), out(rows * columns), difference(rows * columns), loss(rows);
  Guarded<std::int64_t> labels(rows);
  fill_normal(x, static_cast<unsigned>(rows + columns), scale);
  fill_normal(targets, 4);
  for (index_t i = 0; i < x.size(); ++i) targets[i] = i % 3 == 0 ? T(0) : std::fabs(targets[i]);
  for (index_t i = 0; with_infinity && i < x.size(); i += 3) x[i] = -T(INFINITY);
  for (index_t r = 0; r < rows; ++r) labels[r] = (r * 7 + 1) % columns;
  const auto& k = in_use<T>();
  const long double spread = 4 + 8 * scale + static_cast<long double>(columns) / 8;
  const auto each = [&](auto body) {
    for (index_t r = 0; r < rows; ++r) {
      const Reference<T> reference(x.data() + r * columns, columns);
      for (index_t c = 0; c < columns; ++c) body(reference, r, c, r * columns + c);
    }
    check(out.intact() && difference.intact() && loss.intact(), "%dx%d writes outside", int(rows), int(columns));
  };
  k.softmax(rows, columns, x.data(), out.data());
  each([&](const auto& reference, index_t r, index_t c, index_t i) {
    const long double expected = std::exp(reference[c]);
    check(near(out[i], expected, spread * expected + std::numeric_limits<T>::min()),
          "softmax %dx%d at %d, %d: %g, not %Lg", int(rows), int(columns), int(r), int(c), double(out[i]), expected);
  });
  k.log_softmax(rows, columns, x.data(), out.data());
  each([&](const auto& reference, index_t r, index_t c, index_t i) {
    check(near(out[i], reference[c], spread), "log_softmax %dx%d at %d, %d: %g, not %Lg", int(rows), int(columns),
          int(r), int(c), double(out[i]), reference[c]);
  });
  for (T* gradient : {difference.data(), static_cast<T*>(nullptr)}) {
    std::fill(loss.begin(), loss.end(), T(-1));
    check(k.sparse_cross_entropy(rows, columns, x.data(), labels.data(), loss.data(), gradient) == -1,
          "labels refused");
    each([&](const auto& reference, index_t r, index_t c, index_t i) {
      const long double expected = -reference[labels[r]];
      check(near(loss[r], expected, spread), "sparse loss %dx%d at %d: %g, not %Lg", int(rows), int(columns), int(r),
            double(loss[r]), expected);
      const long double slope = std::exp(reference[c]) - (c == labels[r] ? 1 : 0);
      if (gradient)
        check(near(gradient[i], slope, spread), "sparse difference %g, not %Lg", double(gradient[i]), slope);
    });
    k.cross_entropy(rows, columns, x.data(), targets.data(), loss.data(), gradient);
    each([&](const auto& reference, index_t r, index_t c, index_t i) {
      long double expected = 0, total = 0;
      for (index_t j = 0; j < columns; ++j) {
        const long double target = targets[r * columns + j];
        expected -= target == 0 ? 0 : target * reference[j];
        total += target;
      }
      check(near(loss[r], expected, spread * (1 + total) * static_cast<long double>(columns)),
            "loss %dx%d: %g, not %Lg", int(rows), int(columns), double(loss[r]), expected);
      const long double slope = std::exp(reference[c]) * total - targets[i];
      if (gradient) {
        check(near(gradient[i], slope, spread * (1 + total)), "difference %dx%d: %g, not %Lg", int(rows), int(columns),
              double(gradient[i]), slope);
      }
    });
  }
}

template <class T>
void test_labels() {
  Guarded<T> x(12, T(0.5)), loss(4), difference(12);
  for (const std::int64_t bad : {std::int64_t{-1}, std::int64_t{3}, std::numeric_limits<std::int64_t>::min()}) {
    const std::int64_t labels[] = {0, 2, bad, bad};
    check(in_use<T>().sparse_cross_entropy(4, 3, x.data(), labels, loss.data(), difference.data()) == 2, "label %lld",
          static_cast<long long>(bad));
  }
}

}  // namespace

void test_softmax() {
  for (const index_t columns : sizes) {
    if (columns == 0) continue;
    for (const index_t rows : {0, 1, 3}) {
      for (const double scale : {1.0, 30.0, 1000.0}) {
        test_shape<float>(rows, columns, scale, false);
        test_shape<double>(rows, columns, scale, false);
      }
      if (columns % 3 == 1 || columns < 4) continue;  // a row of nothing but -infinity is NaN
      test_shape<float>(rows, columns, 1, true);
      test_shape<double>(rows, columns, 1, true);
    }
  }
  test_labels<float>();
  test_labels<double>();
}

}  // namespace nnfast::test
