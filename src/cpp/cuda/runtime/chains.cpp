#include "cuda/runtime/chains.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "runtime/iteration.h"

namespace nnfast::cuda {

namespace {

// A step before its values have slots. `made`: the value that it makes, -1 for stores.
struct Draft {
  int op, made, number;  // of stores the output; of loads and constants which
  std::vector<int> reads;
};

class Drafts {
 public:
  explicit Drafts(const PointwiseCode& code) : code_(code), is_there_(static_cast<std::size_t>(code.values())) {
    if (code.accumulator) is_there_[0] = true;
    // What the chain changes itself is read before that.
    for (std::size_t i = 0; i < code.inputs.size(); ++i) {
      const bool changes = std::any_of(code.outputs.begin(), code.outputs.end(),
                                       [&](const auto& output) { return output.buffer == code.inputs[i].buffer; });
      if (changes) fetch(code.first_input() + static_cast<int>(i));
    }
    store(0, code.first_step());
    for (std::size_t s = 0; s < code.steps.size(); ++s) {
      const auto& step = code.steps[s];
      for (const int operand : step.operands) fetch(operand);
      const int made = code.first_step() + static_cast<int>(s);
      list.push_back({static_cast<int>(step.op), made, 0, {step.operands.begin(), step.operands.end()}});
      store(made, made + 1);
    }
  }

  std::vector<Draft> list;

 private:
  // Makes sure that a value that is no step's is there.
  void fetch(int value) {
    if (value >= code_.first_step() || is_there_[static_cast<std::size_t>(value)]) return;
    is_there_[static_cast<std::size_t>(value)] = true;
    const bool is_input = value < code_.first_constant();
    list.push_back({is_input ? ChainStep::load : ChainStep::constant,
                    value,
                    value - (is_input ? code_.first_input() : code_.first_constant()),
                    {}});
  }

  // Stores the outputs that are values first .. last - 1.
  void store(int first, int last) {
    for (std::size_t o = 0; o < code_.outputs.size(); ++o) {
      const int value = code_.outputs[o].value;
      if (value < first || value >= last) continue;
      fetch(value);
      list.push_back({ChainStep::store, -1, static_cast<int>(o), {value}});
    }
  }

  const PointwiseCode& code_;
  std::vector<bool> is_there_;
};

// Gives values that are not read right after they are made a slot, which others have before and after them.
class Slots {
 public:
  explicit Slots(const PointwiseCode& code, const std::vector<Draft>& drafts)
      : slot_of_(static_cast<std::size_t>(code.values()), ChainStep::last),
        last_read_(static_cast<std::size_t>(code.values()), -1),
        waits_(static_cast<std::size_t>(code.values()), false) {
    int last = -1;  // the value that was made last
    for (std::size_t d = 0; d < drafts.size(); ++d) {
      for (const int value : drafts[d].reads) {
        last_read_[static_cast<std::size_t>(value)] = static_cast<int>(d);
        if (value != last) waits_[static_cast<std::size_t>(value)] = true;
      }
      if (drafts[d].made >= 0) last = drafts[d].made;
    }
    last = -1;
    for (std::size_t d = 0; d < drafts.size(); ++d) {
      steps.push_back(step_of(code, drafts[d], static_cast<int>(d), last));
      if (drafts[d].made >= 0) last = drafts[d].made;
    }
  }

  std::vector<ChainStep> steps;
  int count() const { return static_cast<int>(free_.size()); }

 private:
  ChainStep step_of(const PointwiseCode& code, const Draft& draft, int at, int last) {
    ChainStep step{};
    step.op = static_cast<std::int16_t>(draft.op);
    step.slot = static_cast<std::int16_t>(draft.made < 0 ? draft.number : -1);
    step.operands[0] = static_cast<std::int16_t>(draft.number);
    for (std::size_t i = 0; i < draft.reads.size(); ++i) {
      const int value = draft.reads[i];
      const bool is_accumulator = code.accumulator && value == 0;
      step.operands[i] = static_cast<std::int16_t>(is_accumulator  ? ChainStep::accumulator
                                                   : value == last ? ChainStep::last
                                                                   : slot_of_[static_cast<std::size_t>(value)]);
    }
    for (const int value : draft.reads) {
      const int slot = slot_of_[static_cast<std::size_t>(value)];
      if (slot >= 0 && last_read_[static_cast<std::size_t>(value)] == at) free_[static_cast<std::size_t>(slot)] = true;
    }
    if (draft.made >= 0 && waits_[static_cast<std::size_t>(draft.made)]) {
      step.slot = static_cast<std::int16_t>(take());
      slot_of_[static_cast<std::size_t>(draft.made)] = step.slot;
    }
    return step;
  }

  int take() {
    auto found = std::find(free_.begin(), free_.end(), true);
    if (found == free_.end()) found = free_.insert(found, true);
    *found = false;
    return static_cast<int>(found - free_.begin());
  }

  std::vector<int> slot_of_, last_read_;  // by value
  std::vector<bool> waits_;
  std::vector<bool> free_;  // by slot
};

ChainInput bound_input(const PointwiseCode::Input& input, const Iteration& iteration, Words& words) {
  bool whole = true;
  for (std::size_t d = 0; d < iteration.counts.size(); ++d) whole &= iteration.has(input, d);
  return {input.buffer, input.dtype, whole, whole ? Table{} : words.add(iteration.strides_of(input))};
}

}  // namespace

Chain bound_chain(const PointwiseCode& code, const Dimensions& dimensions, index_t batch, int before, Words& words) {
  constexpr int most_values = std::numeric_limits<decltype(ChainStep::slot)>::max();
  if (code.values() > most_values) {
    throw std::invalid_argument("expected a formula of at most " + std::to_string(most_values) +
                                " values, got one of " + std::to_string(code.values()));
  }
  const Iteration iteration = merged(code, dimensions, batch);
  const Drafts drafts(code);
  const Slots slots(code, drafts.list);
  Chain chain{};
  chain.count = count_of(dimensions, batch);
  chain.dimensions = words.add(iteration.counts);
  std::vector<ChainInput> inputs;
  for (const auto& input : code.inputs) inputs.push_back(bound_input(input, iteration, words));
  chain.inputs = words.add(inputs);
  chain.constants = words.add(code.constants);
  chain.steps = words.add(slots.steps);
  std::vector<ChainOutput> outputs;
  for (const auto& output : code.outputs) outputs.push_back({output.buffer, output.dtype});
  chain.outputs = words.add(outputs);
  chain.slots = slots.count();
  const int one = chain.slots * static_cast<int>(size_of(code.compute));
  const int fitting = one == 0 ? block_threads : std::min((shared_limit - before) / one, block_threads);
  chain.threads = fitting < warp_threads ? fitting : fitting / warp_threads * warp_threads;
  if (chain.threads == 0) {
    throw std::invalid_argument("expected a formula that fits the device's shared memory, got one of " +
                                std::to_string(chain.slots) + " values at once");
  }
  return chain;
}

int slot_bytes(const Chain& chain, DType compute) {
  return chain.slots * chain.threads * static_cast<int>(size_of(compute));
}

double accesses_of(const PointwiseCode& code) { return static_cast<double>(code.inputs.size() + code.outputs.size()); }

}  // namespace nnfast::cuda
