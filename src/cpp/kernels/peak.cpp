#include "kernels/peak.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "base/threads.h"
#include "kernels/dispatch.h"

namespace nnfast {

namespace {

template <class T>
double measure(int threads) {
  constexpr index_t rounds = 200000;  // some milliseconds: longer than a clock's change of pace
  constexpr int tries = 10;
  double best = 0;
  for (int i = 0; i < tries; ++i) {
    std::atomic<index_t> operations{0};
    const auto body = [](void* context, int, int) {
      T value = T(0.5);
      static_cast<std::atomic<index_t>*>(context)->fetch_add(kernels_of<T>(kernels()).multiply_adds(rounds, &value));
    };
    const auto start = std::chrono::steady_clock::now();
    parallel(threads, body, &operations);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(operations) / seconds.count());
  }
  return best;
}

}  // namespace

double measure_fma_peak(int threads, DType dtype) {
  return dtype == DType::float64 ? measure<double>(threads) : measure<float>(threads);
}

}  // namespace nnfast
