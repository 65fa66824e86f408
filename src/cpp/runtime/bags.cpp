#include "runtime/bags.h"

#include <algorithm>

#include "kernels/dispatch.h"
#include "runtime/indexing.h"

namespace nnfast {

namespace {

// The bags of a batch, one after the other.
template <class T, class Index>
class Bags {
 public:
  Bags(const BagSource& source, const BagShape& shape) : source_(source), shape_(shape) {}

  index_t samples() const { return shape_.samples; }
  index_t steps() const { return shape_.steps; }
  index_t length() const { return shape_.length; }
  index_t features() const { return shape_.features; }
  index_t elements() const { return shape_.samples * shape_.steps * shape_.features; }
  // Of one bag, in a thread's scratch: the number of a row for each step.
  index_t scratch() const { return round_to_line(shape_.steps * static_cast<index_t>(sizeof(index_t))); }

  // fault(place, index): told of indices that name no row.
  template <class OnFault>
  Bag<T> bag(const Frame& frame, index_t sample, std::byte* scratch, OnFault fault) const {
    auto* rows = reinterpret_cast<index_t*>(scratch);
    const Index* indices = frame.at<Index>(source_.indices) + sample * shape_.steps;
    for (index_t step = 0; step < shape_.steps; ++step) {
      const auto index = static_cast<index_t>(indices[step]);
      rows[step] = row_of(index, shape_.length);
      if (rows[step] < 0) fault(sample * shape_.steps + step, index);
    }
    Bag<T> bag{};
    bag.table = frame.at<T>(source_.table);
    bag.rows = rows;
    bag.steps = shape_.steps;
    bag.features = shape_.features;
    if (source_.state < 0) return bag;
    const auto* key = frame.at<std::uint32_t>(source_.state);
    bag.drops = true;
    bag.rate = static_cast<T>(source_.rate);
    bag.scale = static_cast<T>(source_.scale);
    bag.first = static_cast<std::uint64_t>(sample * shape_.steps * shape_.features);
    bag.seed = key[0];
    bag.stream = key[1];
    return bag;
  }

 private:
  BagSource source_;
  BagShape shape_;
};

template <class Make>
Task for_bags(const BagSource& source, index_t batch, Make make) {
  const BagShape shape = resolved(source.shape, batch);
  return for_dtype(source.dtype, [&](auto value) {
    using T = decltype(value);
    return source.index_dtype == DType::int32 ? make(Bags<T, std::int32_t>(source, shape), value)
                                              : make(Bags<T, std::int64_t>(source, shape), value);
  });
}

}  // namespace

BagMaxInstruction::BagMaxInstruction(BagSource source, int out) : source_(source), out_(out) {
  reads = source.reads();
  writes = {out};
}

Task BagMaxInstruction::bind(index_t batch) const {
  return for_bags(source_, batch, [&](auto bags, auto zero) {
    using T = decltype(zero);
    const auto kernel = kernels_of<T>(nnfast::kernels()).bag_max;
    Task task;
    task.units = bags.samples();
    task.cost = 0.3 * static_cast<double>(bags.elements());
    task.scratch = bags.scratch();
    task.run = [=, out = out_, length = source_.shape.length](const Frame& frame, index_t first, index_t last,
                                                              Scratch& scratch) {
      for (index_t sample = first; sample < last; ++sample) {
        const auto report = [&](index_t place, index_t index) {
          frame.fault->report({Fault::Kind::index, place, index, length});
        };
        kernel(bags.bag(frame, sample, scratch.data, report), frame.at<T>(out) + sample * bags.features());
      }
    };
    return task;
  });
}

BagMaxGradientInstruction::BagMaxGradientInstruction(BagSource source, int out, int gradient, int table_gradient)
    : source_(source), out_(out), gradient_(gradient), table_gradient_(table_gradient) {
  reads = source.reads({out, gradient});
  writes = {table_gradient};
}

// A unit is a strip of features of all samples: what several samples add to, one thread adds to, in order.
Task BagMaxGradientInstruction::bind(index_t batch) const {
  return for_bags(source_, batch, [&](auto bags, auto zero) {
    using T = decltype(zero);
    const auto& kernels = kernels_of<T>(nnfast::kernels());
    const index_t strip = kernels.panel_columns;
    Task task;
    task.units = divide_up(bags.features(), strip);
    task.cost = 0.3 * static_cast<double>(bags.elements() + bags.length() * bags.features());
    task.scratch = bags.scratch() + bags.steps() * kernels.bag_bytes;
    task.run = [=, kernel = kernels.bag_max_gradient, out = out_, gradient = gradient_, table = table_gradient_](
                   const Frame& frame, index_t first, index_t last, Scratch& scratch) {
      const index_t features = bags.features();
      for (index_t unit = first; unit < last; ++unit) {
        const index_t begin = unit * strip, end = std::min(features, begin + strip);
        T* sums = frame.at<T>(table);
        for (index_t row = 0; row < bags.length(); ++row) {
          std::fill(sums + row * features + begin, sums + row * features + end, T{});
        }
        for (index_t sample = 0; sample < bags.samples(); ++sample) {
          const auto bag = bags.bag(frame, sample, scratch.data, [](index_t, index_t) {});
          kernel(bag, frame.at<T>(out) + sample * features, frame.at<T>(gradient) + sample * features, begin, end, sums,
                 scratch.data + bags.scratch());
        }
      }
    };
    return task;
  });
}

}  // namespace nnfast
