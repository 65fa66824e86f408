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

// The buffers of the lists of a matrix's nonzeros: values, numbers, ranges. -1 where there are none.
struct NonzerosBuffers {
  int values = -1, numbers = -1, ranges = -1;

  template <class T>
  Nonzeros<T> at(const Frame& frame, index_t samples, index_t columns) const {
    return {frame.at<T>(values), frame.at<std::int32_t>(numbers), frame.at<NonzerosRange>(ranges),
            divide_up(columns, nonzeros_group), samples};
  }
};

// Lists the nonzeros of x, a samples x columns matrix, for products that have it on their left side.
class ListNonzerosInstruction : public Instruction {
 public:
  ListNonzerosInstruction(DType dtype, int x, NonzerosBuffers out, index_t samples, index_t columns);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  int x_;
  NonzerosBuffers out_;
  index_t samples_, columns_;
};

class MatmulInstruction : public Instruction {
 public:
  // `out` is ignored (-1) where an epilogue says what is written. `nonzeros`, where given, are those of one matrix `a`,
  // before it is transposed; the product then skips its zeros, for the same bits where b is finite.
  MatmulInstruction(DType dtype, int a, int b, int out, MatmulShape shape, std::optional<PointwiseCode> epilogue,
                    NonzerosBuffers nonzeros = {});
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  int a_, b_, out_;
  MatmulShape shape_;
  std::optional<PointwiseCode> epilogue_;
  NonzerosBuffers nonzeros_;
};

}  // namespace nnfast
