// What the runtime wants of a device. There are two: a GPU (hardware/driver.cu) and the emulated machine
// (emulation/driver.cpp); the build links one. Every function throws std::runtime_error with what the driver answered.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cuda/kernels/task.h"

namespace nnfast::cuda::driver {

// The device's name, once it is known to be there.
std::string device_name();

std::byte* allocate(std::size_t bytes);
void release(std::byte* memory) noexcept;

// Copies and launches happen in the order of their calls. Copies are over when they return.
void copy_to_device(std::byte* to, const std::byte* from, std::size_t bytes);
void copy_to_host(std::byte* to, const std::byte* from, std::size_t bytes);

// Launches, one after the other, that are recorded once and repeated as one.
class Graph {
 public:
  virtual ~Graph() = default;
  virtual void launch() const = 0;
};
std::unique_ptr<Graph> record(const std::vector<Phase>& phases, const Frame& frame);

// What has been done so far, by name: launches; in an emulated machine also bytes of global memory, loaded and stored.
std::map<std::string, long> counts();

// Whether blocks have their turns in reverse, where somebody can say so: no result depends on it.
void reverse_blocks(bool reversed);

// Whether threads are looked for that race in global memory, where somebody can see them.
void find_races(bool wanted);

}  // namespace nnfast::cuda::driver
