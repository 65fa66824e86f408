// Pointwise programs: a chain of elementwise functions run tile by tile, so that intermediate values stay in registers,
// and those that don't never leave L1.
// They are instructions of their own, and the epilogue of a matrix product.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/types.h"
#include "kernels/kernels.h"
#include "runtime/instruction.h"

namespace nnfast {

// Values are numbered: the accumulator (epilogues only), then inputs, constants, and one per step.
struct PointwiseCode {
  struct Input {
    int buffer;
    DType dtype;
    std::vector<bool> present;  // for each dimension of the iteration: does the operand have it, or is it repeated
    bool panels;                // whether it lies in panels (runtime/panels.h) rather than row by row; epilogues only
  };
  struct Step {
    PointwiseOp op;
    std::array<int, 3> operands;  // value numbers; unused ones repeat the first
  };
  struct Output {
    int buffer;
    DType dtype;
    int value;
    bool panels;
  };

  DType compute;
  bool accumulator = false;
  std::vector<Input> inputs;
  std::vector<double> constants;
  std::vector<Step> steps;
  std::vector<Output> outputs;

  int first_input() const { return accumulator ? 1 : 0; }
  int first_constant() const { return first_input() + static_cast<int>(inputs.size()); }
  int first_step() const { return first_constant() + static_cast<int>(constants.size()); }
  int values() const { return first_step() + static_cast<int>(steps.size()); }
};

int arity_of(PointwiseOp op);

// A code bound to a batch size: runs any tile of a rows x columns iteration repeated `outer` times.
template <class T>
class PointwiseRunner {
 public:
  PointwiseRunner(const PointwiseCode& code, const Dimensions& dimensions, index_t batch);

  index_t outer() const { return outer_; }
  index_t rows() const { return rows_; }
  index_t columns() const { return columns_; }
  // Bytes that run() needs for tiles of up to `elements`.
  index_t scratch(index_t elements) const;
  // Estimated nanoseconds for one element.
  double cost() const { return cost_; }
  // The chains that have no kernel of their own, as chain_text writes them.
  const std::vector<std::string>& interpreted() const { return interpreted_; }

  struct Tile {
    index_t outer, row, rows, column, columns;
  };
  // accumulator: rows x columns, contiguous; null where the code has none.
  void run(const Frame& frame, const Tile& tile, const T* accumulator, std::byte* scratch) const;

 private:
  struct Input {
    int buffer;
    DType dtype;
    index_t row_stride, column_stride;
    std::vector<index_t> outer_strides;
    index_t slot;  // where a converted copy lies, or -1 where it is read in place
    bool panels;
  };
  // Where a value lies: in an output's buffer or in a register of the scratch; nowhere if only the next steps want it.
  struct Home {
    int buffer = -1;
    index_t slot = -1;
    bool panels = false;
  };
  struct Step {
    PointwiseOp op;
    std::array<int, 3> operands;
    std::array<PointwiseSource, 3> sources;
    bool keeps;
    Home home;
  };
  // Steps first .. last - 1 run as one chain, by its compiled kernel if there is one, or a single one by its own.
  struct Part {
    std::size_t first, last;
    bool chain;
    const CompiledChain<T>* compiled;
    std::vector<int> reads, writes;  // values, of a compiled chain
  };
  // Where a tile begins in a buffer of the iteration's shape, and how far apart its rows are.
  struct Place {
    index_t offset, row_stride;
  };

  void bind_dimensions(const PointwiseCode& code, const Dimensions& dimensions, index_t batch);
  void bind_steps(const PointwiseCode& code);
  void bind_parts(const PointwiseCode& code, const std::vector<int>& last_reads);
  std::string compile(const PointwiseCode& code, const std::vector<int>& last_reads, Part& part);
  void bind_sources(const PointwiseCode& code, const std::vector<int>& last_reads, const Part& part);
  void bind_homes(const PointwiseCode& code, const std::vector<int>& last_reads);
  Place place_of(const Tile& tile, bool panels) const;
  View<T> view_of_input(const Input& input, const Frame& frame, const Tile& tile, T* registers,
                        index_t register_size) const;
  View<T> view_of_home(const Home& home, const Frame& frame, const Tile& tile, T* registers,
                       index_t register_size) const;
  template <class ViewOf>
  void run_compiled(const Part& part, const Tile& tile, ViewOf view_of) const;
  void run_directly(const Frame& frame, const Tile& tile, const T* accumulator) const;
  void run_chain(const Part& part, const Tile& tile, const View<T>* views, PointwiseStep<T>* steps) const;
  void run_alone(const Step& step, const Tile& tile, const View<T>* views, View<T> out) const;
  void store(const PointwiseCode::Output& output, const Frame& frame, const Tile& tile, View<T> view) const;

  index_t outer_ = 1, rows_ = 1, columns_ = 1;
  std::vector<index_t> outer_dimensions_;
  bool accumulator_;
  std::vector<Input> inputs_;
  std::vector<T> constants_;
  std::vector<Step> steps_;
  std::vector<Part> parts_;
  std::vector<PointwiseCode::Output> stores_;  // outputs that no step writes in place
  int values_;
  index_t registers_ = 0;
  double cost_ = 0;
  std::vector<std::string> interpreted_;
};

class PointwiseInstruction : public Instruction {
 public:
  PointwiseInstruction(PointwiseCode code, Dimensions dimensions);
  Task bind(index_t batch) const override;

 private:
  PointwiseCode code_;
  Dimensions dimensions_;
};

}  // namespace nnfast
