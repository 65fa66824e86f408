#include "runtime/program.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/phases.h"
#include "base/threads.h"

namespace nnfast {

namespace {

// Work shorter than this many nanoseconds is not worth a second thread.
constexpr double parallel_cost = 4000;

// Nor is a piece of work of fewer nanoseconds worth being taken on its own.
constexpr double piece_cost = 2000;

// Idle arenas that a Program keeps; more concurrent runs than this allocate their own.
constexpr std::size_t idle_limit = 4;

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
  // A task that is cut into pieces, or tasks that are one piece together, run in their order.
  struct Work {
    std::vector<std::size_t> tasks;
    index_t pieces;
  };
  // Works that do not wait for each other.
  struct Phase {
    std::vector<Work> works;
    std::vector<index_t> pieces;  // of each work
  };
  std::vector<Task> tasks;
  std::vector<Phase> phases;
};

// What a run of batches of one size does: the prologue, steps, the epilogue.
struct Program::Plan {
  index_t batch;
  Stage prologue, step, epilogue;
  std::vector<index_t> slot_offsets;
  index_t arena_bytes = 0;
  index_t scratch_bytes = 0;
  bool any_parallel = false;
  std::size_t most_works = 0;
};

// What a run needs for itself.
struct Program::Execution {
  std::vector<std::unique_ptr<Plan>> plans;  // the last few batch sizes
  Buffer arena;
  std::vector<Buffer> memory;  // a thread's scratch lies in its own

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
    if (memory.size() < static_cast<std::size_t>(threads)) memory.resize(static_cast<std::size_t>(threads));
    for (auto& buffer : memory) {
      if (buffer.data() == nullptr || buffer.bytes() < bytes) buffer = Buffer(bytes);
    }
  }
};

// One run of consecutive batches of one size, as every thread of the team walks it: through the phases of the prologue,
// of every step, and of the epilogue.
class Program::Walk {
 public:
  Walk(const Program& program, const Feed& feed, const Plan& plan, Execution& execution, index_t first, index_t count,
       const std::vector<Output>& outputs, int threads)
      : program_(program),
        feed_(feed),
        plan_(plan),
        first_(first),
        outputs_(outputs),
        steps_begin_(1 + size(plan.prologue)),
        epilogue_begin_(steps_begin_ + count * size(plan.step)),
        end_(epilogue_begin_ + size(plan.epilogue)),
        phases_(threads, end_, plan.most_works) {
    // Here, where a lack of memory can still be thrown: the team's threads allocate nothing.
    Frame frame;
    frame.feed = &feed_;
    frame.batch = plan_.batch;
    frame.fault = &fault_;
    program_.set_pointers(frame, plan_, execution, outputs_);
    base_ = frame.pointers;
    for (int thread = 0; thread < threads; ++thread) {
      workers_.push_back({frame, {execution.memory[static_cast<std::size_t>(thread)].data(), -1}, nullptr});
    }
  }

  void run(int threads) {
    parallel(threads, [](void* walk, int thread, int) { static_cast<Walk*>(walk)->work(thread); }, this);
    if (fault_.found) throw std::out_of_range(fault_.message());
  }

 private:
  struct alignas(64) Worker {
    Frame frame;
    Scratch scratch;
    const Task* task;  // the last one in this phase
  };

  static Phases::Number size(const Stage& stage) { return static_cast<Phases::Number>(stage.phases.size()); }

  void work(int thread) {
    Worker& worker = workers_[static_cast<std::size_t>(thread)];
    index_t step = -1;
    for (Phases::Number number = phases_.present(); number < end_;) {
      const Stage* stage = &plan_.prologue;
      Phases::Number at = number - 1;
      if (number >= epilogue_begin_) {
        stage = &plan_.epilogue;
        at = number - epilogue_begin_;
      } else if (number >= steps_begin_) {
        stage = &plan_.step;
        at = (number - steps_begin_) % size(plan_.step);
        const index_t now = first_ + (number - steps_begin_) / size(plan_.step);
        if (now != step) move_to(worker.frame, now * feed_.batch_size());
        step = now;
      }
      const Stage::Phase& phase = stage->phases[static_cast<std::size_t>(at)];
      worker.task = nullptr;
      number = phases_.take_part(
          thread, number, phase.pieces,
          [&](std::size_t work, index_t first, index_t last) {
            run_pieces(*stage, phase.works[work], first, last, worker);
          },
          // After a fault, what the steps before it did is kept.
          [&] { return fault_.found && number < epilogue_begin_ ? epilogue_begin_ : number + 1; });
    }
  }

  static void run_pieces(const Stage& stage, const Stage::Work& work, index_t first, index_t last, Worker& worker) {
    for (const std::size_t t : work.tasks) {
      const Task& task = stage.tasks[t];
      if (worker.task != &task) worker.scratch.holds = -1;
      worker.task = &task;
      task.run(worker.frame, task.units * first / work.pieces, task.units * last / work.pieces, worker.scratch);
    }
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

  const Program& program_;
  const Feed& feed_;
  const Plan& plan_;
  const index_t first_;
  const std::vector<Output>& outputs_;
  std::vector<std::byte*> base_;  // where buffers lie for the first row
  std::vector<Worker> workers_;
  Fault fault_;
  const Phases::Number steps_begin_, epilogue_begin_, end_;
  Phases phases_;
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
    for (const Stage::Phase& phase : stage->phases) {
      plan->most_works = std::max(plan->most_works, phase.works.size());
      for (const index_t pieces : phase.pieces) plan->any_parallel |= pieces > 1;
    }
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
  std::vector<bool> parallel;
  for (const auto& instruction : instructions) {
    stage.tasks.push_back(instruction->bind(batch));
    parallel.push_back(stage.tasks.back().units > 1 && stage.tasks.back().cost > parallel_cost);
  }
  const std::vector<bool> phase_begins = phase_begins_of(instructions, parallel);
  std::size_t serial = 0;  // which work of the phase holds the tasks that are not cut
  for (std::size_t t = 0; t < instructions.size(); ++t) {
    if (phase_begins[t]) {
      stage.phases.emplace_back();
      serial = instructions.size();
    }
    auto& phase = stage.phases.back();
    if (!parallel[t] && serial < instructions.size()) {
      phase.works[serial].tasks.push_back(t);
      continue;
    }
    if (!parallel[t]) serial = phase.works.size();
    const Task& task = stage.tasks[t];
    const auto worthwhile = static_cast<index_t>(std::min(task.cost / piece_cost, 1e6));
    phase.pieces.push_back(parallel[t] ? std::clamp(worthwhile, index_t{2}, std::min(task.units, Phases::most_pieces))
                                       : 1);
    phase.works.push_back({{t}, phase.pieces.back()});
  }
  return stage;
}

// A phase ends where a task touches memory that an earlier one of the phase touches too, unless neither is cut into
// pieces; and after one that may fail.
std::vector<bool> Program::phase_begins_of(const Instructions& instructions, const std::vector<bool>& parallel) const {
  std::vector<bool> begins;
  std::set<int> read, written, read_in_pieces, written_in_pieces;
  for (std::size_t t = 0; t < instructions.size(); ++t) {
    const auto touches = [&](const std::set<int>& memory, const std::vector<int>& buffers) {
      return std::any_of(buffers.begin(), buffers.end(),
                         [&](int buffer) { return memory.count(memory_of(buffer)) > 0; });
    };
    const auto& reads = instructions[t]->reads;
    const auto& writes = instructions[t]->writes;
    const auto& reads_before = parallel[t] ? read : read_in_pieces;
    const auto& writes_before = parallel[t] ? written : written_in_pieces;
    begins.push_back(t == 0 || instructions[t - 1]->may_fail() || touches(writes_before, reads) ||
                     touches(writes_before, writes) || touches(reads_before, writes));
    if (begins.back()) {
      for (auto* memory : {&read, &written, &read_in_pieces, &written_in_pieces}) memory->clear();
    }
    for (const int buffer : reads) {
      if (memory_of(buffer) < 0) continue;
      read.insert(memory_of(buffer));
      if (parallel[t]) read_in_pieces.insert(memory_of(buffer));
    }
    for (const int buffer : writes) {
      written.insert(memory_of(buffer));
      if (parallel[t]) written_in_pieces.insert(memory_of(buffer));
    }
  }
  return begins;
}

std::vector<std::string> Program::interpreted_chains(index_t batch) const {
  std::vector<std::string> chains;
  for (const auto& instruction : instructions_) {
    const Task task = instruction->bind(batch);
    chains.insert(chains.end(), task.interpreted.begin(), task.interpreted.end());
  }
  return chains;
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
        frame.pointers.push_back(written_[index] ? variables_[index]->data_to_change() : variables_[index]->data());
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
