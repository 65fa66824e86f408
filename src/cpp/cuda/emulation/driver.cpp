// The emulated machine as a device: memory is the host's, and a launch returns when it is over.
#include "cuda/driver.h"

#include <cstring>
#include <new>
#include <utility>

#include "cuda/kernels/phase.h"

namespace nnfast::cuda::driver {

using emulation::machine;

namespace {

constexpr std::align_val_t alignment{256};

class Repeated : public Graph {
 public:
  Repeated(std::vector<Phase> phases, const Frame& frame) : phases_(std::move(phases)), frame_(frame) {}
  void launch() const override {
    for (const Phase& phase : phases_) {
      machine().launch(static_cast<unsigned>(phase.blocks), block_threads, static_cast<std::size_t>(phase.shared_bytes),
                       [&] { run_phase(phase, frame_); });
    }
  }

 private:
  std::vector<Phase> phases_;
  Frame frame_;
};

}  // namespace

std::string device_name() { return "emulated"; }

std::byte* allocate(std::size_t bytes) {
  auto* memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  std::memset(memory, 0xff, bytes);  // NaN, so that what nobody wrote is seen
  return memory;
}

void release(std::byte* memory) noexcept { ::operator delete(memory, alignment); }

void copy_to_device(std::byte* to, const std::byte* from, std::size_t bytes) { std::memcpy(to, from, bytes); }

void copy_to_host(std::byte* to, const std::byte* from, std::size_t bytes) { std::memcpy(to, from, bytes); }

std::unique_ptr<Graph> record(const std::vector<Phase>& phases, const Frame& frame) {
  return std::make_unique<Repeated>(phases, frame);
}

std::map<std::string, long> counts() {
  const auto& counts = machine().counts;
  return {{"launches", counts.launches}, {"loaded", counts.loaded}, {"stored", counts.stored}};
}

void reverse_blocks(bool reversed) {
  machine().set_order(reversed ? emulation::Order::backwards : emulation::Order::forwards);
}

void find_races(bool wanted) { machine().find_races(wanted); }

}  // namespace nnfast::cuda::driver
