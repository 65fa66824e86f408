// The error bounds that simd/math.h states, swept: floats over their bit patterns, doubles over as many.
#include "check.h"

namespace nnfast::test {

namespace {

struct Function {
  const char* name;
  PointwiseOp op;
  double (*in_double)(double);  // the reference for floats
  long double (*in_long_double)(long double);
  double float_bound, double_bound;  // ULP
};

long double sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }

const Function functions[] = {
    {"exp", PointwiseOp::exp, [](double x) { return std::exp(x); }, [](long double x) { return std::exp(x); }, 1.5,
     1.5},
    {"expm1", PointwiseOp::expm1, [](double x) { return std::expm1(x); }, [](long double x) { return std::expm1(x); },
     2.5, 2.5},
    {"log", PointwiseOp::log, [](double x) { return std::log(x); }, [](long double x) { return std::log(x); }, 1, 1},
    {"log1p", PointwiseOp::log1p, [](double x) { return std::log1p(x); }, [](long double x) { return std::log1p(x); },
     1, 1},
    {"tanh", PointwiseOp::tanh, [](double x) { return std::tanh(x); }, [](long double x) { return std::tanh(x); }, 3,
     3},
    {"sigmoid", PointwiseOp::sigmoid, [](double x) { return static_cast<double>(sigmoid(x)); }, sigmoid, 3, 3},
    {"erf", PointwiseOp::erf, [](double x) { return std::erf(x); }, [](long double x) { return std::erf(x); }, 1.5,
     1.5},
    {"erfc", PointwiseOp::erfc, [](double x) { return std::erfc(x); }, [](long double x) { return std::erfc(x); }, 6,
     6},
    {"sqrt", PointwiseOp::sqrt, [](double x) { return std::sqrt(x); }, [](long double x) { return std::sqrt(x); }, 0.5,
     0.5},
    {"rsqrt", PointwiseOp::rsqrt, [](double x) { return 1 / std::sqrt(x); },
     [](long double x) { return 1 / std::sqrt(x); }, 1.5, 1.5},
    {"floor", PointwiseOp::floor, [](double x) { return std::floor(x); }, [](long double x) { return std::floor(x); },
     0, 0},
    {"ceil", PointwiseOp::ceil, [](double x) { return std::ceil(x); }, [](long double x) { return std::ceil(x); }, 0,
     0},
    {"round", PointwiseOp::round, [](double x) { return std::nearbyint(x); },
     [](long double x) { return std::nearbyint(x); }, 0, 0},
};

long double reference_of(const Function& function, float x) { return function.in_double(static_cast<double>(x)); }
long double reference_of(const Function& function, double x) { return function.in_long_double(x); }

// The largest error over the arguments that next() gives, and where.
template <class T, class Next>
double sweep(const Function& function, Next next, double bound) {
  constexpr index_t block = 1021;
  Guarded<T> x(block), out(block);
  double worst = 0;
  T where = 0;
  for (bool more = true; more;) {
    for (T& value : x) more = next(value);
    in_use<T>().pointwise[static_cast<int>(function.op)](1, block, {x.data(), 0, 1}, {}, {}, out.data(), 0);
    for (index_t i = 0; i < block; ++i) {
      const double error = ulps(out[i], reference_of(function, x[i]));
      if (error > worst) worst = error, where = x[i];
    }
  }
  check(worst <= bound, "%s of %s at %.17g: %.2f ULP", function.name, sizeof(T) == 4 ? "float" : "double",
        static_cast<double>(where), worst);
  return worst;
}

}  // namespace

void test_math(int stride, bool report) {
  for (const Function& function : functions) {
    std::uint64_t bits = 0;
    const auto next_float = [&](float& x) {
      const auto pattern = static_cast<std::uint32_t>(bits);
      static_assert(sizeof pattern == sizeof x);
      __builtin_memcpy(&x, &pattern, sizeof x);
      bits += static_cast<std::uint64_t>(stride);
      return bits < std::uint64_t{1} << 32;
    };
    const double float_error = sweep<float>(function, next_float, function.float_bound);

    // Half of them spread over all exponents, half near where something happens.
    std::mt19937_64 generator(7);
    std::normal_distribution<double> normal(0, 8);
    int left = static_cast<int>((std::uint64_t{1} << 32) / static_cast<std::uint64_t>(stride) / 4);
    const auto next_double = [&](double& x) {
      const std::uint64_t pattern = generator();
      __builtin_memcpy(&x, &pattern, sizeof x);
      if (left % 4 == 1) x = normal(generator);
      if (left % 4 == 2) x = normal(generator) * 100;
      if (left % 4 == 3) x = std::ldexp(normal(generator), -static_cast<int>(pattern % 60));
      return --left > 0;
    };
    const double double_error = sweep<double>(function, next_double, function.double_bound);
    if (report) {
      std::printf("%-10s %-8s float %.3f ULP, double %.3f ULP\n", kernels().instruction_set, function.name, float_error,
                  double_error);
    }
  }
}

}  // namespace nnfast::test
