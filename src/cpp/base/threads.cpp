#include "base/threads.h"

#include <omp.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "base/cpu.h"
#include "base/float_environment.h"

namespace nnfast {

namespace {

// The number that OpenMP has when it is told nothing more; what threads of the process find when they begin.
const int openmp_at_load = omp_get_max_threads();

std::atomic<int> chosen_threads{0};
std::atomic<int> openmp_when_chosen{0};
std::atomic<bool> team_taken{false};

// libgomp waits for ever for threads that a fork did not copy, whoever started them: a child keeps off OpenMP.
std::atomic<int> forks{0};
std::atomic<int> process{static_cast<int>(getpid())};
[[maybe_unused]] const int fork_handler = pthread_atfork(nullptr, nullptr, [] {
  forks.fetch_add(1);
  process.store(static_cast<int>(getpid()));
});

// No machine has more; OpenMP ends the process where it can't start as many as it was told.
constexpr int most_threads = 1024;

int default_threads() {
  static const bool user_decides = std::getenv("OMP_NUM_THREADS") != nullptr;
  // OpenMP's own number holds OMP_NUM_THREADS, and what threadpoolctl set; it knows nothing of quotas.
  const int threads = omp_get_max_threads();
  return user_decides ? threads : std::min(threads, usable_cpus());
}

}  // namespace

int process_number() { return process.load(std::memory_order_relaxed); }

int thread_count() {
  // Inside somebody else's parallel region, or told to have none, OpenMP grants one thread.
  if (forks.load(std::memory_order_relaxed) > 0 || omp_in_parallel() || omp_get_max_active_levels() < 1) return 1;
  const int chosen = chosen_threads.load(std::memory_order_relaxed), openmp = omp_get_max_threads();
  int threads = chosen > 0 ? chosen : default_threads();
  // threadpoolctl lowers OpenMP's number for a while, and means everybody.
  if (openmp < openmp_when_chosen.load(std::memory_order_relaxed)) threads = std::min(threads, openmp);
  return std::clamp(threads, 1, std::min(omp_get_thread_limit(), most_threads));
}

void set_thread_count(int threads) {
  openmp_when_chosen.store(std::min(omp_get_max_threads(), openmp_at_load), std::memory_order_relaxed);
  chosen_threads.store(std::max(0, threads), std::memory_order_relaxed);
}

void parallel(int threads, void (*body)(void* context, int thread, int threads), void* context) {
  if (threads <= 1) {
    const FlushSubnormals flush;
    body(context, 0, 1);
    return;
  }
  // With dynamic adjustment OpenMP may grant fewer; the body's barriers would then wait for ever.
  const int dynamic = omp_get_dynamic();
  omp_set_dynamic(0);
  int granted = 0;
#pragma omp parallel num_threads(threads)
  {
    const int team = omp_get_num_threads(), thread = omp_get_thread_num();
    if (thread == 0) granted = team;
    if (team == threads) {
      const FlushSubnormals flush;
      body(context, thread, threads);
    }
  }
  omp_set_dynamic(dynamic);
  if (granted != threads) {
    throw std::runtime_error("expected OpenMP to start " + std::to_string(threads) + " threads, it started " +
                             std::to_string(granted) + "; lower the number of threads");
  }
}

bool try_acquire_team() { return !team_taken.exchange(true, std::memory_order_acquire); }

void release_team() { team_taken.store(false, std::memory_order_release); }

int usable_cpus() {
  static const int cpus = allowed_cpus();
  return cpus;
}

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");  // as long as x86's pause; "yield" does nothing on most CPUs
#endif
}

#define NNFAST_STRING(text) NNFAST_STRING_OF(text)
#define NNFAST_STRING_OF(text) #text
#if defined(__clang__)
#define NNFAST_OPENMP_LIBRARY "libomp"
#else
#define NNFAST_OPENMP_LIBRARY "libgomp"
#endif

const char* openmp_runtime() { return "OpenMP " NNFAST_STRING(_OPENMP) " (" NNFAST_OPENMP_LIBRARY ")"; }

}  // namespace nnfast
