// A lock that a forked child may take although a thread of its parent, which the child does not have, held it.
#pragma once

#include <atomic>
#include <shared_mutex>

#include "base/threads.h"

namespace nnfast {

class ForkSafeMutex {
 public:
  ForkSafeMutex() : state_(new State{fork_generation(), {}}) {}
  ~ForkSafeMutex() { delete state_.load(); }
  ForkSafeMutex(const ForkSafeMutex&) = delete;
  ForkSafeMutex& operator=(const ForkSafeMutex&) = delete;

  // The mutex of this process. What a parent may have left locked is not touched again, nor freed.
  std::shared_mutex& get() const {
    State* state = state_.load();
    if (state->generation == fork_generation()) return state->mutex;
    State* fresh = new State{fork_generation(), {}};
    if (state_.compare_exchange_strong(state, fresh)) return fresh->mutex;
    delete fresh;
    return state->mutex;
  }

 private:
  struct State {
    int generation;
    std::shared_mutex mutex;
  };
  mutable std::atomic<State*> state_;
};

}  // namespace nnfast
