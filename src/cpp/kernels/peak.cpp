#include "kernels/peak.h"

#include <algorithm>
#include <chrono>

#include "base/threads.h"
#include "kernels/dispatch.h"

namespace nnfast {

namespace {

template <class T>
double measure(int threads) {
  constexpr index_t rounds = 200000;  // some milliseconds: longer than a clock's change of pace
  constexpr int tries = 10;
  struct Measurement {
    SpinBarrier barrier;
    double best = 0;
  } measurement{SpinBarrier(threads)};
  const auto body = [](void* context, int thread, int team) {
    auto& m = *static_cast<Measurement*>(context);
    for (int i = 0; i < tries; ++i) {
      T value = T(0.5);
      m.barrier.wait();
      const auto start = std::chrono::steady_clock::now();
      const index_t operations = kernels_of<T>(kernels()).multiply_adds(rounds, &value);
      m.barrier.wait();
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      if (thread == 0) m.best = std::max(m.best, static_cast<double>(operations) * team / seconds.count());
    }
  };
  parallel(threads, body, &measurement);
  return measurement.best;
}

}  // namespace

double measure_fma_peak(int threads, DType dtype) {
  return dtype == DType::float64 ? measure<double>(threads) : measure<float>(threads);
}

}  // namespace nnfast
