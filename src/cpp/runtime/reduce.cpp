#include "runtime/reduce.h"

#include "kernels/dispatch.h"

namespace nnfast {

namespace {

// Elements that are worth a unit of their own.
constexpr index_t unit_elements = 4096;

// A task over `rows` rows of `columns` elements: run(frame, first row, rows).
template <class Run>
Task row_task(index_t rows, index_t columns, double element_cost, Run run) {
  const index_t rows_per_unit = std::max<index_t>(1, unit_elements / std::max<index_t>(1, columns));
  Task task;
  task.units = divide_up(rows, rows_per_unit);
  task.cost = element_cost * static_cast<double>(rows * columns);
  task.run = [=](const Frame& frame, index_t first, index_t last, Scratch&) {
    const index_t begin = first * rows_per_unit, end = std::min(rows, last * rows_per_unit);
    if (begin < end) run(frame, begin, end - begin);
  };
  return task;
}

}  // namespace

ReduceInstruction::ReduceInstruction(DType dtype, Reduction kind, int x, int out, index_t outer, index_t reduced,
                                     index_t inner)
    : dtype_(dtype), kind_(kind), x_(x), out_(out), outer_(outer), reduced_(reduced), inner_(inner) {
  reads = {x};
  writes = {out};
}

Task ReduceInstruction::bind(index_t batch) const {
  const index_t outer = resolve(outer_, batch), reduced = resolve(reduced_, batch), inner = resolve(inner_, batch);
  return for_dtype(dtype_, [&](auto zero) {
    using T = decltype(zero);
    const auto& kernels = kernels_of<T>(nnfast::kernels());
    const int x = x_, out = out_, kind = static_cast<int>(kind_);
    if (inner == 1) {
      const auto kernel = kernels.reduce_columns[kind];
      return row_task(outer, reduced, 0.1, [=](const Frame& frame, index_t row, index_t rows) {
        kernel(rows, reduced, frame.at<T>(x) + row * reduced, reduced, frame.at<T>(out) + row);
      });
    }
    // Columns are split among units, so that every output is one thread's sum over ascending rows.
    const auto kernel = kernels.reduce_rows[kind];
    const index_t step = std::max<index_t>(64, unit_elements / std::max<index_t>(1, reduced) / 64 * 64);
    const index_t steps = divide_up(inner, step);
    Task task;
    task.units = outer * steps;
    task.cost = 0.1 * static_cast<double>(outer * reduced * inner);
    task.run = [=](const Frame& frame, index_t first, index_t last, Scratch&) {
      for (index_t unit = first; unit < last; ++unit) {
        const index_t row = unit / steps, column = unit % steps * step;
        kernel(reduced, std::min(step, inner - column), frame.at<T>(x) + row * reduced * inner + column, inner,
               frame.at<T>(out) + row * inner + column);
      }
    };
    return task;
  });
}

ArgReduceInstruction::ArgReduceInstruction(DType dtype, ArgReduction kind, int x, int out, index_t rows,
                                           index_t columns)
    : dtype_(dtype), kind_(kind), x_(x), out_(out), rows_(rows), columns_(columns) {
  reads = {x};
  writes = {out};
}

Task ArgReduceInstruction::bind(index_t batch) const {
  const index_t columns = resolve(columns_, batch);
  return for_dtype(dtype_, [&](auto zero) {
    using T = decltype(zero);
    const auto kernel = kernels_of<T>(nnfast::kernels()).arg_reduce_columns[static_cast<int>(kind_)];
    const int x = x_, out = out_;
    return row_task(resolve(rows_, batch), columns, 0.3, [=](const Frame& frame, index_t row, index_t rows) {
      constexpr index_t block = 64;
      std::int64_t indices[block];
      for (index_t r = 0; r < rows; r += block) {
        const index_t n = std::min(block, rows - r);
        kernel(n, columns, frame.at<T>(x) + (row + r) * columns, columns, indices);
        std::copy(indices, indices + n, frame.at<std::int32_t>(out) + row + r);
      }
    });
  });
}

SoftmaxInstruction::SoftmaxInstruction(DType dtype, Kind kind, int x, int out, index_t rows, index_t columns)
    : dtype_(dtype), kind_(kind), x_(x), out_(out), rows_(rows), columns_(columns) {
  reads = {x};
  writes = {out};
}

Task SoftmaxInstruction::bind(index_t batch) const {
  const index_t columns = resolve(columns_, batch);
  return for_dtype(dtype_, [&](auto zero) {
    using T = decltype(zero);
    const auto& kernels = kernels_of<T>(nnfast::kernels());
    const auto kernel = kind_ == Kind::softmax ? kernels.softmax : kernels.log_softmax;
    const int x = x_, out = out_;
    return row_task(resolve(rows_, batch), columns, 1.5, [=](const Frame& frame, index_t row, index_t rows) {
      kernel(rows, columns, frame.at<T>(x) + row * columns, frame.at<T>(out) + row * columns);
    });
  });
}

CrossEntropyInstruction::CrossEntropyInstruction(DType dtype, DType target_dtype, int logits, int targets, int loss,
                                                 int difference, index_t rows, index_t columns)
    : dtype_(dtype),
      target_dtype_(target_dtype),
      logits_(logits),
      targets_(targets),
      loss_(loss),
      difference_(difference),
      rows_(rows),
      columns_(columns) {
  reads = {logits, targets};
  writes = {loss};
  if (difference >= 0) writes.push_back(difference);
}

Task CrossEntropyInstruction::bind(index_t batch) const {
  const index_t columns = resolve(columns_, batch);
  return for_dtype(dtype_, [&](auto zero) {
    using T = decltype(zero);
    const auto& kernels = kernels_of<T>(nnfast::kernels());
    const bool sparse = target_dtype_ == DType::int64;
    return row_task(resolve(rows_, batch), columns, 2.0,
                    [=, &kernels, logits = logits_, targets = targets_, loss = loss_, difference = difference_](
                        const Frame& frame, index_t row, index_t rows) {
                      const T* x = frame.at<T>(logits) + row * columns;
                      T* losses = frame.at<T>(loss) + row;
                      T* differences = difference < 0 ? nullptr : frame.at<T>(difference) + row * columns;
                      if (!sparse) {
                        kernels.cross_entropy(rows, columns, x, frame.at<T>(targets) + row * columns, losses,
                                              differences);
                        return;
                      }
                      const std::int64_t* labels = frame.at<std::int64_t>(targets) + row;
                      const index_t bad = kernels.sparse_cross_entropy(rows, columns, x, labels, losses, differences);
                      if (bad >= 0) frame.fault->report({Fault::Kind::label, row + bad, labels[bad], columns});
                    });
  });
}

}  // namespace nnfast
