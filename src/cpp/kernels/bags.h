// The greatest of the rows of a table that a sample names, after dropout, and its gradient. The rows with their dropout
// are never written: where they matter they are made again, from the table and the same random numbers.
#pragma once

#include "kernels/kernels.h"
#include "kernels/random.h"
#include "simd/math.h"

namespace nnfast::NNFAST_ISA {

// As many features of a bag as one group of random numbers has.
template <class T>
struct BagBlock {
  static constexpr int vectors = 2;
  static constexpr index_t count = vectors * lanes<T>;
  const Bag<T>& bag;
  index_t offset;

  NNFAST_INLINE void load(const T* from, vec<T>* values) const {
#pragma GCC unroll 2
    for (int i = 0; i < vectors; ++i) values[i] = NNFAST_ISA::load(from + offset + i * lanes<T>);
  }
  NNFAST_INLINE void store(T* to, const vec<T>* values) const {
#pragma GCC unroll 2
    for (int i = 0; i < vectors; ++i) NNFAST_ISA::store(to + offset + i * lanes<T>, values[i]);
  }
  NNFAST_INLINE void draw(std::uint64_t first, vec<T>* numbers) const {
    constexpr std::uint64_t block_numbers = 16 / sizeof(T);
    if (first % block_numbers == 0) {
      const Group group = philox(first / block_numbers, bag.seed, bag.stream);
      numbers[0] = uniform_from(group.pairs[0], T{});
      numbers[1] = uniform_from(group.pairs[1], T{});
      return;
    }
    T drawn[count];
    random_uniform<T>(count, first, bag.seed, bag.stream, drawn);
#pragma GCC unroll 2
    for (int i = 0; i < vectors; ++i) numbers[i] = NNFAST_ISA::load(drawn + i * lanes<T>);
  }
};

// What blocks leave over.
template <class T>
struct BagRemainder {
  static constexpr int vectors = 1;
  const Bag<T>& bag;
  index_t offset, count;

  NNFAST_INLINE void load(const T* from, vec<T>* values) const { *values = load_first(from + offset, count); }
  NNFAST_INLINE void store(T* to, const vec<T>* values) const { store_first(to + offset, *values, count); }
  NNFAST_INLINE void draw(std::uint64_t first, vec<T>* numbers) const {
    T drawn[lanes<T>] = {};
    random_uniform<T>(count, first, bag.seed, bag.stream, drawn);
    *numbers = NNFAST_ISA::load(drawn);
  }
};

// The steps of a bag that may have reached the maximum, and for each a vector of ones where they did.
template <class T>
struct BagCandidates {
  vec<T>* weights;
  std::int32_t* steps;

  NNFAST_INLINE BagCandidates(std::byte* scratch, index_t most) {
    weights = reinterpret_cast<vec<T>*>(scratch);
    steps = reinterpret_cast<std::int32_t*>(weights + most * BagBlock<T>::vectors);
  }
};

// body(block) for the features from first to last - 1.
template <class T, class Body>
NNFAST_INLINE void for_each_block(const Bag<T>& bag, index_t first, index_t last, Body body) {
  for (; first + BagBlock<T>::count <= last; first += BagBlock<T>::count) body(BagBlock<T>{bag, first});
  for (; first < last; first += lanes<T>) {
    body(BagRemainder<T>{bag, first, last - first < lanes<T> ? last - first : lanes<T>});
  }
}

// A step's values before dropout, but scaled.
template <class T, class Block>
NNFAST_INLINE void load_scaled(Block block, index_t step, vec<T>* values) {
  block.load(block.bag.table + block.bag.rows[step] * block.bag.features, values);
#pragma GCC unroll 2
  for (int i = 0; i < Block::vectors; ++i) {
    if (block.bag.drops) values[i] *= block.bag.scale;
  }
}

// Sets to 0 what dropout drops of a step's values; all bits of `kept` are set where it does not.
template <class T, class Block>
NNFAST_INLINE void drop(Block block, index_t step, vec<T>* values, mask<T>* kept) {
  const Bag<T>& bag = block.bag;
  vec<T> numbers[Block::vectors] = {};
  if (bag.drops) block.draw(bag.first + static_cast<std::uint64_t>(step * bag.features + block.offset), numbers);
#pragma GCC unroll 2
  for (int i = 0; i < Block::vectors; ++i) {
    kept[i] = bag.rate <= numbers[i];  // 0 <= 0 without dropout
    values[i] = select(kept[i], values[i], vec<T>{});
  }
}

// The first values of a bag raise the maximum often, later ones rarely: only for those are random numbers drawn.
template <class T>
void bag_max(const Bag<T>& bag, T* out) {
  for_each_block<T>(bag, 0, bag.features, [&](auto block) {
    constexpr int n = decltype(block)::vectors;
    vec<T> most[n], values[n];
    for (int i = 0; i < n; ++i) most[i] = splat(T(-__builtin_inf()));
    for (index_t step = 0; step < bag.steps; ++step) {
      if (bag.rows[step] < 0) continue;
      load_scaled<T>(block, step, values);
      mask<T> raises{}, kept[n];  // as a dropped value does, which is 0, where all were below
#pragma GCC unroll 2
      for (int i = 0; i < n; ++i) raises |= ~(values[i] <= most[i]) | (most[i] < T(0));
      if (!any(raises)) continue;
      drop<T>(block, step, values, kept);
#pragma GCC unroll 2
      for (int i = 0; i < n; ++i) most[i] = maximum(most[i], values[i]);
    }
    block.store(out, most);
  });
}

template <class T, class Block>
NNFAST_INLINE void bag_max_gradient_block(Block block, const T* out, const T* gradient, T* table_gradient,
                                          const BagCandidates<T>& candidates) {
  constexpr int n = Block::vectors;
  const Bag<T>& bag = block.bag;
  vec<T> most[n], share[n], values[n], ties[n] = {};
  block.load(out, most);
  block.load(gradient, share);
  index_t count = 0;
  for (index_t step = 0; step < bag.steps; ++step) {
    if (bag.rows[step] < 0) continue;
    load_scaled<T>(block, step, values);
    mask<T> reaches{}, kept[n];  // or would as a dropped value, where the maximum is 0
#pragma GCC unroll 2
    for (int i = 0; i < n; ++i) reaches |= ~(values[i] < most[i]) | (most[i] == T(0));
    if (!any(reaches)) continue;
    drop<T>(block, step, values, kept);
    vec<T>* weights = candidates.weights + count * BagBlock<T>::vectors;
#pragma GCC unroll 2
    for (int i = 0; i < n; ++i) {
      const mask<T> chosen = values[i] == most[i];
      ties[i] += select(chosen, splat(T(1)), vec<T>{});
      weights[i] = select(chosen & kept[i], splat(T(1)), vec<T>{});
    }
    candidates.steps[count++] = static_cast<std::int32_t>(step);
  }
#pragma GCC unroll 2
  for (int i = 0; i < n; ++i) share[i] /= ties[i];
  for (index_t c = 0; c < count; ++c) {
    T* row = table_gradient + bag.rows[candidates.steps[c]] * bag.features;
    block.load(row, values);
#pragma GCC unroll 2
    for (int i = 0; i < n; ++i) {
      const vec<T> part = select(candidates.weights[c * BagBlock<T>::vectors + i] != T(0), share[i], vec<T>{});
      values[i] += bag.drops ? part * bag.scale : part;
    }
    block.store(row, values);
  }
}

template <class T>
void bag_max_gradient(const Bag<T>& bag, const T* out, const T* gradient, index_t first, index_t last,
                      T* table_gradient, std::byte* scratch) {
  const BagCandidates<T> candidates(scratch, bag.steps);
  for_each_block<T>(bag, first, last,
                    [&](auto block) { bag_max_gradient_block<T>(block, out, gradient, table_gradient, candidates); });
}

}  // namespace nnfast::NNFAST_ISA
