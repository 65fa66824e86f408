// A Program: instructions over numbered buffers, run for whole epochs. It knows nothing of layers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/lock.h"
#include "runtime/feed.h"
#include "runtime/instruction.h"
#include "runtime/variable.h"

namespace nnfast {

class Program {
 public:
  enum class BufferKind : std::uint8_t {
    temporary,  // index: the slot of the arena it lies in, shared by buffers that are never alive together
    variable,   // index: which of the Program's variables
    output,     // index: which of the arrays given to run()
    constant,   // index: which of the Program's constants
  };
  struct BufferInfo {
    BufferKind kind;
    DType dtype;
    Dimensions dimensions;
    int index;
  };

  // Memory of the caller that a run writes: the batch's rows, or the last batch's value where row_bytes is 0.
  struct Output {
    std::byte* data;
    index_t row_bytes;
  };

  Program();
  ~Program();

  // Building, in any order but that of instructions.
  int add_buffer(BufferKind kind, DType dtype, Dimensions dimensions, int index);
  int add_variable(std::shared_ptr<Variable> variable);
  int add_constant(const std::byte* data, index_t bytes);
  void add_instruction(std::unique_ptr<Instruction> instruction);
  // Instructions that a run begins and ends with, instead of those of each step.
  void add_to_prologue(std::unique_ptr<Instruction> instruction);
  void add_to_epilogue(std::unique_ptr<Instruction> instruction);
  void add_gather(std::unique_ptr<GatherInstruction> gather);

  // Runs batches first .. first + count - 1 of the feed. Throws std::out_of_range where a label was found outside its
  // classes, before that step changed a weight.
  void run(const Feed& feed, index_t first, index_t count, const std::vector<Output>& outputs) const;

  // The chains of a step that have no kernel of their own, as kernels/compiled_chains.inc would have them.
  std::vector<std::string> interpreted_chains(index_t batch) const;

 private:
  using Instructions = std::vector<std::unique_ptr<Instruction>>;
  struct Stage;
  struct Plan;
  struct Execution;
  class Walk;

  void add(Instructions& stage, std::unique_ptr<Instruction> instruction);
  std::unique_ptr<Plan> make_plan(index_t batch) const;
  Stage make_stage(const Instructions& instructions, index_t batch) const;
  std::vector<bool> phase_begins_of(const Instructions& instructions, const std::vector<bool>& parallel) const;
  int memory_of(int buffer) const;
  std::unique_ptr<Execution> acquire_execution() const;
  void release_execution(std::unique_ptr<Execution> execution) const;
  void set_pointers(Frame& frame, const Plan& plan, Execution& execution, const std::vector<Output>& outputs) const;

  std::vector<BufferInfo> buffers_;
  std::vector<std::shared_ptr<Variable>> variables_;
  std::vector<bool> written_;  // by variable
  std::vector<Buffer> constants_;
  Instructions prologue_, instructions_, epilogue_;
  std::vector<const GatherInstruction*> gathers_;

  // Arenas of finished runs, kept for the next.
  ForkSafeMutex idle_mutex_;
  mutable std::vector<std::unique_ptr<Execution>> idle_;
};

}  // namespace nnfast
