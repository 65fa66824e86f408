#include "cuda/runtime/schedule.h"

#include <algorithm>
#include <map>

namespace nnfast::cuda {

namespace {

// The last launches in which a memory was read and written, by tasks of their own and by small ones; -1 for none.
struct History {
  struct Last {
    int wide = -1, small = -1;
    // The first launch for what has to wait for it.
    int next(bool is_small) const { return std::max(wide + 1, is_small ? small : small + 1); }
    void note(bool is_small, int phase) { (is_small ? small : wide) = std::max(is_small ? small : wide, phase); }
  };
  Last read, written;
};

class Launches {
 public:
  void add(const Bound& bound, const Access& access) {
    const bool small = bound.is_small();
    int phase = 0;
    for (const int memory : access.reads) phase = std::max(phase, history_[memory].written.next(small));
    for (const int memory : access.writes) {
      const History& history = history_[memory];
      phase = std::max({phase, history.written.next(small), history.read.next(small)});
    }
    for (const int memory : access.reads) history_[memory].read.note(small, phase);
    for (const int memory : access.writes) history_[memory].written.note(small, phase);
    if (phases_.size() <= static_cast<std::size_t>(phase)) phases_.resize(static_cast<std::size_t>(phase) + 1);
    auto& of_phase = phases_[static_cast<std::size_t>(phase)];
    (small ? of_phase.small : of_phase.wide).push_back(&bound);
  }

  Schedule finished() const {
    Schedule schedule;
    for (const auto& of_phase : phases_) {
      Phase phase{static_cast<int>(schedule.works.size()), 0, 0, 0};
      if (!of_phase.small.empty()) add_work(schedule, phase, 1, of_phase.small);
      for (const Bound* bound : of_phase.wide) {
        constexpr index_t most_blocks = 1 << 20;
        add_work(schedule, phase, static_cast<int>(std::min(bound->units, most_blocks)), {bound});
      }
      schedule.phases.push_back(phase);
    }
    return schedule;
  }

 private:
  struct OfPhase {
    std::vector<const Bound*> small, wide;
  };

  static void add_work(Schedule& schedule, Phase& phase, int blocks, const std::vector<const Bound*>& bounds) {
    schedule.works.push_back(
        {phase.blocks, blocks, static_cast<int>(schedule.tasks.size()), static_cast<int>(bounds.size())});
    ++phase.works;
    phase.blocks += blocks;
    for (const Bound* bound : bounds) {
      schedule.tasks.push_back(bound->task);
      phase.shared_bytes = std::max(phase.shared_bytes, bound->shared_bytes);
    }
  }

  std::map<int, History> history_;
  std::vector<OfPhase> phases_;
};

}  // namespace

Schedule schedule(const std::vector<Bound>& bounds, const std::vector<Access>& accesses) {
  Launches launches;
  for (std::size_t t = 0; t < bounds.size(); ++t) launches.add(bounds[t], accesses[t]);
  return launches.finished();
}

}  // namespace nnfast::cuda
