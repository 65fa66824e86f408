// Every pointwise function of the list, on every pattern of strides, against its definition in long double.
#include <map>

#include "check.h"

namespace nnfast::test {

namespace {

using Real = long double;
using Definition = Real (*)(Real, Real, Real);

Real of(bool truth) { return truth ? 1 : 0; }
Real larger(Real a, Real b) { return a != a || b != b ? a + b : std::max(a, b); }
Real smaller(Real a, Real b) { return a != a || b != b ? a + b : std::min(a, b); }

const std::map<std::string, Definition> definitions{
    {"identity", [](Real a, Real, Real) { return a; }},
    {"negative", [](Real a, Real, Real) { return -a; }},
    {"absolute", [](Real a, Real, Real) { return std::fabs(a); }},
    {"sign", [](Real a, Real, Real) { return a > 0   ? 1
                                             : a < 0 ? -1
                                                     : a; }},
    {"square", [](Real a, Real, Real) { return a * a; }},
    {"sqrt", [](Real a, Real, Real) { return std::sqrt(a); }},
    {"rsqrt", [](Real a, Real, Real) { return 1 / std::sqrt(a); }},
    {"reciprocal", [](Real a, Real, Real) { return 1 / a; }},
    {"exp", [](Real a, Real, Real) { return std::exp(a); }},
    {"expm1", [](Real a, Real, Real) { return std::expm1(a); }},
    {"log", [](Real a, Real, Real) { return std::log(a); }},
    {"log1p", [](Real a, Real, Real) { return std::log1p(a); }},
    {"tanh", [](Real a, Real, Real) { return std::tanh(a); }},
    {"sigmoid", [](Real a, Real, Real) { return 1 / (1 + std::exp(-a)); }},
    {"relu", [](Real a, Real, Real) { return larger(a, 0); }},
    {"floor", [](Real a, Real, Real) { return std::floor(a); }},
    {"ceil", [](Real a, Real, Real) { return std::ceil(a); }},
    {"round", [](Real a, Real, Real) { return std::nearbyint(a); }},
    {"sin", [](Real a, Real, Real) { return std::sin(a); }},
    {"cos", [](Real a, Real, Real) { return std::cos(a); }},
    {"erf", [](Real a, Real, Real) { return std::erf(a); }},
    {"erfc", [](Real a, Real, Real) { return std::erfc(a); }},
    {"isnan", [](Real a, Real, Real) { return of(a != a); }},
    {"logical_not", [](Real a, Real, Real) { return of(a == 0); }},
    {"add", [](Real a, Real b, Real) { return a + b; }},
    {"subtract", [](Real a, Real b, Real) { return a - b; }},
    {"multiply", [](Real a, Real b, Real) { return a * b; }},
    {"divide", [](Real a, Real b, Real) { return a / b; }},
    {"maximum", [](Real a, Real b, Real) { return larger(a, b); }},
    {"minimum", [](Real a, Real b, Real) { return smaller(a, b); }},
    {"power", [](Real a, Real b, Real) { return std::pow(a, b); }},
    {"equal", [](Real a, Real b, Real) { return of(a == b); }},
    {"not_equal", [](Real a, Real b, Real) { return of(a != b); }},
    {"less", [](Real a, Real b, Real) { return of(a < b); }},
    {"less_equal", [](Real a, Real b, Real) { return of(a <= b); }},
    {"logical_and", [](Real a, Real b, Real) { return of(a != 0 && b != 0); }},
    {"logical_or", [](Real a, Real b, Real) { return of(a != 0 || b != 0); }},
    {"relu_gradient", [](Real a, Real b, Real) { return b > 0 ? a : 0; }},
    {"where", [](Real a, Real b, Real c) { return a != 0 ? b : c; }},
};

struct Listed {
  const char* name;
  PointwiseOp op;
  int arity;
};
const Listed listed[] = {
#define NNFAST_POINTWISE(name, arity, expression) {#name, PointwiseOp::name, arity},
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE
};

// 0 .. 9 in bits: of each operand, whether a row is repeated and whether a value is.
template <class T>
void test_strides(const Listed& function, index_t rows, index_t columns, int pattern) {
  const index_t row_stride = columns + 2;
  std::vector<Guarded<T>> operands;
  std::vector<View<T>> views;
  for (unsigned i = 0; i < 3; ++i) {
    operands.emplace_back((rows + 1) * row_stride);
    fill_normal(operands[i], 11 + i, 2);
    for (index_t j = 1; j < operands[i].size(); j += 5)
      operands[i][j] = std::round(operands[i][j]);  // equal ones, zeros
    for (index_t j = i; j < operands[i].size(); j += 23) operands[i][j] = T(NAN);
    for (index_t j = 3 + i; j < operands[i].size(); j += 29) operands[i][j] = T(INFINITY);
    views.push_back({operands[i].data(), pattern >> (2 * i) & 1 ? 0 : row_stride, pattern >> (2 * i + 1) & 1 ? 0 : 1});
  }
  for (int i = function.arity; i < 3; ++i) views[static_cast<std::size_t>(i)] = {nullptr, 1, 1};
  Guarded<T> out(rows * row_stride, T(-7));
  in_use<T>().pointwise[static_cast<int>(function.op)](rows, columns, views[0], views[1], views[2], out.data(),
                                                       row_stride);
  check(out.intact(), "%s of %dx%d writes outside", function.name, int(rows), int(columns));
  const auto value = [&](std::size_t i, index_t r, index_t c) -> Real {
    const View<T>& view = views[i];
    return view.data == nullptr ? 0 : view.data[r * view.row_stride + c * view.column_stride];
  };
  const Definition definition = definitions.at(function.name);
  for (index_t r = 0; r < rows; ++r) {
    for (index_t c = 0; c < row_stride; ++c) {
      const Real a = value(0, r, c), b = value(1, r, c), third = value(2, r, c);
      const T got = out[r * row_stride + c];
      if (c >= columns) {
        check(got == T(-7), "%s writes past its columns", function.name);
        continue;
      }
      const Real expected = definition(a, b, third);
      check(ulps(got, expected) <= 4, "%s(%.9Lg, %.9Lg, %.9Lg): %.9g, not %.9Lg", function.name, a, b, third,
            double(got), expected);
    }
  }
}

template <class T>
void test_in_place(const Listed& function) {
  Guarded<T> x(77), out(77);
  fill_normal(x, 1);
  const auto run = [&](T* to) {
    const View<T> view{x.data(), 7, 1};
    in_use<T>().pointwise[static_cast<int>(function.op)](11, 7, view, view, view, to, 7);
  };
  run(out.data());
  run(x.data());
  check(std::equal(x.begin(), x.end(), out.begin(), same<T>), "%s in place", function.name);
}

}  // namespace

void test_pointwise() {
  for (const Listed& function : listed) {
    if (!definitions.count(function.name)) {
      check(false, "%s has no definition in pointwise_test.cpp", function.name);
      continue;
    }
    for (int pattern = 0; pattern < 1 << (2 * function.arity); ++pattern) {
      test_strides<float>(function, 3, 37, pattern);
      test_strides<double>(function, 3, 37, pattern);
    }
    for (const index_t columns : sizes) {
      test_strides<float>(function, columns % 3, columns, 0);
      test_strides<double>(function, columns % 3, columns, 0);
    }
    test_in_place<float>(function);
    test_in_place<double>(function);
  }
}

}  // namespace nnfast::test
