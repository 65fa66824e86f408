// Operations on whole numbers.
#pragma once

#include "kernels/integers.h"
#include "runtime/instruction.h"

namespace nnfast {

// out = op(a, b), element by element; all of one integer type and one shape.
class IntegersInstruction : public Instruction {
 public:
  IntegersInstruction(DType dtype, IntegerOp op, int a, int b, int out, Dimensions dimensions);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  IntegerOp op_;
  int a_, b_, out_;
  Dimensions dimensions_;
};

}  // namespace nnfast
