#include "runtime/integers.h"

#include <stdexcept>

namespace nnfast {

IntegersInstruction::IntegersInstruction(DType dtype, IntegerOp op, int a, int b, int out, Dimensions dimensions)
    : dtype_(dtype), op_(op), a_(a), b_(b), out_(out), dimensions_(std::move(dimensions)) {
  reads = {a, b};
  writes = {out};
}

namespace {

template <class T, IntegerOp op>
T apply(T a, T b) {
  [[maybe_unused]] constexpr int bits = 8 * sizeof(T);
#define NNFAST_INTEGER_OP(name, expression) \
  if constexpr (op == IntegerOp::name) return static_cast<T>(expression);
  NNFAST_INTEGER_OPS(NNFAST_INTEGER_OP)
#undef NNFAST_INTEGER_OP
}

template <class T, IntegerOp op>
Task integers_task(int a, int b, int out, index_t count) {
  constexpr index_t unit = 4096;
  Task task;
  task.units = divide_up(count, unit);
  task.cost = 0.2 * static_cast<double>(count);
  task.run = [=](const Frame& frame, index_t first, index_t last, Scratch&) {
    const T *left = frame.at<T>(a), *right = frame.at<T>(b);
    T* to = frame.at<T>(out);
    const index_t end = std::min(count, last * unit);
    for (index_t i = first * unit; i < end; ++i) to[i] = apply<T, op>(left[i], right[i]);
  };
  return task;
}

template <class T>
Task task_of(IntegerOp op, int a, int b, int out, index_t count) {
  switch (op) {
#define NNFAST_INTEGER_OP(name, expression) \
  case IntegerOp::name:                     \
    return integers_task<T, IntegerOp::name>(a, b, out, count);
    NNFAST_INTEGER_OPS(NNFAST_INTEGER_OP)
#undef NNFAST_INTEGER_OP
  }
  throw std::invalid_argument("unknown operation on integers");
}

}  // namespace

Task IntegersInstruction::bind(index_t batch) const {
  const index_t count = count_of(dimensions_, batch);
  switch (dtype_) {
    case DType::boolean:
    case DType::uint8:
      return task_of<std::uint8_t>(op_, a_, b_, out_, count);
    case DType::int8:
      return task_of<std::int8_t>(op_, a_, b_, out_, count);
    case DType::uint16:
      return task_of<std::uint16_t>(op_, a_, b_, out_, count);
    case DType::int16:
      return task_of<std::int16_t>(op_, a_, b_, out_, count);
    case DType::uint32:
      return task_of<std::uint32_t>(op_, a_, b_, out_, count);
    case DType::int32:
      return task_of<std::int32_t>(op_, a_, b_, out_, count);
    case DType::uint64:
      return task_of<std::uint64_t>(op_, a_, b_, out_, count);
    case DType::int64:
      return task_of<std::int64_t>(op_, a_, b_, out_, count);
    default:
      throw std::invalid_argument(std::string("expected whole numbers, got ") + name_of(dtype_));
  }
}

}  // namespace nnfast
