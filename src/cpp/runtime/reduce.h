// Reductions, and what runs row by row: softmax and the cross-entropies.
#pragma once

#include "kernels/kernels.h"
#include "runtime/instruction.h"

namespace nnfast {

// out[outer, inner] = reduction of x[outer, reduced, inner] over its middle dimension.
class ReduceInstruction : public Instruction {
 public:
  ReduceInstruction(DType dtype, Reduction kind, int x, int out, index_t outer, index_t reduced, index_t inner);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  Reduction kind_;
  int x_, out_;
  index_t outer_, reduced_, inner_;
};

// out[row] = index of the first extreme of x[row, :], stored as int32.
class ArgReduceInstruction : public Instruction {
 public:
  ArgReduceInstruction(DType dtype, ArgReduction kind, int x, int out, index_t rows, index_t columns);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  ArgReduction kind_;
  int x_, out_;
  index_t rows_, columns_;
};

class SoftmaxInstruction : public Instruction {
 public:
  enum class Kind : std::uint8_t { softmax, log_softmax };
  SoftmaxInstruction(DType dtype, Kind kind, int x, int out, index_t rows, index_t columns);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  Kind kind_;
  int x_, out_;
  index_t rows_, columns_;
};

// Softmax cross-entropy from logits. targets are int64 labels (sparse) or rows of the logits' type; `difference`,
// softmax(logits) - targets, is -1 where nobody wants the gradient.
class CrossEntropyInstruction : public Instruction {
 public:
  CrossEntropyInstruction(DType dtype, DType target_dtype, int logits, int targets, int loss, int difference,
                          index_t rows, index_t columns);
  Task bind(index_t batch) const override;
  bool may_fail() const override { return target_dtype_ == DType::int64; }

 private:
  DType dtype_, target_dtype_;
  int logits_, targets_, loss_, difference_;
  index_t rows_, columns_;
};

}  // namespace nnfast
