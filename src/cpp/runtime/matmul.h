// Matrix products: blocks and threads around one micro-kernel, with a pointwise program run on each block of the result
// while it is in L1. A dense layer's bias, activation, activation gradient and weight update are such programs.
#pragma once

#include <optional>

#include "runtime/instruction.h"
#include "runtime/pointwise.h"

namespace nnfast {

// out[..., rows, columns] = a . b, where a is (rows, depth), or (depth, rows) transposed, and b is (depth, columns), or
// (columns, depth) transposed. `matrices` products lie one after the other in all three.
struct MatmulShape {
  index_t matrices, rows, columns, depth;  // each as a Dimension
  bool transpose_a, transpose_b;
  bool b_panels;  // b, before it is transposed, lies in panels (runtime/panels.h)
};

class MatmulInstruction : public Instruction {
 public:
  // `out` is ignored (-1) where an epilogue says what is written.
  MatmulInstruction(DType dtype, int a, int b, int out, MatmulShape shape, std::optional<PointwiseCode> epilogue);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  int a_, b_, out_;
  MatmulShape shape_;
  std::optional<PointwiseCode> epilogue_;
};

}  // namespace nnfast
