// Which tasks run in one launch. A task goes to the first launch that comes after all that it waits for. Small tasks of
// a launch share a block, which does them in their order, so that they may wait for each other there.
#pragma once

#include <vector>

#include "cuda/runtime/instruction.h"

namespace nnfast::cuda {

// A task, and the memory that it touches: numbers, equal where memory is shared.
struct Access {
  std::vector<int> reads, writes;
};

struct Schedule {
  std::vector<Task> tasks;
  std::vector<Work> works;
  std::vector<Phase> phases;
};

Schedule schedule(const std::vector<Bound>& bounds, const std::vector<Access>& accesses);

}  // namespace nnfast::cuda
