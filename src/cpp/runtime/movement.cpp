#include "runtime/movement.h"

#include <array>
#include <cstring>
#include <utility>

#include "kernels/dispatch.h"

namespace nnfast {

namespace {

// The shape of a transpose as loops: rows and columns of the output innermost, with the strides that x has there.
struct TransposeLoops {
  std::vector<index_t> outer_counts, outer_strides;
  index_t rows = 1, columns = 1, row_stride = 0, column_stride = 0, outer = 1;

  index_t offset_of(index_t matrix) const {
    index_t offset = 0;
    for (std::size_t d = outer_counts.size(); d-- > 0;) {
      offset += matrix % outer_counts[d] * outer_strides[d];
      matrix /= outer_counts[d];
    }
    return offset;
  }
};

TransposeLoops loops_of(const Dimensions& dimensions, const std::vector<int>& order, index_t batch) {
  const std::size_t rank = dimensions.size();
  std::vector<index_t> strides(rank);
  index_t stride = 1;
  for (std::size_t d = rank; d-- > 0;) {
    strides[d] = stride;
    stride *= resolve(dimensions[d], batch);
  }
  TransposeLoops loops;
  for (std::size_t d = 0; d < rank; ++d) {
    const auto source = static_cast<std::size_t>(order[d]);
    const index_t count = resolve(dimensions[source], batch);
    if (d + 1 == rank) {
      loops.columns = count;
      loops.column_stride = strides[source];
    } else if (d + 2 == rank) {
      loops.rows = count;
      loops.row_stride = strides[source];
    } else {
      loops.outer_counts.push_back(count);
      loops.outer_strides.push_back(strides[source]);
      loops.outer *= count;
    }
  }
  return loops;
}

template <class T, class Copy>
Task transpose_task(int x, int out, const TransposeLoops& loops, Copy copy) {
  Task task;
  task.units = loops.outer;
  task.cost = 0.3 * static_cast<double>(loops.outer * loops.rows * loops.columns);
  task.run = [=](const Frame& frame, index_t first, index_t last, Scratch&) {
    for (index_t matrix = first; matrix < last; ++matrix) {
      copy(loops.rows, loops.columns, frame.at<T>(x) + loops.offset_of(matrix), loops.row_stride, loops.column_stride,
           frame.at<T>(out) + matrix * loops.rows * loops.columns, loops.columns);
    }
  };
  return task;
}

template <class Element>
void copy_one_by_one(index_t rows, index_t columns, const Element* x, index_t row_stride, index_t column_stride,
                     Element* out, index_t out_row_stride) {
  for (index_t r = 0; r < rows; ++r) {
    for (index_t c = 0; c < columns; ++c) out[r * out_row_stride + c] = x[r * row_stride + c * column_stride];
  }
}

}  // namespace

TransposeInstruction::TransposeInstruction(DType dtype, int x, int out, Dimensions dimensions, std::vector<int> order)
    : dtype_(dtype), x_(x), out_(out), dimensions_(std::move(dimensions)), order_(std::move(order)) {
  reads = {x};
  writes = {out};
}

Task TransposeInstruction::bind(index_t batch) const {
  const TransposeLoops loops = loops_of(dimensions_, order_, batch);
  // Values are moved, never computed with, so elements of one size share a kernel.
  switch (size_of(dtype_)) {
    case 4:
      return transpose_task<float>(x_, out_, loops, nnfast::kernels().float32.copy_strided);
    case 8:
      return transpose_task<double>(x_, out_, loops, nnfast::kernels().float64.copy_strided);
    case 2:
      return transpose_task<std::uint16_t>(x_, out_, loops, copy_one_by_one<std::uint16_t>);
    default:
      return transpose_task<std::uint8_t>(x_, out_, loops, copy_one_by_one<std::uint8_t>);
  }
}

ConcatenateInstruction::ConcatenateInstruction(DType dtype, std::vector<int> xs, int out, index_t outer,
                                               Dimensions widths)
    : dtype_(dtype), xs_(std::move(xs)), out_(out), outer_(outer), widths_(std::move(widths)) {
  reads = xs_;
  writes = {out};
}

Task ConcatenateInstruction::bind(index_t batch) const {
  std::vector<std::size_t> bytes;
  index_t row_bytes = 0;
  for (const index_t width : widths_) {
    bytes.push_back(static_cast<std::size_t>(resolve(width, batch) * size_of(dtype_)));
    row_bytes += static_cast<index_t>(bytes.back());
  }
  Task task;
  task.units = resolve(outer_, batch);
  task.cost = 0.05 * static_cast<double>(task.units * row_bytes) + 4.0 * static_cast<double>(task.units);
  task.run = [=, xs = xs_, out = out_](const Frame& frame, index_t first, index_t last, Scratch&) {
    std::byte* to = frame.at<std::byte>(out) + first * row_bytes;
    for (index_t row = first; row < last; ++row) {
      for (std::size_t i = 0; i < xs.size(); ++i) {
        if (bytes[i] == 0) continue;
        std::memcpy(to, frame.at<std::byte>(xs[i]) + static_cast<std::size_t>(row) * bytes[i], bytes[i]);
        to += bytes[i];
      }
    }
  };
  return task;
}

namespace {

// Runs copy(row's bytes in the whole, row's bytes in the places) for each of the outer rows.
template <class Copy>
Task rows_task(index_t outer, index_t whole_bytes, index_t part_bytes, Copy copy) {
  Task task;
  task.units = outer;
  task.cost = (0.05 * static_cast<double>(whole_bytes + part_bytes) + 4.0) * static_cast<double>(outer);
  task.run = [=](const Frame& frame, index_t first, index_t last, Scratch&) {
    for (index_t row = first; row < last; ++row) copy(frame, row * whole_bytes, row * part_bytes);
  };
  return task;
}

// move(place in the whole, place in the part, bytes), for every place: all at once where they are neighbours.
template <class Move>
void for_each_place(const Places& places, index_t element_bytes, Move move) {
  if (places.count == 0 || element_bytes == 0) return;
  if (places.step == 1) {
    move(places.start * element_bytes, 0, static_cast<std::size_t>(places.count * element_bytes));
    return;
  }
  for (index_t i = 0; i < places.count; ++i) {
    move((places.start + i * places.step) * element_bytes, i * element_bytes, static_cast<std::size_t>(element_bytes));
  }
}

}  // namespace

SliceInstruction::SliceInstruction(DType dtype, int x, int out, index_t outer, index_t inner, Places places)
    : dtype_(dtype), x_(x), out_(out), outer_(outer), inner_(inner), places_(places) {
  reads = {x};
  writes = {out};
}

Task SliceInstruction::bind(index_t batch) const {
  const index_t bytes = resolve(inner_, batch) * size_of(dtype_);
  return rows_task(resolve(outer_, batch), places_.length * bytes, places_.count * bytes,
                   [=, x = x_, out = out_, places = places_](const Frame& frame, index_t whole, index_t part) {
                     for_each_place(places, bytes, [&](index_t from, index_t to, std::size_t count) {
                       std::memcpy(frame.at<std::byte>(out) + part + to, frame.at<std::byte>(x) + whole + from, count);
                     });
                   });
}

PadInstruction::PadInstruction(DType dtype, int x, int out, index_t outer, index_t inner, Places places, double value)
    : dtype_(dtype), x_(x), out_(out), outer_(outer), inner_(inner), places_(places), value_(value) {
  reads = {x};
  writes = {out};
}

Task PadInstruction::bind(index_t batch) const {
  const index_t size = size_of(dtype_), bytes = resolve(inner_, batch) * size;
  std::array<std::byte, 8> element{};
  nnfast::kernels().float64.store[static_cast<int>(dtype_)](1, &value_, element.data());
  return rows_task(resolve(outer_, batch), places_.length * bytes, places_.count * bytes,
                   [=, x = x_, out = out_, places = places_](const Frame& frame, index_t whole, index_t part) {
                     std::byte* row = frame.at<std::byte>(out) + whole;
                     for (index_t at = 0; at < places.length * bytes; at += size) {
                       std::memcpy(row + at, element.data(), static_cast<std::size_t>(size));
                     }
                     for_each_place(places, bytes, [&](index_t to, index_t from, std::size_t count) {
                       std::memcpy(row + to, frame.at<std::byte>(x) + part + from, count);
                     });
                   });
}

SizeInstruction::SizeInstruction(DType dtype, int out, Dimensions dimensions)
    : dtype_(dtype), out_(out), dimensions_(std::move(dimensions)) {
  writes = {out};
}

Task SizeInstruction::bind(index_t batch) const {
  const auto size = static_cast<double>(count_of(dimensions_, batch));
  Task task;
  task.run = [size, out = out_, dtype = dtype_](const Frame& frame, index_t, index_t, Scratch&) {
    nnfast::kernels().float64.store[static_cast<int>(dtype)](1, &size, frame.at<std::byte>(out));
  };
  return task;
}

RandomInstruction::RandomInstruction(DType dtype, int state, int out, Dimensions dimensions)
    : dtype_(dtype), state_(state), out_(out), dimensions_(std::move(dimensions)) {
  reads = {state};
  writes = {out};
}

namespace {

template <class T>
Task random_task(int state, int out, index_t count) {
  constexpr index_t unit = 4096;
  const auto uniform = kernels_of<T>(nnfast::kernels()).random_uniform;
  Task task;
  task.units = divide_up(count, unit);
  task.cost = 0.6 * static_cast<double>(count);
  task.run = [=](const Frame& frame, index_t first, index_t last, Scratch&) {
    const std::uint32_t* key = frame.at<std::uint32_t>(state);
    const index_t begin = first * unit, end = std::min(count, last * unit);
    if (begin < end) {
      uniform(end - begin, static_cast<std::uint64_t>(begin), key[0], key[1], frame.at<T>(out) + begin);
    }
  };
  return task;
}

}  // namespace

Task RandomInstruction::bind(index_t batch) const {
  const index_t count = count_of(dimensions_, batch);
  return for_dtype(dtype_, [&](auto zero) { return random_task<decltype(zero)>(state_, out_, count); });
}

}  // namespace nnfast
