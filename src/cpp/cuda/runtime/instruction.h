// An instruction of a Program on a device, and the task that it becomes for one batch size.
#pragma once

#include <cstring>
#include <functional>
#include <vector>

#include "cuda/kernels/task.h"
#include "runtime/instruction.h"

namespace nnfast::cuda {

// The entries of all tasks' tables, one after the other.
class Words {
 public:
  template <class Entry>
  Table add(const std::vector<Entry>& entries) {
    const std::size_t at = bytes_.size(), size = entries.size() * sizeof(Entry);
    bytes_.resize(at + static_cast<std::size_t>(divide_up(static_cast<index_t>(size), 16)) * 16);
    if (size > 0) std::memcpy(bytes_.data() + at, entries.data(), size);
    return {static_cast<int>(at), static_cast<int>(entries.size())};
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

struct Bound {
  Task task{};
  index_t units = 0;     // independent pieces, each whole in one block
  double accesses = 0;   // of global memory, about
  int shared_bytes = 0;  // that a block needs

  // Whether one block does it as fast as it could be handed out to many.
  bool is_small() const { return units <= 1 || (task.kind != Task::Kind::matmul && accesses <= 1 << 16); }
};

// What instructions wait for beside buffers, as numbers of such: which rows the batch has, and whether all is well.
constexpr int batch_position = -1, faults = -2;

struct Instruction {
  std::vector<int> reads, writes;  // buffer numbers
  std::function<Bound(index_t batch, Words& words)> bind;
};

}  // namespace nnfast::cuda
