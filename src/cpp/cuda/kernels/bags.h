// Bags: the greatest of the rows of a table that a sample names, after dropout, and its gradient (kernels/bags.h has
// them for the CPU, and the bits are the same). Random numbers are drawn only where a value may matter.
#pragma once

#include "cuda/kernels/indexing.h"

namespace nnfast::cuda {

// One element of a bag's rows: feature `feature` of step `step` of sample `sample`.
template <class T>
struct BagReader {
  const Frame& frame;
  const Bag& bag;
  DType index_dtype;
  Global<const T> table;
  std::uint32_t seed, draw;

  NNFAST_INLINE BagReader(const Frame& the_frame, const Bag& the_bag, DType dtype)
      : frame(the_frame), bag(the_bag), index_dtype(dtype), table(at<T>(the_frame, the_bag.table)), seed(0), draw(0) {
    if (bag.state < 0) return;
    const auto key = at<std::uint32_t>(frame, bag.state);
    seed = key[0];
    draw = key[1];
  }

  // The row that a step names; -1 for none.
  NNFAST_INLINE index_t row(index_t place) const {
    return row_of(index_at(frame, bag.indices, index_dtype, place), bag.length);
  }
  // Before dropout, but scaled.
  NNFAST_INLINE T scaled(index_t row, index_t feature) const {
    const T value = table[row * bag.features + feature];
    return bag.state < 0 ? value : value * static_cast<T>(bag.scale);
  }
  NNFAST_INLINE bool is_kept(index_t place, index_t feature) const {
    return bag.state < 0 || static_cast<T>(bag.rate) <= random_number<T>(place * bag.features + feature, seed, draw);
  }
};

template <class T>
NNFAST_INLINE void run(const Frame& frame, const BagMax& b, DType index_dtype, Share share) {
  const BagReader<T> reader(frame, b.bag, index_dtype);
  const auto out = at<T>(frame, b.out);
  share.elements(b.bag.samples * b.bag.features, [&](index_t i) {
    const index_t sample = i / b.bag.features, feature = i % b.bag.features;
    T most = -static_cast<T>(__builtin_inf());
    for (index_t step = 0; step < b.bag.steps; ++step) {
      const index_t place = sample * b.bag.steps + step, row = reader.row(place);
      if (row < 0) continue;
      const T value = reader.scaled(row, feature);
      // As a dropped value, 0, does where all were below.
      const bool raises = !(value <= most) || most < T(0);
      if (raises) most = maximum(most, reader.is_kept(place, feature) ? value : T(0));
    }
    out[i] = most;
  });
}

// The part of a gradient that each step gets that reached the maximum.
template <class T>
NNFAST_INLINE void run(const Frame& frame, const BagShare& b, DType index_dtype, Share share) {
  const BagReader<T> reader(frame, b.bag, index_dtype);
  const auto out = at<T>(frame, b.out), gradient = at<T>(frame, b.gradient), part = at<T>(frame, b.part);
  share.elements(b.bag.samples * b.bag.features, [&](index_t i) {
    const index_t sample = i / b.bag.features, feature = i % b.bag.features;
    const T most = out[i];
    T ties = T(0);
    for (index_t step = 0; step < b.bag.steps; ++step) {
      const index_t place = sample * b.bag.steps + step, row = reader.row(place);
      if (row < 0) continue;
      const T value = reader.scaled(row, feature);
      const bool reaches = !(value < most) || most == T(0);
      if (reaches && (reader.is_kept(place, feature) ? value : T(0)) == most) ties += T(1);
    }
    part[i] = gradient[i] / ties;
  });
}

// A unit is a range of the table's rows, which takes what belongs to it, samples and steps in order.
template <class T>
NNFAST_INLINE void run(const Frame& frame, const BagGradient& b, DType index_dtype, Share share) {
  const BagReader<T> reader(frame, b.bag, index_dtype);
  const auto out = at<T>(frame, b.out), part = at<T>(frame, b.part), table = at<T>(frame, b.table_gradient);
  const Bag& bag = b.bag;
  share.of(divide_up(bag.length, b.range), [&](index_t unit) {
    const index_t begin = unit * b.range, size = bag.length - begin < b.range ? bag.length - begin : b.range;
    const int thread = thread_number();
    for (index_t feature = thread; feature < bag.features; feature += block_threads) {
      for (index_t row = begin; row < begin + size; ++row) table[row * bag.features + feature] = T(0);
    }
    const auto row_at = [&](index_t place) { return reader.row(place); };
    for_each_hit(bag.samples * bag.steps, begin, size, row_at, [&](index_t place, index_t row) {
      const index_t sample = place / bag.steps;
      for (index_t feature = thread; feature < bag.features; feature += block_threads) {
        const index_t i = sample * bag.features + feature;
        const T most = out[i], value = reader.scaled(row, feature);
        if (value != most || !reader.is_kept(place, feature)) continue;
        const T own = part[i];
        const auto sum = table + (row * bag.features + feature);
        sum[0] = sum[0] + (bag.state < 0 ? own : own * static_cast<T>(bag.scale));
      }
    });
  });
}

}  // namespace nnfast::cuda
