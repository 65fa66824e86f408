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
    {"round_float16", [](Real a, Real, Real) { return nearest_half<Float16>(a); }},
    {"round_bfloat16", [](Real a, Real, Real) { return nearest_half<BFloat16>(a); }},
    {"sin", [](Real a, Real, Real) { return std::sin(a); }},
    {"cos", [](Real a, Real, Real) { return std::cos(a); }},
    {"tan", [](Real a, Real, Real) { return std::tan(a); }},
    {"arcsin", [](Real a, Real, Real) { return std::asin(a); }},
    {"arccos", [](Real a, Real, Real) { return std::acos(a); }},
    {"arctan", [](Real a, Real, Real) { return std::atan(a); }},
    {"sinh", [](Real a, Real, Real) { return std::sinh(a); }},
    {"cosh", [](Real a, Real, Real) { return std::cosh(a); }},
    {"arcsinh", [](Real a, Real, Real) { return std::asinh(a); }},
    {"arccosh", [](Real a, Real, Real) { return std::acosh(a); }},
    {"arctanh", [](Real a, Real, Real) { return std::atanh(a); }},
    {"cbrt", [](Real a, Real, Real) { return std::cbrt(a); }},
    {"exp2", [](Real a, Real, Real) { return std::exp2(a); }},
    {"log2", [](Real a, Real, Real) { return std::log2(a); }},
    {"log10", [](Real a, Real, Real) { return std::log10(a); }},
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
    {"arctan2", [](Real a, Real b, Real) { return std::atan2(a, b); }},
    {"hypot", [](Real a, Real b, Real) { return std::hypot(a, b); }},
    {"fmod", [](Real a, Real b, Real) { return std::fmod(a, b); }},
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

// Those that chains may hold.
const Listed listed_short[] = {
#define NNFAST_POINTWISE(name, arity, expression) {#name, PointwiseOp::name, arity},
#define NNFAST_POINTWISE_LONG(name, arity, expression)
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE_LONG
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

// A random chain against the same functions one by one: the same bits, in every register and every shape.
template <class T>
void test_chain(index_t rows, index_t columns, unsigned seed) {
  constexpr std::size_t count = 12;
  std::mt19937 random(seed);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  std::vector<Guarded<T>> inputs, outs, expected;
  std::vector<View<T>> views;  // of inputs: whole, one value a row, one row, one value
  for (unsigned i = 0; i < 4; ++i) {
    inputs.emplace_back((rows + 1) * (columns + 2));
    fill_normal(inputs[i], seed + i, 2);
    const index_t row_strides[] = {columns + 2, 1, 0, 0}, column_strides[] = {1, 0, 1, 0};
    views.push_back({inputs[i].data(), row_strides[i], column_strides[i]});
  }
  for (std::size_t s = 0; s < count; ++s) {
    outs.emplace_back(rows * columns, T(-7));
    expected.emplace_back(rows * columns);
  }
  std::vector<PointwiseStep<T>> steps(count);
  std::size_t kept = count;  // which step's result is kept
  for (std::size_t s = 0; s < count; ++s) {
    const Listed& function = listed_short[below(std::size(listed_short))];
    PointwiseStep<T>& step = steps[s];
    step = {function.op, {}, s > 0 && below(3) == 0, {}, nullptr, columns};
    View<T> alone[3] = {};
    for (std::size_t i = 0; i < 3; ++i) {
      step.sources[i] = PointwiseSource::last;
      if (i >= static_cast<std::size_t>(function.arity)) continue;
      const std::size_t from = below(4);
      const auto result = [&](std::size_t of) { return View<T>{expected[of].data(), columns, 1}; };
      if (from == 0 && s > 0) {
        alone[i] = result(s - 1);
      } else if (from == 1 && kept < count) {
        step.sources[i] = PointwiseSource::kept;
        alone[i] = result(kept);
      } else {
        step.sources[i] = PointwiseSource::memory;
        const std::size_t which = below(views.size() + s);
        const std::size_t made = which < views.size() ? count : which - views.size();
        step.operands[i] = made < count && steps[made].out ? View<T>{outs[made].data(), columns, 1} : views[which % 4];
        alone[i] = made < count && steps[made].out ? result(made) : views[which % 4];
      }
    }
    if (below(2) == 0 || s + 1 == count) step.out = outs[s].data();
    if (step.keeps) kept = s - 1;
    in_use<T>().pointwise[static_cast<int>(function.op)](rows, columns, alone[0], alone[1], alone[2],
                                                         expected[s].data(), columns);
  }
  in_use<T>().pointwise_chain(steps.data(), count, rows, columns);
  for (std::size_t s = 0; s < count; ++s) {
    const bool right = steps[s].out == nullptr
                           ? std::count(outs[s].begin(), outs[s].end(), T(-7)) == rows * columns
                           : std::equal(outs[s].begin(), outs[s].end(), expected[s].begin(), same<T>);
    check(right && outs[s].intact(), "step %d (%s) of chain %u over %dx%d", int(s),
          listed[static_cast<int>(steps[s].op)].name, seed, int(rows), int(columns));
  }
}

}  // namespace

void test_pointwise() {
  for (unsigned seed = 0; seed < 20; ++seed) {
    for (const index_t columns : sizes) {
      test_chain<float>(seed % 11, columns, seed);
      test_chain<double>(seed % 11, columns, seed);
    }
  }
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
