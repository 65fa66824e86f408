// Instructions that read and change rows whose numbers are computed: take, and scatter, its gradient.
#pragma once

#include "kernels/kernels.h"
#include "runtime/instruction.h"

namespace nnfast {

// Rows of tables: x is outer x length x inner, and each of `count` indices names one of the length. There is one list
// of indices for all of the outer tables, or one for each.
struct TableShape {
  index_t outer, length, inner;
  index_t count, lists;
};
inline TableShape resolved(const TableShape& shape, index_t batch) {
  return {resolve(shape.outer, batch), resolve(shape.length, batch), resolve(shape.inner, batch),
          resolve(shape.count, batch), resolve(shape.lists, batch)};
}

// out[o, i, :] = x[o, indices[o % lists, i], :]. Indices are int32 or int64, from -length, counted from the end, to
// length - 1; any other is a Fault.
class TakeInstruction : public Instruction {
 public:
  TakeInstruction(DType dtype, DType index_dtype, int x, int indices, int out, TableShape shape);
  Task bind(index_t batch) const override;
  bool may_fail() const override { return true; }

 private:
  DType dtype_, index_dtype_;
  int x_, indices_, out_;
  TableShape shape_;
};

// out[o, r, :] = the reduction of x[o, i, :] over the i with indices[o % lists, i] = r, ascending; x is outer x count x
// inner. Indices that are out of range are left out.
class ScatterInstruction : public Instruction {
 public:
  ScatterInstruction(DType dtype, DType index_dtype, Reduction kind, int x, int indices, int out, TableShape shape);
  Task bind(index_t batch) const override;

 private:
  DType dtype_, index_dtype_;
  Reduction kind_;
  int x_, indices_, out_;
  TableShape shape_;
};

}  // namespace nnfast
