// A GPU as a device, by CUDA's runtime: one stream, on which everything happens in order.
#include "cuda/driver.h"

#include <cuda_runtime.h>

#include <stdexcept>

#include "cuda/kernels/phase.h"

namespace nnfast::cuda {

// Two blocks of 256 threads on each multiprocessor at least: up to 128 registers a thread.
__global__ void __launch_bounds__(block_threads, 2) phase_kernel(Phase phase, Frame frame) {
  run_phase(phase, frame);
}

namespace driver {

namespace {

void check(cudaError_t answer, const char* what) {
  if (answer == cudaSuccess) return;
  cudaGetLastError();  // what can be forgotten is
  throw std::runtime_error(std::string("CUDA could not ") + what + ": " + cudaGetErrorString(answer) + " (" +
                           cudaGetErrorName(answer) + ")");
}

long launches = 0;

cudaStream_t stream() {
  static cudaStream_t one = [] {
    cudaStream_t made;
    check(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking), "make a stream");
    return made;
  }();
  return one;
}

class Captured : public Graph {
 public:
  explicit Captured(const std::function<void()>& recorded) {
    const long before = launches;
    cudaGraph_t graph;
    check(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeThreadLocal), "begin a graph");
    try {
      recorded();
    } catch (...) {
      if (cudaStreamEndCapture(stream(), &graph) == cudaSuccess) cudaGraphDestroy(graph);
      throw;
    }
    check(cudaStreamEndCapture(stream(), &graph), "end a graph");
    const cudaError_t answer = cudaGraphInstantiate(&graph_, graph, 0);
    cudaGraphDestroy(graph);
    check(answer, "make a graph");
    count_ = launches - before;
    launches = before;
  }
  ~Captured() override { cudaGraphExecDestroy(graph_); }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  void launch() const override {
    check(cudaGraphLaunch(graph_, stream()), "launch a graph");
    launches += count_;
  }

 private:
  cudaGraphExec_t graph_ = nullptr;
  long count_ = 0;
};

}  // namespace

std::string device_name() {
  int count = 0;
  check(cudaGetDeviceCount(&count), "find a GPU");
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, 0), "ask the GPU");
  return properties.name;
}

std::byte* allocate(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMallocAsync(&memory, bytes > 0 ? bytes : 1, stream()), "allocate memory");
  return static_cast<std::byte*>(memory);
}

void release(std::byte* memory) noexcept { cudaFreeAsync(memory, stream()); }

void copy_to_device(std::byte* to, const std::byte* from, std::size_t bytes) {
  // From pageable memory, which is staged before the call returns.
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream()), "copy to the GPU");
}

void copy_to_host(std::byte* to, const std::byte* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream()), "copy from the GPU");
  check(cudaStreamSynchronize(stream()), "finish what was launched");
}

void launch(const Phase& phase, const Frame& frame) {
  ++launches;
  phase_kernel<<<phase.blocks, block_threads, phase.shared_bytes, stream()>>>(phase, frame);
  check(cudaGetLastError(), "launch a kernel");
}

std::unique_ptr<Graph> record(const std::function<void()>& recorded) { return std::make_unique<Captured>(recorded); }

std::map<std::string, long> counts() { return {{"launches", launches}}; }

void reverse_blocks(bool) {}

}  // namespace driver
}  // namespace nnfast::cuda
