// Matrices in panels: the layout that products read and write fastest. A panel is a few columns, all rows of them one
// after the other; panels follow each other. A Program keeps weights so for the length of a run, and gives them back
// row by row at its end.
#pragma once

#include "kernels/dispatch.h"
#include "runtime/instruction.h"

namespace nnfast {

// Columns that a panel has room for where `left` columns are left: whole panels, and at the end what vectors need.
template <class T>
index_t panel_width(index_t left) {
  const auto& kernels = kernels_of<T>(nnfast::kernels());
  return std::min(kernels.panel_columns, divide_up(left, kernels.lanes) * kernels.lanes);
}

// panels = x, a rows x columns matrix.
class PackInstruction : public Instruction {
 public:
  PackInstruction(DType dtype, int x, int panels, index_t rows, index_t columns);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  int x_, panels_;
  index_t rows_, columns_;
};

// out = a rows x columns matrix that lies in panels.
class UnpackInstruction : public Instruction {
 public:
  UnpackInstruction(DType dtype, int panels, int out, index_t rows, index_t columns);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  int panels_, out_;
  index_t rows_, columns_;
};

}  // namespace nnfast
