// Instructions that go along an axis in order: scans, and the order of values.
#pragma once

#include "runtime/instruction.h"

namespace nnfast {

// out[o, i, :] = x[o, i, :] + factors[o, i, :] * out[o, i - 1, :], from the first i or, in reverse, from the last one
// on (then it is i + 1). Without factors (-1) these are running sums.
class ScanInstruction : public Instruction {
 public:
  ScanInstruction(DType dtype, int x, int factors, int out, index_t outer, index_t length, index_t inner, bool reverse);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  int x_, factors_, out_;
  index_t outer_, length_, inner_;
  bool reverse_;
};

// out[row] = the columns of x[row, :] as int32, ordered by their values, the least first; equal ones keep their order,
// and NaN is last.
class ArgSortInstruction : public Instruction {
 public:
  ArgSortInstruction(DType dtype, int x, int out, index_t rows, index_t columns);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  int x_, out_;
  index_t rows_, columns_;
};

}  // namespace nnfast
