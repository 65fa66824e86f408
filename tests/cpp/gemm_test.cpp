// Products against sums in long double by the forward error bound, padding, strides, and the contract that cutting the
// result into tiles changes no bit.
#include "check.h"

namespace nnfast::test {

namespace {

// Packs panel by panel and multiplies `block` rows at a time.
template <class T>
void product(index_t rows, index_t columns, index_t depth, const T* a, index_t row_stride, index_t depth_stride,
             const T* b, index_t b_depth_stride, index_t b_column_stride, T* out, index_t block) {
  const auto& k = in_use<T>();
  for (index_t c = 0; c < columns; c += k.panel_columns) {
    const index_t width = std::min(k.panel_columns, columns - c);
    const index_t padded = (width + k.lanes - 1) / k.lanes * k.lanes;
    Guarded<T> panel(depth * padded, T(NAN));
    k.pack(depth, width, b + c * b_column_stride, b_depth_stride, b_column_stride, panel.data());
    check(panel.intact(), "pack of %dx%d writes outside", int(depth), int(width));
    for (index_t d = 0; d < depth; ++d) {
      for (index_t i = 0; i < padded; ++i) {
        const T expected = i < width ? b[d * b_depth_stride + (c + i) * b_column_stride] : T(0);
        check(panel[d * padded + i] == expected, "pack of %dx%d at %d, %d", int(depth), int(width), int(d), int(i));
      }
    }
    for (index_t r = 0; r < rows; r += block) {
      k.multiply(std::min(block, rows - r), width, depth, a + r * row_stride, row_stride, depth_stride, panel.data(),
                 padded, out + r * columns + c, columns);
    }
  }
}

template <class T>
void test_product(index_t rows, index_t columns, index_t depth) {
  Guarded<T> a(rows * depth), a_transposed(rows * depth), b(depth * columns), b_transposed(depth * columns);
  fill_normal(a, 1);
  fill_normal(b, 2);
  for (index_t r = 0; r < rows; ++r) {
    for (index_t d = 0; d < depth; ++d) a_transposed[d * rows + r] = a[r * depth + d];
  }
  for (index_t d = 0; d < depth; ++d) {
    for (index_t c = 0; c < columns; ++c) b_transposed[c * depth + d] = b[d * columns + c];
  }
  Guarded<T> out(rows * columns, T(NAN)), other(rows * columns, T(NAN));
  product(rows, columns, depth, a.data(), depth, 1, b.data(), columns, 1, out.data(), rows);
  check(out.intact(), "multiply %dx%dx%d writes outside", int(rows), int(columns), int(depth));
  for (index_t r = 0; r < rows; ++r) {
    for (index_t c = 0; c < columns; ++c) {
      long double sum = 0, magnitude = 0;
      for (index_t d = 0; d < depth; ++d) {
        const long double term = static_cast<long double>(a[r * depth + d]) * b[d * columns + c];
        sum += term;
        magnitude += std::fabs(term);
      }
      const long double bound = 2 * static_cast<long double>(depth) * std::numeric_limits<T>::epsilon() * magnitude;
      check(std::fabs(out[r * columns + c] - sum) <= bound, "%dx%dx%d at %d, %d: %.9g, not %.9Lg", int(rows),
            int(columns), int(depth), int(r), int(c), double(out[r * columns + c]), sum);
    }
  }
  const auto equal = [&] { return std::equal(out.begin(), out.end(), other.begin(), same<T>); };
  product(rows, columns, depth, a_transposed.data(), 1, rows, b_transposed.data(), 1, depth, other.data(), 5);
  check(equal(), "%dx%dx%d: transposed operands in blocks of 5 rows change bits", int(rows), int(columns), int(depth));
  const auto& k = in_use<T>();
  for (index_t c = 0; c < columns; c += k.panel_columns) {
    const index_t width = std::min(k.panel_columns, columns - c);
    if (width % k.lanes != 0) continue;
    k.multiply(rows, width, depth, a.data(), depth, 1, b.data() + c, columns, other.data() + c, columns);
  }
  check(equal(), "%dx%dx%d: panels read in place change bits", int(rows), int(columns), int(depth));
  for (index_t c = 0; c < columns; ++c) {
    product(rows, 1, depth, a.data(), depth, 1, b.data() + c, columns, 1, other.data(), rows);
    for (index_t r = 0; r < rows; ++r) {
      check(other[r] == out[r * columns + c], "%dx%dx%d: column %d alone changes bits", int(rows), int(columns),
            int(depth), int(c));
    }
  }
}

// The listed products against the dense one, bit for bit, for blocks, groups and stretches that are whole and that are
// not.
template <class T>
void test_listed(index_t samples, index_t columns, index_t units, index_t stretch) {
  const auto& k = in_use<T>();
  Guarded<T> x(samples * columns), weights(columns * units), deltas(samples * units);
  fill_normal(x, 1);
  fill_normal(weights, 2);
  fill_normal(deltas, 3);
  std::mt19937 random(4);
  for (T& value : x) {
    if (random() % 5 > 0) value = random() % 2 == 0 ? T(0) : -T(0);
  }
  const index_t groups = (columns + nonzeros_group - 1) / nonzeros_group;
  Guarded<T> values(samples * groups * nonzeros_group);
  Guarded<std::int32_t> numbers(samples * groups), ranges((samples / nonzeros_block + 1) * groups * 2);
  const Nonzeros<T> lists{values.data(), numbers.data(), reinterpret_cast<NonzerosRange*>(ranges.data()), groups,
                          samples};
  for (index_t block = 0; block * nonzeros_block < samples; ++block) {
    for (index_t first = 0, last; first < groups; first = last) {
      last = std::min(groups, first + stretch);
      k.list_nonzeros(columns, x.data(), block, first, last, lists);
    }
  }
  check(values.intact() && numbers.intact() && ranges.intact(), "lists of %dx%d outside", int(samples), int(columns));

  // As many panels as the units take, multiplied as many at once as the kernel likes. A single panel's results lie row
  // after row.
  const auto padded = [&](index_t count) { return (count + k.lanes - 1) / k.lanes * k.lanes; };
  Guarded<T> panels(columns * padded(units)), delta_panels(samples * padded(units));
  Guarded<T> dense(samples * units), listed(samples * units, T(7));
  Guarded<T> dense_gradient(columns * units), listed_gradient(columns * units, T(7));
  std::vector<ListedPanel<T>> sides, gradient_sides;
  for (index_t first = 0; first < units; first += k.panel_columns) {
    const index_t width = std::min(k.panel_columns, units - first);
    T *panel = panels.data() + first * columns, *delta_panel = delta_panels.data() + first * samples;
    k.pack(columns, width, weights.data() + first, units, 1, panel);
    k.pack(samples, width, deltas.data() + first, units, 1, delta_panel);
    k.multiply(samples, width, columns, x.data(), columns, 1, panel, padded(width), dense.data() + first, units);
    k.multiply(columns, width, samples, x.data(), 1, columns, delta_panel, padded(width), dense_gradient.data() + first,
               units);
    sides.push_back({panel, width, listed.data() + first, units});
    gradient_sides.push_back({delta_panel, width, listed_gradient.data() + first, units});
  }
  for (index_t p = 0; p < index_t(sides.size()); p += k.listed_panels) {
    const index_t count = std::min(k.listed_panels, index_t(sides.size()) - p);
    for (index_t block = 0; block * nonzeros_block < samples; ++block) {
      auto of_block = sides;
      for (auto& side : of_block) side.out += block * nonzeros_block * units;
      k.multiply_listed(block, columns, lists, of_block.data() + p, count);
    }
    for (index_t first = 0; first < columns; first += 2 * nonzeros_group) {
      auto of_group = gradient_sides;
      for (auto& side : of_group) side.out += first * units;
      k.multiply_listed_transposed(first, std::min(2 * nonzeros_group, columns - first), lists, of_group.data() + p,
                                   count);
    }
  }
  const char* failed = "%s of %d samples, %d columns, %d units";
  check(listed.intact() && std::equal(dense.begin(), dense.end(), listed.begin()), failed, "product", int(samples),
        int(columns), int(units));

  check(listed_gradient.intact() && std::equal(dense_gradient.begin(), dense_gradient.end(), listed_gradient.begin()),
        failed, "gradient", int(samples), int(columns), int(units));
}

}  // namespace

void test_gemm() {
  const index_t shapes[][3] = {{0, 5, 3},   {5, 0, 3},    {3, 4, 0},   {1, 1, 1},    {2, 3, 4},    {13, 31, 7},
                               {14, 32, 9}, {15, 33, 16}, {6, 16, 17}, {29, 10, 33}, {28, 17, 50}, {57, 70, 129}};
  for (const auto& shape : shapes) {
    test_product<float>(shape[0], shape[1], shape[2]);
    test_product<double>(shape[0], shape[1], shape[2]);
  }
  for (index_t rows = 1; rows <= 15; ++rows) {
    for (const index_t columns : {1, 3, 4, 8, 9, 16, 17, 32}) {
      test_product<float>(rows, columns, 11);
      test_product<double>(rows, columns, 11);
    }
  }
  test_product<float>(128, 96, 784);
  test_listed<float>(128, 784, 40, nonzeros_stretch);
  test_listed<double>(130, 601, 24, nonzeros_stretch);
  for (const index_t samples : {1, 7, 128, 129, 300}) {
    for (const index_t columns : {1, 4, 6, 65}) {
      for (index_t units = 1; units <= in_use<float>().panel_columns; units += 3) {
        test_listed<float>(samples, columns, units, 1 + units % 5);
      }
      for (index_t units = 1; units <= in_use<double>().panel_columns; units += 3) {
        test_listed<double>(samples, columns, units, 1 + units % 5);
      }
    }
  }
}

}  // namespace nnfast::test
