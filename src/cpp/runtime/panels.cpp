#include "runtime/panels.h"

namespace nnfast {

namespace {

// A task with a unit for each panel: copy(frame, first column, columns, where the panel begins).
template <class T, class Copy>
Task panel_task(index_t rows, index_t columns, Copy copy) {
  const index_t step = kernels_of<T>(nnfast::kernels()).panel_columns;
  Task task;
  task.units = divide_up(columns, step);
  task.cost = 0.2 * static_cast<double>(rows * columns);
  task.run = [=](const Frame& frame, index_t first, index_t last, Scratch&) {
    for (index_t column = first * step; column < std::min(columns, last * step); column += step) {
      copy(frame, column, std::min(step, columns - column), column * rows);
    }
  };
  return task;
}

template <class T>
Task pack_task(int x, int panels, index_t rows, index_t columns) {
  const auto pack = kernels_of<T>(nnfast::kernels()).pack;
  return panel_task<T>(rows, columns, [=](const Frame& frame, index_t column, index_t count, index_t offset) {
    pack(rows, count, frame.at<T>(x) + column, columns, 1, frame.at<T>(panels) + offset);
  });
}

template <class T>
Task unpack_task(int panels, int out, index_t rows, index_t columns) {
  const auto copy = kernels_of<T>(nnfast::kernels()).copy_strided;
  return panel_task<T>(rows, columns, [=](const Frame& frame, index_t column, index_t count, index_t offset) {
    copy(rows, count, frame.at<T>(panels) + offset, panel_width<T>(columns - column), 1, frame.at<T>(out) + column,
         columns);
  });
}

}  // namespace

PackInstruction::PackInstruction(DType dtype, int x, int panels, index_t rows, index_t columns)
    : dtype_(dtype), x_(x), panels_(panels), rows_(rows), columns_(columns) {
  reads = {x};
  writes = {panels};
}

Task PackInstruction::bind(index_t) const {
  return for_dtype(dtype_, [&](auto zero) { return pack_task<decltype(zero)>(x_, panels_, rows_, columns_); });
}

UnpackInstruction::UnpackInstruction(DType dtype, int panels, int out, index_t rows, index_t columns)
    : dtype_(dtype), panels_(panels), out_(out), rows_(rows), columns_(columns) {
  reads = {panels};
  writes = {out};
}

Task UnpackInstruction::bind(index_t) const {
  return for_dtype(dtype_, [&](auto zero) { return unpack_task<decltype(zero)>(panels_, out_, rows_, columns_); });
}

}  // namespace nnfast
