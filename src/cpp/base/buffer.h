// Zeroed memory aligned to a cache line, so that no vector load of it ever splits one.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace nnfast {

class Buffer {
 public:
  static constexpr std::size_t alignment = 64;

  Buffer() = default;
  explicit Buffer(std::size_t bytes) : bytes_(bytes), data_(allocate(bytes)) {}

  std::byte* data() const { return data_.get(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(std::byte* pointer) const { ::operator delete(pointer, std::align_val_t{alignment}); }
  };
  static std::byte* allocate(std::size_t bytes) {
    // At least one line, so that even an empty tensor has an address.
    const std::size_t rounded = (bytes / alignment + 1) * alignment;
    auto* pointer = static_cast<std::byte*>(::operator new(rounded, std::align_val_t{alignment}));
    std::memset(pointer, 0, rounded);
    return pointer;
  }

  std::size_t bytes_ = 0;
  std::unique_ptr<std::byte, Free> data_;
};

}  // namespace nnfast
