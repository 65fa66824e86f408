// A lock that a forked child may take although a thread of its parent, which the child does not have, held it.
#pragma once

#include <atomic>
#include <shared_mutex>

#include "base/threads.h"

namespace nnfast {

class ForkSafeMutex {
 public:
  ForkSafeMutex() : state_(new State{process_number(), {}}) {}
  ~ForkSafeMutex() { delete state_.load(); }
  ForkSafeMutex(const ForkSafeMutex&) = delete;
  ForkSafeMutex& operator=(const ForkSafeMutex&) = delete;

  // The mutex of this process. What a parent may have left locked is not touched again, nor freed.
  std::shared_mutex& get() const {
    State* state = state_.load();
    if (state->process == process_number()) return state->mutex;
    State* fresh = new State{process_number(), {}};
    if (state_.compare_exchange_strong(state, fresh)) return fresh->mutex;
    delete fresh;
    return state->mutex;
  }

 private:
  struct State {
    int process;
    std::shared_mutex mutex;
  };
  mutable std::atomic<State*> state_;
};

}  // namespace nnfast
