#include "runtime/scan.h"

#include <cmath>
#include <numeric>

namespace nnfast {

ScanInstruction::ScanInstruction(DType dtype, int x, int factors, int out, index_t outer, index_t length, index_t inner,
                                 bool reverse)
    : dtype_(dtype),
      x_(x),
      factors_(factors),
      out_(out),
      outer_(outer),
      length_(length),
      inner_(inner),
      reverse_(reverse) {
  reads = {x};
  if (factors >= 0) reads.push_back(factors);
  writes = {out};
}

namespace {

// Neighbouring columns that a unit goes along the axis with.
constexpr index_t strip = 64;

template <class T>
void scan_strip(index_t length, index_t columns, index_t stride, const T* x, const T* factors, T* out) {
  for (index_t c = 0; c < columns; ++c) out[c] = x[c];
  for (index_t i = 1; i < length; ++i) {
    const T* before = out;
    x += stride;
    out += stride;
    if (factors == nullptr) {
      for (index_t c = 0; c < columns; ++c) out[c] = x[c] + before[c];
    } else {
      factors += stride;
      for (index_t c = 0; c < columns; ++c) out[c] = x[c] + factors[c] * before[c];
    }
  }
}

}  // namespace

Task ScanInstruction::bind(index_t batch) const {
  const index_t outer = resolve(outer_, batch), length = resolve(length_, batch), inner = resolve(inner_, batch);
  return for_dtype(dtype_, [&](auto zero) {
    using T = decltype(zero);
    const index_t strips = divide_up(inner, strip);
    const index_t start = reverse_ ? (length - 1) * inner : 0, stride = reverse_ ? -inner : inner;
    Task task;
    task.units = length > 0 ? outer * strips : 0;
    task.cost = (inner < 8 ? 1.5 : 0.3) * static_cast<double>(outer * length * inner);
    task.run = [=, x = x_, factors = factors_, out = out_](const Frame& frame, index_t first, index_t last, Scratch&) {
      for (index_t unit = first; unit < last; ++unit) {
        const index_t column = unit % strips * strip, at = unit / strips * length * inner + start + column;
        scan_strip<T>(length, std::min(strip, inner - column), stride, frame.at<T>(x) + at,
                      factors < 0 ? nullptr : frame.at<T>(factors) + at, frame.at<T>(out) + at);
      }
    };
    return task;
  });
}

ArgSortInstruction::ArgSortInstruction(DType dtype, int x, int out, index_t rows, index_t columns)
    : dtype_(dtype), x_(x), out_(out), rows_(rows), columns_(columns) {
  reads = {x};
  writes = {out};
}

Task ArgSortInstruction::bind(index_t batch) const {
  const index_t columns = resolve(columns_, batch);
  return for_dtype(dtype_, [&](auto zero) {
    using T = decltype(zero);
    Task task;
    task.units = resolve(rows_, batch);
    task.cost = 4.0 * static_cast<double>(task.units * columns) * std::log2(static_cast<double>(columns) + 2);
    task.run = [=, x = x_, out = out_](const Frame& frame, index_t first, index_t last, Scratch&) {
      for (index_t row = first; row < last; ++row) {
        const T* values = frame.at<T>(x) + row * columns;
        std::int32_t* order = frame.at<std::int32_t>(out) + row * columns;
        std::iota(order, order + columns, 0);
        std::sort(order, order + columns, [values](std::int32_t a, std::int32_t b) {
          const T left = values[a], right = values[b];
          if (left < right || right < left) return left < right;
          const bool left_is_nan = left != left, right_is_nan = right != right;
          return left_is_nan == right_is_nan ? a < b : right_is_nan;
        });
      }
    };
    return task;
  });
}

}  // namespace nnfast
