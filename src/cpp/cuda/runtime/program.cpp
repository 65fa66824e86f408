#include "cuda/runtime/program.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

namespace nnfast::cuda {

// The launches of a step for one batch size, and the device's memory for them. Nothing in it moves, so that a step is
// recorded once.
struct Program::Plan {
  index_t batch = 0;
  std::vector<Phase> phases;
  std::vector<std::ptrdiff_t> offsets;  // in the arena, by buffer
  DeviceMemory arena, works, tasks, words, memories, sources, state;
  std::vector<DeviceMemory> outputs;
  std::unique_ptr<driver::Graph> step;

  Frame frame() const {
    return {works.as<Work>(),      tasks.as<Task>(),     words.data(),
            memories.as<Memory>(), sources.as<Source>(), state.as<State>()};
  }
};

Program::Program() = default;
Program::~Program() = default;

int Program::add_buffer(BufferKind kind, DType dtype, Dimensions dimensions, int index) {
  buffers_.push_back({kind, dtype, std::move(dimensions), index});
  return static_cast<int>(buffers_.size()) - 1;
}

int Program::add_variable(std::shared_ptr<Variable> variable) {
  const int number = static_cast<int>(variables_.size());
  const int buffer = add_buffer(BufferKind::variable, variable->dtype(), variable->shape(), number);
  variables_.push_back(std::move(variable));
  written_.push_back(false);
  return buffer;
}

int Program::add_constant(const std::byte* data, index_t bytes) {
  const std::lock_guard lock(device_mutex());
  constants_.emplace_back(std::vector<std::byte>(data, data + bytes));
  return add_buffer(BufferKind::constant, DType::uint8, {bytes}, static_cast<int>(constants_.size()) - 1);
}

// Numbers for the memory that an instruction touches: buffers that share a slot share one; constants have none.
Access Program::access_of(const Instruction& instruction) const {
  constexpr int kinds = 4;
  Access access;
  const auto add = [&](const std::vector<int>& buffers, std::vector<int>& to) {
    for (const int buffer : buffers) {
      if (buffer < 0) {
        to.push_back(kinds * -buffer + static_cast<int>(BufferKind::constant));
        continue;
      }
      const auto& info = buffers_[static_cast<std::size_t>(buffer)];
      if (info.kind == BufferKind::constant) continue;
      to.push_back(kinds * info.index + static_cast<int>(info.kind));
      // Where an output's rows begin depends on which rows the batch has.
      if (info.kind == BufferKind::output) access.reads.push_back(kinds + static_cast<int>(BufferKind::constant));
    }
  };
  add(instruction.reads, access.reads);
  add(instruction.writes, access.writes);
  return access;
}

std::unique_ptr<Program::Plan> Program::make_plan(index_t batch) const {
  auto plan = std::make_unique<Plan>();
  plan->batch = batch;
  Words words;
  std::vector<Bound> bounds;
  std::vector<Access> accesses;
  for (const Instruction& instruction : instructions_) {
    bounds.push_back(instruction.bind(batch, words));
    accesses.push_back(access_of(instruction));
  }
  Bound advance;
  advance.task.kind = Task::Kind::advance;
  advance.task.advance = {batch};
  advance.units = 1;
  bounds.push_back(advance);
  accesses.push_back(access_of({{}, {batch_position}, {}}));

  const Schedule made = schedule(bounds, accesses);
  plan->phases = made.phases;
  plan->works = DeviceMemory(made.works);
  plan->tasks = DeviceMemory(made.tasks);
  plan->words = DeviceMemory(words.bytes());
  plan->memories = DeviceMemory(buffers_.size() * sizeof(Memory));
  plan->state = DeviceMemory(sizeof(State));

  std::map<int, std::ptrdiff_t> slot_bytes, slot_offsets;
  for (const auto& info : buffers_) {
    if (info.kind != BufferKind::temporary) continue;
    auto& bytes = slot_bytes[info.index];
    bytes = std::max<std::ptrdiff_t>(bytes, count_of(info.dimensions, batch) * size_of(info.dtype));
  }
  std::ptrdiff_t arena_bytes = 0;
  for (const auto& [slot, bytes] : slot_bytes) {
    slot_offsets[slot] = arena_bytes;
    arena_bytes += (bytes / 256 + 1) * 256;
  }
  plan->arena = DeviceMemory(static_cast<std::size_t>(arena_bytes));
  for (const auto& info : buffers_) {
    plan->offsets.push_back(info.kind == BufferKind::temporary ? slot_offsets[info.index] : 0);
  }
  return plan;
}

Program::Plan& Program::plan_for(index_t batch) const {
  const auto found = std::find_if(plans_.begin(), plans_.end(), [&](const auto& plan) { return plan->batch == batch; });
  if (found != plans_.end()) return **found;
  constexpr std::size_t plan_limit = 4;
  if (plans_.size() == plan_limit) plans_.erase(plans_.begin());
  plans_.push_back(make_plan(batch));
  return *plans_.back();
}

void Program::run(const Feed& feed, std::shared_ptr<Elsewhere>& place, index_t first, index_t count,
                  const std::vector<Output>& outputs) const {
  const VariableLocks locks(variables_, std::vector<bool>(variables_.size(), true));
  const std::lock_guard lock(device_mutex());
  const std::vector<Source>& sources = copy_of(feed, place).sources(feed);
  std::vector<std::byte*> variables;
  for (std::size_t v = 0; v < variables_.size(); ++v) variables.push_back(numbers_of(*variables_[v], written_[v]));
  const index_t end = first + count;
  while (first < end) {
    // Batches of one size go together; only the last of the feed is smaller.
    const index_t batch = feed.rows_of_batch(first);
    const index_t together = feed.rows_of_batch(end - 1) == batch ? end - first : end - 1 - first;
    run_together(feed, sources, first, together, variables, outputs);
    first += together;
  }
}

void Program::run_together(const Feed& feed, const std::vector<Source>& sources, index_t first, index_t count,
                           const std::vector<std::byte*>& variables, const std::vector<Output>& outputs) const {
  Plan& plan = plan_for(feed.rows_of_batch(first));
  const index_t first_row = first * feed.batch_size(), rows = count * plan.batch;
  // What of the caller's outputs these batches write.
  const auto written = [&](const Output& output, std::size_t bytes) {
    return output.row_bytes == 0 ? std::pair{output.data, bytes}
                                 : std::pair{output.data + first_row * output.row_bytes,
                                             static_cast<std::size_t>(rows * output.row_bytes)};
  };
  plan.outputs.resize(outputs.size());
  std::vector<Memory> memories;
  std::vector<std::size_t> output_bytes(outputs.size());
  for (std::size_t b = 0; b < buffers_.size(); ++b) {
    const auto& info = buffers_[b];
    const auto index = static_cast<std::size_t>(info.index);
    if (info.kind == BufferKind::temporary) memories.push_back({plan.arena.data() + plan.offsets[b], 0});
    if (info.kind == BufferKind::variable) memories.push_back({variables[index], 0});
    if (info.kind == BufferKind::constant) memories.push_back({constants_[index].data(), 0});
    if (info.kind != BufferKind::output) continue;
    const Output& output = outputs[index];
    const auto whole = static_cast<std::size_t>(count_of(info.dimensions, plan.batch) * size_of(info.dtype));
    output_bytes[index] = written(output, whole).second;
    if (plan.outputs[index].bytes() < output_bytes[index]) plan.outputs[index] = DeviceMemory(output_bytes[index]);
    memories.push_back({plan.outputs[index].data() - first_row * output.row_bytes, output.row_bytes});
  }
  plan.memories.fill(memories);
  if (plan.sources.data() == nullptr) plan.sources = DeviceMemory(sources.size() * sizeof(Source));
  plan.sources.fill(sources);
  plan.state.fill(std::vector<State>{{first_row, {}}});

  if (!plan.step) plan.step = driver::record(plan.phases, plan.frame());
  for (index_t step = 0; step < count; ++step) plan.step->launch();

  State state;
  driver::copy_to_host(reinterpret_cast<std::byte*>(&state), plan.state.data(), sizeof state);
  if (const auto& found = state.fault; found.is_there != 0) {
    Fault fault;
    fault.report({found.labels != 0 ? Fault::Kind::label : Fault::Kind::index, found.row, found.number, found.limit});
    throw std::out_of_range(fault.message());
  }
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    if (output_bytes[o] == 0) continue;
    driver::copy_to_host(written(outputs[o], output_bytes[o]).first, plan.outputs[o].data(), output_bytes[o]);
  }
}

}  // namespace nnfast::cuda
