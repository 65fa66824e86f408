#include "runtime/program.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/threads.h"

namespace nnfast {

namespace {

// Work shorter than this many nanoseconds is not worth waking a second thread for.
constexpr double parallel_cost = 4000;

// Idle arenas that a Program keeps; more concurrent runs than this allocate their own.
constexpr std::size_t idle_limit = 4;

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

// The thread team for the length of a run, or the caller's own thread where the team is taken.
class Team {
 public:
  explicit Team(bool wanted) : threads_(wanted ? thread_count() : 1) {
    if (threads_ > 1 && !try_acquire_team()) threads_ = 1;
  }
  ~Team() {
    if (threads_ > 1) release_team();
  }
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  int threads() const { return threads_; }

 private:
  int threads_;
};

}  // namespace

// Instructions bound to a batch size.
struct Program::Stage {
  std::vector<Task> tasks;
  std::vector<bool> parallel;        // split over the team, or run by thread 0
  std::vector<bool> barrier_before;  // with more than one thread
};

// What a run of batches of one size does: the prologue, steps, the epilogue.
struct Program::Plan {
  index_t batch;
  Stage prologue, step, epilogue;
  std::vector<index_t> slot_offsets;
  index_t arena_bytes = 0;
  index_t scratch_bytes = 0;
  bool any_parallel = false;
};

// What a run needs for itself.
struct Program::Execution {
  std::vector<std::unique_ptr<Plan>> plans;  // the last few batch sizes
  Buffer arena;
  std::vector<Buffer> scratch;  // one a thread

  const Plan& plan_for(const Program& program, index_t batch) {
    const auto found = std::find_if(plans.begin(), plans.end(), [&](const auto& plan) { return plan->batch == batch; });
    if (found != plans.end()) return **found;
    constexpr std::size_t plan_limit = 4;
    if (plans.size() == plan_limit) plans.erase(plans.begin());
    plans.push_back(program.make_plan(batch));
    return *plans.back();
  }

  void reserve(const Plan& plan, int threads) {
    if (arena.bytes() < static_cast<std::size_t>(plan.arena_bytes)) {
      // Untouched pages cost nothing: an argument that is read where the user has it leaves its slot so.
      arena = Buffer(static_cast<std::size_t>(plan.arena_bytes), Buffer::Fill::nothing);
    }
    const auto bytes = static_cast<std::size_t>(plan.scratch_bytes);
    if (scratch.size() < static_cast<std::size_t>(threads)) scratch.resize(static_cast<std::size_t>(threads));
    for (auto& buffer : scratch) {
      if (buffer.data() == nullptr || buffer.bytes() < bytes) buffer = Buffer(bytes);
    }
  }
};

// One run of consecutive full or partial batches, as every thread of the team walks it.
class Program::Walk {
 public:
  Walk(const Program& program, const Feed& feed, const Plan& plan, Execution& execution, index_t first, index_t count,
       const std::vector<Output>& outputs, int threads)
      : program_(program),
        feed_(feed),
        plan_(plan),
        execution_(execution),
        first_(first),
        count_(count),
        outputs_(outputs),
        barrier_(threads) {
    // Here, where a lack of memory can still be thrown: the team's threads allocate nothing.
    Frame frame;
    frame.feed = &feed_;
    frame.batch = plan_.batch;
    frame.fault = &fault_;
    program_.set_pointers(frame, plan_, execution_, outputs_);
    base_ = frame.pointers;
    frames_.assign(static_cast<std::size_t>(threads), frame);
  }

  void run(int threads) {
    parallel(threads, [](void* walk, int thread, int team) { static_cast<Walk*>(walk)->work(thread, team); }, this);
    if (!found_) return;
    throw std::out_of_range("expected labels from 0 to " + std::to_string(fault_.classes - 1) + " (" +
                            std::to_string(fault_.classes) + " classes), got " + std::to_string(fault_.label) +
                            " in row " + std::to_string(fault_.row) + " of the batch");
  }

 private:
  void work(int thread, int threads) {
    Frame& frame = frames_[static_cast<std::size_t>(thread)];
    run_stage(plan_.prologue, frame, thread, threads);
    for (index_t step = first_; step < first_ + count_; ++step) {
      move_to(frame, step * feed_.batch_size());
      if (!run_stage(plan_.step, frame, thread, threads)) break;
    }
    // Whatever was found, what the steps before it did is kept.
    barrier_.wait();
    if (thread == 0) {
      found_ = fault_.phase != Fault::none;
      fault_.phase = Fault::none;
    }
    barrier_.wait();
    run_stage(plan_.epilogue, frame, thread, threads);
  }

  // Points outputs, and inputs that are read where the user has them, at the batch's rows.
  void move_to(Frame& frame, index_t first_row) const {
    frame.first_row = first_row;
    for (std::size_t b = 0; b < program_.buffers_.size(); ++b) {
      const auto& info = program_.buffers_[b];
      if (info.kind != BufferKind::output) continue;
      frame.pointers[b] = base_[b] + first_row * outputs_[static_cast<std::size_t>(info.index)].row_bytes;
    }
    for (const GatherInstruction* gather : program_.gathers_) {
      const auto out = static_cast<std::size_t>(gather->out());
      if (std::byte* rows = gather->in_place(feed_, first_row)) frame.pointers[out] = rows;
    }
  }

  // False where a fault ends the run; then every thread returns it at the same barrier.
  bool run_stage(const Stage& stage, Frame& frame, int thread, int threads) {
    std::byte* scratch = execution_.scratch[static_cast<std::size_t>(thread)].data();
    for (std::size_t t = 0; t < stage.tasks.size(); ++t) {
      if (threads > 1 && stage.barrier_before[t]) {
        barrier_.wait();
        ++frame.phase;
        if (fault_.phase < frame.phase) return false;
      }
      const Task& task = stage.tasks[t];
      if (!stage.parallel[t] || threads == 1) {
        if (thread == 0 && fault_.phase == Fault::none) task.run(frame, 0, task.units, scratch);
      } else {
        task.run(frame, task.units * thread / threads, task.units * (thread + 1) / threads, scratch);
      }
      if (threads == 1 && fault_.phase != Fault::none) return false;
    }
    return true;
  }

  const Program& program_;
  const Feed& feed_;
  const Plan& plan_;
  Execution& execution_;
  const index_t first_, count_;
  const std::vector<Output>& outputs_;
  std::vector<std::byte*> base_;  // where buffers lie for the first row
  std::vector<Frame> frames_;
  Fault fault_;
  bool found_ = false;
  SpinBarrier barrier_;
};

Program::Program() = default;
Program::~Program() = default;

int Program::add_buffer(BufferKind kind, DType dtype, Dimensions dimensions, int index) {
  buffers_.push_back(BufferInfo{kind, dtype, std::move(dimensions), index});
  return static_cast<int>(buffers_.size()) - 1;
}

int Program::add_variable(std::shared_ptr<Variable> variable) {
  const int buffer =
      add_buffer(BufferKind::variable, variable->dtype(), variable->shape(), static_cast<int>(variables_.size()));
  variables_.push_back(std::move(variable));
  written_.push_back(false);
  return buffer;
}

int Program::add_constant(const std::byte* data, index_t bytes) {
  const int buffer =
      add_buffer(BufferKind::constant, DType::uint8, Dimensions{bytes}, static_cast<int>(constants_.size()));
  constants_.emplace_back(static_cast<std::size_t>(bytes));
  if (bytes > 0) std::memcpy(constants_.back().data(), data, static_cast<std::size_t>(bytes));
  return buffer;
}

void Program::add_instruction(std::unique_ptr<Instruction> instruction) { add(instructions_, std::move(instruction)); }
void Program::add_to_prologue(std::unique_ptr<Instruction> instruction) { add(prologue_, std::move(instruction)); }
void Program::add_to_epilogue(std::unique_ptr<Instruction> instruction) { add(epilogue_, std::move(instruction)); }

void Program::add(Instructions& stage, std::unique_ptr<Instruction> instruction) {
  for (const int buffer : instruction->writes) {
    const auto& info = buffers_.at(static_cast<std::size_t>(buffer));
    if (info.kind == BufferKind::variable) written_[static_cast<std::size_t>(info.index)] = true;
  }
  for (const int buffer : instruction->reads) buffers_.at(static_cast<std::size_t>(buffer));
  stage.push_back(std::move(instruction));
}

void Program::add_gather(std::unique_ptr<GatherInstruction> gather) {
  gathers_.push_back(gather.get());
  add_instruction(std::move(gather));
}

// A number for the memory behind a buffer: buffers that share a slot share it. Constants, never written, have none.
int Program::memory_of(int buffer) const {
  const auto& info = buffers_[static_cast<std::size_t>(buffer)];
  if (info.kind == BufferKind::constant) return -1;
  return info.index * 3 + static_cast<int>(info.kind);
}

std::unique_ptr<Program::Plan> Program::make_plan(index_t batch) const {
  auto plan = std::make_unique<Plan>();
  plan->batch = batch;
  plan->prologue = make_stage(prologue_, batch);
  plan->step = make_stage(instructions_, batch);
  plan->epilogue = make_stage(epilogue_, batch);
  for (const Stage* stage : {&plan->prologue, &plan->step, &plan->epilogue}) {
    for (const Task& task : stage->tasks) plan->scratch_bytes = std::max(plan->scratch_bytes, task.scratch);
    plan->any_parallel |= std::count(stage->parallel.begin(), stage->parallel.end(), true) > 0;
  }
  std::vector<index_t> slot_bytes;
  for (const auto& info : buffers_) {
    if (info.kind != BufferKind::temporary) continue;
    const auto slot = static_cast<std::size_t>(info.index);
    if (slot_bytes.size() <= slot) slot_bytes.resize(slot + 1, 0);
    slot_bytes[slot] = std::max(slot_bytes[slot], count_of(info.dimensions, batch) * size_of(info.dtype));
  }
  for (const index_t bytes : slot_bytes) {
    plan->slot_offsets.push_back(plan->arena_bytes);
    plan->arena_bytes += (bytes / 64 + 1) * 64;
  }
  return plan;
}

Program::Stage Program::make_stage(const Instructions& instructions, index_t batch) const {
  Stage stage;
  for (const auto& instruction : instructions) {
    stage.tasks.push_back(instruction->bind(batch));
    stage.parallel.push_back(stage.tasks.back().units > 1 && stage.tasks.back().cost > parallel_cost);
  }
  stage.barrier_before = place_barriers(instructions, stage.parallel);
  return stage;
}

// A barrier stands only between tasks that touch the same memory and are not both thread 0's, after one that may fail,
// and before a stage.
std::vector<bool> Program::place_barriers(const Instructions& instructions, const std::vector<bool>& parallel) const {
  std::vector<bool> barrier_before;
  std::set<int> read, written, read_by_all, written_by_all;
  for (std::size_t t = 0; t < instructions.size(); ++t) {
    const auto touches = [&](const std::set<int>& memory, const std::vector<int>& buffers) {
      return std::any_of(buffers.begin(), buffers.end(),
                         [&](int buffer) { return memory.count(memory_of(buffer)) > 0; });
    };
    const auto& reads = instructions[t]->reads;
    const auto& writes = instructions[t]->writes;
    const auto& reads_before = parallel[t] ? read : read_by_all;
    const auto& writes_before = parallel[t] ? written : written_by_all;
    barrier_before.push_back(t == 0 || instructions[t - 1]->may_fail() || touches(writes_before, reads) ||
                             touches(writes_before, writes) || touches(reads_before, writes));
    if (barrier_before.back()) {
      for (auto* memory : {&read, &written, &read_by_all, &written_by_all}) memory->clear();
    }
    for (const int buffer : reads) {
      if (memory_of(buffer) < 0) continue;
      read.insert(memory_of(buffer));
      if (parallel[t]) read_by_all.insert(memory_of(buffer));
    }
    for (const int buffer : writes) {
      written.insert(memory_of(buffer));
      if (parallel[t]) written_by_all.insert(memory_of(buffer));
    }
  }
  return barrier_before;
}

std::unique_ptr<Program::Execution> Program::acquire_execution() const {
  const std::unique_lock lock(idle_mutex_.get());
  if (idle_.empty()) return std::make_unique<Execution>();
  auto execution = std::move(idle_.back());
  idle_.pop_back();
  return execution;
}

void Program::release_execution(std::unique_ptr<Execution> execution) const {
  const std::unique_lock lock(idle_mutex_.get());
  if (idle_.size() < idle_limit) idle_.push_back(std::move(execution));
}

void Program::set_pointers(Frame& frame, const Plan& plan, Execution& execution,
                           const std::vector<Output>& outputs) const {
  frame.pointers.clear();
  for (const auto& info : buffers_) {
    const auto index = static_cast<std::size_t>(info.index);
    switch (info.kind) {
      case BufferKind::temporary:
        frame.pointers.push_back(execution.arena.data() + plan.slot_offsets[index]);
        break;
      case BufferKind::variable:
        frame.pointers.push_back(variables_[index]->data());
        break;
      case BufferKind::output:
        frame.pointers.push_back(outputs[index].data);
        break;
      case BufferKind::constant:
        frame.pointers.push_back(constants_[index].data());
        break;
    }
  }
}

void Program::run(const Feed& feed, index_t first, index_t count, const std::vector<Output>& outputs) const {
  const VariableLocks locks(variables_, written_);
  auto execution = acquire_execution();
  const index_t end = first + count;
  while (first < end) {
    // Batches of one size go together; only the last of the feed is smaller.
    const index_t batch = feed.rows_of_batch(first);
    const index_t together = feed.rows_of_batch(end - 1) == batch ? end - first : end - 1 - first;
    const Plan& plan = execution->plan_for(*this, batch);
    const Team team(plan.any_parallel);
    execution->reserve(plan, team.threads());
    Walk(*this, feed, plan, *execution, first, together, outputs, team.threads()).run(team.threads());
    first += together;
  }
  release_execution(std::move(execution));
}

}  // namespace nnfast
