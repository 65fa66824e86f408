// The emulated machine: what it computes, counts and finds. A test a line of main; the first that fails says so.
#include <cstdio>
#include <string>

#include "device.h"

namespace {

using namespace nnfast;
using emulation::machine;

constexpr unsigned all_lanes = 0xffffffff;
int failures = 0;

void expect(bool right, const char* what) {
  if (right) return;
  ++failures;
  std::printf("FAILED: %s\n", what);
}

template <class Kernel>
void expect_mistake(const char* wanted, std::size_t shared_bytes, Kernel kernel) {
  std::string got = "nothing";
  try {
    machine().launch(2, 64, shared_bytes, kernel);
  } catch (const emulation::Mistake& mistake) {
    got = mistake.what();
  }
  if (got.find(wanted) == std::string::npos) {
    ++failures;
    std::printf("FAILED: expected '%s', got '%s'\n", wanted, got.c_str());
  }
}

// Each thread hands its number to its neighbour through shared memory, `barriers` between.
template <int barriers>
void hand_on(cuda::Global<int> out) {
  const auto shared = cuda::shared_memory<int>(0, 64);
  const unsigned self = threadIdx.x;
  shared[self] = static_cast<int>(self);
  for (int i = 0; i < barriers; ++i) __syncthreads();
  out[blockIdx.x * 64 + self] = shared[(self + 1) % 64];
}

void blocks_threads_and_barriers_work() {
  for (const auto order : {emulation::Order::forwards, emulation::Order::backwards}) {
    machine().set_order(order);
    machine().counts = {};
    int out[128] = {};
    machine().launch(2, 64, 256, [&] { hand_on<3>(out); });
    bool right = true;
    for (int i = 0; i < 128; ++i) right &= out[i] == (i % 64 + 1) % 64;
    expect(right, "values handed on through shared memory");
    expect(machine().counts.launches == 1 && machine().counts.stored == sizeof out && machine().counts.loaded == 0,
           "counts");
  }
  machine().set_order(emulation::Order::forwards);
}

void shuffles_work() {
  bool right = true;
  machine().launch(1, 64, 0, [&] {
    int sum = static_cast<int>(threadIdx.x);
    for (unsigned distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(all_lanes, sum, distance);
    right &= sum == (threadIdx.x < 32 ? 496 : 496 + 32 * 32);
    right &= __ballot_sync(all_lanes, threadIdx.x % 2 == 0) == 0x55555555;
  });
  expect(right, "sums by shuffles, ballots");
}

void mistakes_are_found() {
  int out[64] = {};
  expect_mistake("missing barrier", 256, [&] { hand_on<0>(out); });
  expect_mistake("missing barrier: two threads write", 256, [] { cuda::shared_memory<int>(0, 1)[0] = 1; });
  expect_mistake("missing barrier", 256, [&] {
    const auto shared = cuda::shared_memory<int>(0, 1);
    if (threadIdx.x == 0) shared[0] = 1;
    __syncthreads();
    out[threadIdx.x] = shared[0];
    if (threadIdx.x == 63) shared[0] = 2;
  });
  expect_mistake("out of bounds", 256, [] { cuda::shared_memory<int>(0, 64)[threadIdx.x + 1] = 1; });
  expect_mistake("more than the launch asked for", 252, [] { cuda::shared_memory<int>(0, 64); });
  expect_mistake("read before any thread wrote", 256, [&] { out[0] = cuda::shared_memory<int>(0, 64)[5]; });
  expect_mistake("divergent shuffle: warp 1 waits for lanes 31", 0, [] {
    if (threadIdx.x != 63) __shfl_xor_sync(all_lanes, 1, 1);
  });
  expect_mistake("divergent shuffle: warp 0 waits for lanes 0", 0, [] {
    if (threadIdx.x == 0) {
      __syncthreads();
    } else {
      __shfl_xor_sync(all_lanes, 1, 1);
    }
  });
  expect_mistake("divergent shuffle: two masks", 0, [] { __shfl_xor_sync(threadIdx.x % 2 ? all_lanes : 3u, 1, 1); });
  expect_mistake("divergent barrier", 0, [] {
    if (threadIdx.x < 32) __syncthreads();
  });
  blocks_threads_and_barriers_work();  // and all is well after mistakes
}

void races_in_global_memory_are_found() {
  int numbers[128] = {};
  const cuda::Global<int> out = numbers;
  machine().find_races(true);
  expect_mistake("race in global memory: two threads write", 0, [&] { out[threadIdx.x] = 1; });
  expect_mistake("race in global memory: read beside another's write", 0, [&] {
    if (blockIdx.x == 0) out[threadIdx.x] = 1;
    if (blockIdx.x == 1) out[64 + threadIdx.x] = +out[threadIdx.x];
  });
  expect_mistake("race in global memory: write beside another's read", 0,
                 [&] { out[threadIdx.x] = +out[(threadIdx.x + 1) % 64]; });
  expect_mistake("nothing", 0, [&] {
    const unsigned own = blockIdx.x * 64 + threadIdx.x;
    out[own] = 1;
    __syncthreads();
    const int next = out[blockIdx.x * 64 + (threadIdx.x + 1) % 64];
    __syncthreads();
    out[own] = next;
  });
  machine().find_races(false);
}

}  // namespace

int main() {
  blocks_threads_and_barriers_work();
  shuffles_work();
  mistakes_are_found();
  races_in_global_memory_are_found();
  std::printf(failures == 0 ? "all passed\n" : "%d checks failed\n", failures);
  return failures == 0 ? 0 : 1;
}
