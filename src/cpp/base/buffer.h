// Memory aligned to a cache line, so that no vector load of it ever splits one.
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
  enum class Fill : bool { zeros, nothing };
  explicit Buffer(std::size_t bytes, Fill fill = Fill::zeros) : bytes_(bytes), data_(allocate(bytes, fill)) {}

  std::byte* data() const { return data_.get(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(std::byte* pointer) const { ::operator delete(pointer, std::align_val_t{alignment}); }
  };
  static std::byte* allocate(std::size_t bytes, Fill fill) {
    // At least one line, so that even an empty tensor has an address.
    const std::size_t rounded = (bytes / alignment + 1) * alignment;
    auto* pointer = static_cast<std::byte*>(::operator new(rounded, std::align_val_t{alignment}));
    if (fill == Fill::zeros) std::memset(pointer, 0, rounded);
    return pointer;
  }

  std::size_t bytes_ = 0;
  std::unique_ptr<std::byte, Free> data_;
};

}  // namespace nnfast
