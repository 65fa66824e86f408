// Every kernel on every instruction set that this machine supports, against plain loops in higher precision.
//
//   nnfast_tests              all tests
//   nnfast_tests math 1       one test; the sweeps of simd/math.h over every 1st (default: 4001st) float
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "check.h"

namespace {

using namespace nnfast;
using namespace nnfast::test;

template <class Test>
void run(const char* name, const char* only, Test test) {
  if (only != nullptr && std::strcmp(only, name) != 0) return;
  running = name;
  const auto start = std::chrono::steady_clock::now();
  test();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%-10s %-10s %6.2f s\n", kernels().instruction_set, name, seconds.count());
}

}  // namespace

int main(int count, char** arguments) {
  const char* only = count > 1 ? arguments[1] : nullptr;
  const int stride = count > 2 ? std::atoi(arguments[2]) : 4001;
  run("base", only, test_base);
  for (const std::string& set : supported_instruction_sets()) {
    select_kernels(set);
    run("copy", only, test_copy);
    run("gemm", only, test_gemm);
    run("half", only, test_half_precision);
    run("math", only, [&] { test_math(stride, only != nullptr); });
    run("pointwise", only, test_pointwise);
    run("random", only, test_random);
    run("reduce", only, test_reduce);
    run("softmax", only, test_softmax);
  }
  std::printf(failures == 0 ? "all passed\n" : "%d checks failed\n", failures);
  return failures == 0 ? 0 : 1;
}
