// Memory of the device.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "cuda/driver.h"

namespace nnfast::cuda {

class DeviceMemory {
 public:
  DeviceMemory() = default;
  explicit DeviceMemory(std::size_t bytes) : data_(driver::allocate(bytes)), bytes_(bytes) {}
  // The entries of a table.
  template <class T>
  explicit DeviceMemory(const std::vector<T>& entries) : DeviceMemory(entries.size() * sizeof(T)) {
    fill(entries);
  }
  DeviceMemory(DeviceMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~DeviceMemory() {
    if (data_ != nullptr) driver::release(data_);
  }

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data_);
  }
  template <class T>
  void fill(const std::vector<T>& entries) {
    if (entries.empty()) return;
    driver::copy_to_device(data_, reinterpret_cast<const std::byte*>(entries.data()), entries.size() * sizeof(T));
  }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace nnfast::cuda
