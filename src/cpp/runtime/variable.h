// A named buffer that outlives Programs: weights, optimizer slots, metric sums, seeds, counters. And locks on many.
#pragma once

#include <algorithm>
#include <memory>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/lock.h"
#include "base/types.h"
#include "runtime/elsewhere.h"

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
  // The numbers, to read, and to change. Those that a device has are brought back where they are newer.
  std::byte* data() const {
    if (elsewhere_) elsewhere_->fetch(buffer_.data());
    return buffer_.data();
  }
  std::byte* data_to_change() const {
    std::byte* numbers = data();
    if (elsewhere_) elsewhere_->forget();
    return numbers;
  }

  // What a device has of it, or null. Called with the mutex held alone.
  NumbersElsewhere* elsewhere() const { return elsewhere_.get(); }
  void set_elsewhere(std::unique_ptr<NumbersElsewhere> elsewhere) { elsewhere_ = std::move(elsewhere); }

  // Held shared by Programs that read the variable, alone by those that write it, for the length of a run.
  std::shared_mutex& mutex() const { return mutex_.get(); }

 private:
  DType dtype_;
  std::vector<index_t> shape_;
  Buffer buffer_;
  std::unique_ptr<NumbersElsewhere> elsewhere_;
  ForkSafeMutex mutex_;
};

// Locks every variable for the length of a run: alone those that are written. In the order of their addresses, so that
// two Programs never wait for each other.
class VariableLocks {
 public:
  VariableLocks(const std::vector<std::shared_ptr<Variable>>& variables, const std::vector<bool>& written) {
    std::vector<std::pair<std::shared_mutex*, bool>> wanted;
    for (std::size_t i = 0; i < variables.size(); ++i) wanted.emplace_back(&variables[i]->mutex(), written[i]);
    std::sort(wanted.begin(), wanted.end());
    for (const auto& [mutex, alone] : wanted) {
      if (alone) {
        unique_.emplace_back(*mutex);
      } else {
        shared_.emplace_back(*mutex);
      }
    }
  }

 private:
  std::vector<std::unique_lock<std::shared_mutex>> unique_;
  std::vector<std::shared_lock<std::shared_mutex>> shared_;
};

}  // namespace nnfast
