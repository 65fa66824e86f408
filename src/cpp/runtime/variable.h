// A named buffer that outlives Programs: weights, optimizer slots, metric sums, seeds, counters.
#pragma once

#include <shared_mutex>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/lock.h"
#include "base/types.h"

namespace nnfast {

class Variable {
 public:
  Variable(DType dtype, std::vector<index_t> shape)
      : dtype_(dtype), shape_(std::move(shape)), buffer_(static_cast<std::size_t>(bytes())) {}

  DType dtype() const { return dtype_; }
  const std::vector<index_t>& shape() const { return shape_; }
  index_t bytes() const {
    index_t elements = 1;
    for (const index_t dimension : shape_) elements *= dimension;
    return elements * size_of(dtype_);
  }
  std::byte* data() const { return buffer_.data(); }

  // Held shared by Programs that read the variable, alone by those that write it, for the length of a run.
  std::shared_mutex& mutex() const { return mutex_.get(); }

 private:
  DType dtype_;
  std::vector<index_t> shape_;
  Buffer buffer_;
  ForkSafeMutex mutex_;
};

}  // namespace nnfast
