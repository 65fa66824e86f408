// What a Program is made of: instructions over numbered buffers, and the tasks they become for one batch size.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/types.h"

namespace nnfast {

class Feed;

// A dimension is a count or, below zero, that many times the batch size, which is known when a Program runs.
using Dimensions = std::vector<index_t>;

inline index_t resolve(index_t dimension, index_t batch) { return dimension >= 0 ? dimension : -dimension * batch; }

inline index_t count_of(const Dimensions& dimensions, index_t batch) {
  index_t count = 1;
  for (const index_t dimension : dimensions) count *= resolve(dimension, batch);
  return count;
}

// A mistake found in computed values. The run ends with the phase that found it.
class Fault {
 public:
  enum class Kind : std::uint8_t { label, index };
  struct Finding {
    Kind kind;
    index_t row;
    std::int64_t number;  // what was out of range
    index_t limit;        // how many there are to choose from
  };

  std::atomic<bool> found{false};

  // Of several in one phase the one with the lowest row is kept, whichever thread comes first.
  void report(const Finding& finding) {
    const std::lock_guard lock(mutex_);
    if (found && finding_.row <= finding.row) return;
    finding_ = finding;
    found = true;
  }

  std::string message() const {
    const auto [kind, row, number, limit] = finding_;
    const std::string most = std::to_string(limit - 1), got = ", got " + std::to_string(number);
    if (kind == Kind::label) {
      return "expected labels from 0 to " + most + " (" + std::to_string(limit) + " classes)" + got + " in row " +
             std::to_string(row) + " of the batch";
    }
    return "expected indices from " + std::to_string(-limit) + " to " + most + got + " at place " +
           std::to_string(row) + " of the batch's indices";
  }

 private:
  Finding finding_{};
  std::mutex mutex_;
};

// One thread's view of one step: where each buffer lies, and which rows of the feed are the batch.
struct Frame {
  std::vector<std::byte*> pointers;
  const Feed* feed = nullptr;
  index_t first_row = 0;
  index_t batch = 0;
  Fault* fault = nullptr;

  template <class T>
  T* at(int buffer) const {
    return reinterpret_cast<T*>(pointers[static_cast<std::size_t>(buffer)]);
  }
};

// Memory of one thread that it may use as it likes while it is at a task.
struct Scratch {
  std::byte* data = nullptr;
  index_t holds = -1;  // what a task says it left here for its next units; -1 where another task was here since
};

// An instruction bound to a batch size. Units are independent pieces; one unit is always whole on one thread, and the
// result has the same bits whoever runs which.
struct Task {
  index_t units = 1;
  double cost = 0;      // estimated nanoseconds on one thread
  index_t scratch = 0;  // bytes of scratch that a thread needs
  std::function<void(const Frame& frame, index_t first, index_t last, Scratch& scratch)> run;
  std::vector<std::string> interpreted;  // chains without a kernel of their own (runtime/chain_text.h)
};

class Instruction {
 public:
  virtual ~Instruction() = default;
  virtual Task bind(index_t batch) const = 0;
  // Whether it may find a Fault: what follows then waits until every thread knows.
  virtual bool may_fail() const { return false; }

  std::vector<int> reads;  // buffer numbers
  std::vector<int> writes;
};

// Bytes of scratch rounded up, so that what follows begins on a cache line of its own.
inline index_t round_to_line(index_t bytes) {
  constexpr auto line = static_cast<index_t>(Buffer::alignment);
  return divide_up(bytes, line) * line;
}

// bind(T{}) with the float type that an instruction computes in.
template <class Bind>
Task for_dtype(DType dtype, Bind bind) {
  return dtype == DType::float32 ? bind(float{}) : bind(double{});
}

}  // namespace nnfast
