#include "runtime/feed.h"

#include <cstring>
#include <numeric>
#include <utility>

#include "kernels/dispatch.h"

namespace nnfast {

Feed::Feed(std::vector<Array> arrays, index_t samples, index_t batch_size)
    : arrays_(std::move(arrays)), samples_(samples), batch_size_(batch_size) {}

// Fisher and Yates's shuffle. A 53-bit uniform times at most 2^31 samples keeps the bias under 2^-22.
void Feed::shuffle(std::uint64_t seed, std::uint64_t epoch) {
  const auto uniform = nnfast::kernels().float64.random_uniform;
  std::vector<index_t> order(static_cast<std::size_t>(samples_));
  std::iota(order.begin(), order.end(), index_t{0});
  constexpr index_t block = 512;
  double numbers[block];
  for (index_t i = samples_ - 1, used = block; i > 0; --i, ++used) {
    if (used == block) {
      uniform(block, static_cast<std::uint64_t>(divide_up(samples_ - 1 - i, block) * block), seed, epoch, numbers);
      used = 0;
    }
    const auto j = static_cast<index_t>(numbers[used] * static_cast<double>(i + 1));
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(j)]);
  }
  order_ = std::make_shared<const std::vector<index_t>>(std::move(order));
}

namespace {

// Integers go through float64, which holds them exactly up to 2^53.
void convert_through_float64(index_t count, const std::byte* source, DType from, std::byte* target, DType to) {
  constexpr index_t block = 256;
  double values[block];
  const auto& kernels = nnfast::kernels().float64;
  for (index_t i = 0; i < count; i += block) {
    const index_t n = std::min(block, count - i);
    kernels.load[static_cast<int>(from)](n, source + i * size_of(from), values);
    kernels.store[static_cast<int>(to)](n, values, target + i * size_of(to));
  }
}

void convert_row(index_t count, const std::byte* source, DType from, std::byte* target, DType to) {
  const auto& kernels = nnfast::kernels();
  if (from == to) {
    std::memcpy(target, source, static_cast<std::size_t>(count * size_of(from)));
  } else if (to == DType::float32) {
    kernels.float32.load[static_cast<int>(from)](count, source, reinterpret_cast<float*>(target));
  } else if (to == DType::float64) {
    kernels.float64.load[static_cast<int>(from)](count, source, reinterpret_cast<double*>(target));
  } else {
    convert_through_float64(count, source, from, target, to);
  }
}

template <class Bits>
void scatter(index_t count, const Bits* values, const std::int64_t* columns, Bits* out) {
  for (index_t i = 0; i < count; ++i) out[columns[i]] = values[i];
}

// A row of a sparse matrix with its zeros.
void expand_row(const Feed::Array& array, index_t row, std::byte* target, DType to) {
  std::memset(target, 0, static_cast<std::size_t>(array.row_elements * size_of(to)));
  constexpr index_t block = 256;
  alignas(8) std::byte values[block * 8];
  for (index_t i = array.starts[row]; i < array.starts[row + 1]; i += block) {
    const index_t count = std::min(block, array.starts[row + 1] - i);
    convert_row(count, array.data + i * size_of(array.dtype), array.dtype, values, to);
    const auto put = [&](auto bits) {
      using Bits = decltype(bits);
      scatter(count, reinterpret_cast<const Bits*>(values), array.columns + i, reinterpret_cast<Bits*>(target));
    };
    switch (size_of(to)) {
      case 1:
        put(std::uint8_t{});
        break;
      case 2:
        put(std::uint16_t{});
        break;
      case 4:
        put(std::uint32_t{});
        break;
      default:
        put(std::uint64_t{});
    }
  }
}

}  // namespace

GatherInstruction::GatherInstruction(int input, int out, DType dtype, index_t row_elements)
    : input_(input), out_(out), dtype_(dtype), row_elements_(row_elements) {
  writes = {out};
}

std::byte* GatherInstruction::in_place(const Feed& feed, index_t first_row) const {
  const auto& array = feed.arrays()[static_cast<std::size_t>(input_)];
  if (!feed.ordered() || array.dtype != dtype_ || array.starts != nullptr) return nullptr;
  // A buffer is never written where it is a gather's result, so the user's memory is only read.
  return const_cast<std::byte*>(array.data) + first_row * row_elements_ * size_of(dtype_);
}

Task GatherInstruction::bind(index_t batch) const {
  const index_t rows = row_elements_ == 0 ? 0 : batch;
  // Units of a few kilobytes; narrow rows (labels) go together.
  const index_t rows_per_unit = std::max<index_t>(1, 2048 / std::max<index_t>(1, row_elements_));
  Task task;
  task.units = divide_up(rows, rows_per_unit);
  task.cost = 0.1 * static_cast<double>(rows * row_elements_);
  task.run = [this, rows, rows_per_unit](const Frame& frame, index_t first, index_t last, Scratch&) {
    const auto& array = frame.feed->arrays()[static_cast<std::size_t>(input_)];
    std::byte* out = frame.at<std::byte>(out_);
    if (out == in_place(*frame.feed, frame.first_row)) return;
    const index_t source_bytes = row_elements_ * size_of(array.dtype), target_bytes = row_elements_ * size_of(dtype_);
    for (index_t row = first * rows_per_unit; row < std::min(rows, last * rows_per_unit); ++row) {
      const index_t sample = frame.feed->sample(frame.first_row + row);
      std::byte* target = out + row * target_bytes;
      if (array.starts != nullptr) {
        expand_row(array, sample, target, dtype_);
      } else {
        convert_row(row_elements_, array.data + sample * source_bytes, array.dtype, target, dtype_);
      }
    }
  };
  return task;
}

}  // namespace nnfast
