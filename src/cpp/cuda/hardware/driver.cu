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

// Built launch by launch rather than captured from the stream: other threads may free memory on that meanwhile.
class Recorded : public Graph {
 public:
  Recorded(const std::vector<Phase>& phases, Frame frame) : launches_(static_cast<long>(phases.size())) {
    cudaGraph_t made;
    check(cudaGraphCreate(&made, 0), "begin a graph");
    const std::unique_ptr<CUgraph_st, cudaError_t (*)(cudaGraph_t)> graph(made, cudaGraphDestroy);
    cudaGraphNode_t last = nullptr;
    for (Phase phase : phases) {
      void* arguments[] = {&phase, &frame};  // copied with the node
      cudaKernelNodeParams launch{};
      launch.func = reinterpret_cast<void*>(&phase_kernel);
      launch.gridDim = dim3(static_cast<unsigned>(phase.blocks));
      launch.blockDim = dim3(block_threads);
      launch.sharedMemBytes = static_cast<unsigned>(phase.shared_bytes);
      launch.kernelParams = arguments;
      cudaGraphNode_t node;
      check(cudaGraphAddKernelNode(&node, graph.get(), &last, last == nullptr ? 0 : 1, &launch), "add a launch");
      last = node;
    }
    check(cudaGraphInstantiate(&graph_, graph.get(), 0), "make a graph");
  }
  ~Recorded() override { cudaGraphExecDestroy(graph_); }
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;
  void launch() const override {
    check(cudaGraphLaunch(graph_, stream()), "launch a graph");
    launches += launches_;
  }

 private:
  cudaGraphExec_t graph_ = nullptr;
  long launches_;
};

}  // namespace

std::string device_name() {
  int count = 0;
  check(cudaGetDeviceCount(&count), "find a GPU");
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, 0), "ask the GPU");
  cudaFuncAttributes attributes;
  check(cudaFuncGetAttributes(&attributes, phase_kernel), "load the kernels, which were built for other GPUs");
  return properties.name;
}

std::byte* allocate(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMallocAsync(&memory, bytes > 0 ? bytes : 1, stream()), "allocate memory");
  return static_cast<std::byte*>(memory);
}

void release(std::byte* memory) noexcept { cudaFreeAsync(memory, stream()); }

void copy_to_device(std::byte* to, const std::byte* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream()), "copy to the GPU");
  check(cudaStreamSynchronize(stream()), "finish a copy");  // pinned memory would be read later
}

void copy_to_host(std::byte* to, const std::byte* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream()), "copy from the GPU");
  check(cudaStreamSynchronize(stream()), "finish what was launched");
}

std::unique_ptr<Graph> record(const std::vector<Phase>& phases, const Frame& frame) {
  return std::make_unique<Recorded>(phases, frame);
}

std::map<std::string, long> counts() { return {{"launches", launches}}; }

void reverse_blocks(bool) {}
void find_races(bool) {}

}  // namespace driver
}  // namespace nnfast::cuda
