#include "runtime/indexing.h"

#include <cstring>
#include <limits>

#include "kernels/dispatch.h"

namespace nnfast {

namespace {

// bind(I{}) with the type that indices have.
template <class Bind>
Task for_index_type(DType dtype, Bind bind) {
  return dtype == DType::int32 ? bind(std::int32_t{}) : bind(std::int64_t{});
}

}  // namespace

TakeInstruction::TakeInstruction(DType dtype, DType index_dtype, int x, int indices, int out, TableShape shape)
    : dtype_(dtype), index_dtype_(index_dtype), x_(x), indices_(indices), out_(out), shape_(shape) {
  reads = {x, indices};
  writes = {out};
}

Task TakeInstruction::bind(index_t batch) const {
  const TableShape shape = resolved(shape_, batch);
  const index_t bytes = shape.inner * size_of(dtype_);
  return for_index_type(index_dtype_, [&](auto zero) {
    using Index = decltype(zero);
    constexpr index_t rows_per_unit = 16;
    const index_t rows = shape.outer * shape.count;
    Task task;
    task.units = divide_up(rows, rows_per_unit);
    task.cost = static_cast<double>(rows) * (5.0 + 0.1 * static_cast<double>(bytes));
    task.run = [=, x = x_, indices = indices_, out = out_](const Frame& frame, index_t first, index_t last, Scratch&) {
      const index_t end = std::min(rows, last * rows_per_unit);
      for (index_t row = first * rows_per_unit; row < end; ++row) {
        const index_t number = row % (shape.count * shape.lists);
        const auto index = static_cast<index_t>(frame.at<Index>(indices)[number]);
        const index_t source = row_of(index, shape.length);
        if (source < 0) {
          frame.fault->report({Fault::Kind::index, number, index, shape.length});
        } else if (bytes > 0) {
          std::memcpy(frame.at<std::byte>(out) + row * bytes,
                      frame.at<std::byte>(x) + (row / shape.count * shape.length + source) * bytes,
                      static_cast<std::size_t>(bytes));
        }
      }
    };
    return task;
  });
}

ScatterInstruction::ScatterInstruction(DType dtype, DType index_dtype, Reduction kind, int x, int indices, int out,
                                       TableShape shape)
    : dtype_(dtype), index_dtype_(index_dtype), kind_(kind), x_(x), indices_(indices), out_(out), shape_(shape) {
  reads = {x, indices};
  writes = {out};
}

namespace {

// What a reduction puts two values together with, and what it gives of none; in the order of Reduction.
constexpr PointwiseOp combining[] = {PointwiseOp::add, PointwiseOp::maximum, PointwiseOp::minimum,
                                     PointwiseOp::multiply};
constexpr double identities[] = {0, -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(),
                                 1};

// A unit is a range of the table's rows: it looks at all indices, and combines what belongs into its range.
template <class T, class Index>
Task scatter_task(Reduction kind, int x, int indices, int out, const TableShape& shape) {
  constexpr index_t ranges = 16;
  const index_t range = std::max<index_t>(1, divide_up(shape.length, ranges));
  const index_t units = divide_up(shape.length, range);
  const auto number = static_cast<std::size_t>(kind);
  const auto combine = kernels_of<T>(nnfast::kernels()).pointwise[static_cast<int>(combining[number])];
  const T identity = static_cast<T>(identities[number]);
  Task task;
  task.units = shape.outer * units;
  task.cost = static_cast<double>(shape.outer * shape.count) * (0.5 * ranges + 0.2 * static_cast<double>(shape.inner)) +
              0.1 * static_cast<double>(shape.outer * shape.length * shape.inner);
  task.run = [=](const Frame& frame, index_t first, index_t last, Scratch&) {
    for (index_t unit = first; unit < last; ++unit) {
      const index_t outer = unit / units, begin = unit % units * range, end = std::min(shape.length, begin + range);
      T* table = frame.at<T>(out) + outer * shape.length * shape.inner;
      std::fill(table + begin * shape.inner, table + end * shape.inner, identity);
      const T* source = frame.at<T>(x) + outer * shape.count * shape.inner;
      const Index* list = frame.at<Index>(indices) + outer % shape.lists * shape.count;
      for (index_t i = 0; i < shape.count; ++i, source += shape.inner) {
        const index_t row = row_of(static_cast<index_t>(list[i]), shape.length);
        if (row < begin || row >= end) continue;
        T* result = table + row * shape.inner;
        combine(1, shape.inner, {result, shape.inner, 1}, {source, shape.inner, 1}, {}, result, shape.inner);
      }
    }
  };
  return task;
}

}  // namespace

Task ScatterInstruction::bind(index_t batch) const {
  const TableShape shape = resolved(shape_, batch);
  return for_dtype(dtype_, [&](auto value) {
    return for_index_type(index_dtype_, [&](auto index) {
      return scatter_task<decltype(value), decltype(index)>(kind_, x_, indices_, out_, shape);
    });
  });
}

}  // namespace nnfast
