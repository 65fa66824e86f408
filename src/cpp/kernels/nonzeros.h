// Products that skip the zeros of their left side, by lists of what isn't zero. Adding 0 times a finite number changes
// no sum, and the others are added in the order of the dense product: the results have the same bits.
#pragma once

#include "kernels/gemm.h"

namespace nnfast::NNFAST_ISA {

// Whether any of a group's values is not zero, told by their bits but for the signs.
template <class T>
NNFAST_INLINE bool any_nonzero(const T* values) {
  typename Format<T>::bits bits[nonzeros_group], any = 0;
  __builtin_memcpy(bits, values, sizeof bits);
#pragma GCC unroll 4
  for (int i = 0; i < nonzeros_group; ++i) any |= bits[i];
  return (any << 1) != 0;
}

// The lists of one block of samples: group g's begins at g * capacity.
template <class T>
struct BlockLists {
  T* values;
  std::int32_t* samples;
  std::int32_t* counts;
  index_t first, capacity;

  NNFAST_INLINE BlockLists(const Nonzeros<T>& lists, index_t block) {
    first = block * nonzeros_block;
    capacity = lists.samples - first < nonzeros_block ? lists.samples - first : nonzeros_block;
    values = lists.values + first * lists.groups * nonzeros_group;
    samples = lists.numbers + first * lists.groups;
    counts = lists.counts + block * lists.groups;
  }
};

template <class T>
void list_nonzeros(index_t columns, const T* x, index_t block, index_t first, index_t last, const Nonzeros<T>& lists) {
  const BlockLists<T> of(lists, block);
  for (index_t g = first; g < last; ++g) of.counts[g] = 0;
  for (index_t sample = 0; sample < of.capacity; ++sample) {
    const T* row = x + (of.first + sample) * columns;
    for (index_t g = first; g < last; ++g) {
      const index_t column = g * nonzeros_group, left = columns - column;
      // Written in any case, and counted if it is to stay.
      const index_t at = g * of.capacity + of.counts[g];
      T* to = of.values + at * nonzeros_group;
      if (left >= nonzeros_group) {
        __builtin_memcpy(to, row + column, nonzeros_group * sizeof(T));
      } else {
        for (index_t i = 0; i < nonzeros_group; ++i) to[i] = i < left ? row[column + i] : T(0);
      }
      of.samples[at] = static_cast<std::int32_t>(sample);
      of.counts[g] += any_nonzero(to) ? 1 : 0;
    }
  }
}

// A row of `vectors` vectors, of which the last has `last` lanes in memory.
template <class T, int vectors>
NNFAST_INLINE void load_row(const T* from, index_t last, vec<T>* values) {
#pragma GCC unroll 2
  for (int v = 0; v + 1 < vectors; ++v) values[v] = load(from + v * lanes<T>);
  const T* end = from + (vectors - 1) * lanes<T>;
  values[vectors - 1] = last == lanes<T> ? load(end) : load_first(end, last);
}
template <class T, int vectors>
NNFAST_INLINE void store_row(T* to, index_t last, const vec<T>* values) {
#pragma GCC unroll 2
  for (int v = 0; v + 1 < vectors; ++v) store(to + v * lanes<T>, values[v]);
  T* end = to + (vectors - 1) * lanes<T>;
  if (last == lanes<T>) {
    store(end, values[vectors - 1]);
  } else {
    store_first(end, values[vectors - 1], last);
  }
}

// A group's rows of the panel stay in registers while the sums of its samples come and go.
template <class T, int vectors>
void multiply_listed_tile(index_t block, index_t columns, index_t depth, const Nonzeros<T>& lists, const T* panel,
                          T* out, index_t out_row_stride) {
  constexpr index_t width = vectors * lanes<T>;
  const index_t last = columns - width + lanes<T>;
  const BlockLists<T> of(lists, block);
  for (index_t sample = 0; sample < of.capacity; ++sample) {
    const vec<T> zeros[vectors] = {};
    store_row<T, vectors>(out + sample * out_row_stride, last, zeros);
  }
  for (index_t g = 0; g < lists.groups; ++g) {
    const std::int32_t* samples = of.samples + g * of.capacity;
    const T* values = of.values + g * of.capacity * nonzeros_group;
    const index_t count = of.counts[g], row = g * nonzeros_group;
    if (count == 0) continue;
    vec<T> b[nonzeros_group][vectors] = {};
#pragma GCC unroll 4
    for (int i = 0; i < nonzeros_group; ++i) {
      if (row + i < depth) load_row<T, vectors>(panel + (row + i) * width, lanes<T>, b[i]);
    }
    for (index_t e = 0; e < count; ++e, values += nonzeros_group) {
      T* to = out + samples[e] * out_row_stride;
      vec<T> sums[vectors];
      load_row<T, vectors>(to, last, sums);
#pragma GCC unroll 4
      for (int i = 0; i < nonzeros_group; ++i) {
        const vec<T> value = splat(values[i]);
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) sums[v] = fma(value, b[i][v], sums[v]);
      }
      store_row<T, vectors>(to, last, sums);
    }
  }
}

template <class T>
void multiply_listed(index_t block, index_t columns, index_t depth, const Nonzeros<T>& lists, const T* panel, T* out,
                     index_t out_row_stride) {
  const auto tile = columns > lanes<T> ? multiply_listed_tile<T, 2> : multiply_listed_tile<T, 1>;
  tile(block, columns, depth, lists, panel, out, out_row_stride);
}

// The sums of a group's inputs stay in registers while the samples' rows of the panel come.
template <class T, int vectors>
void multiply_listed_transposed_tile(index_t first, index_t rows, index_t columns, const Nonzeros<T>& lists,
                                     const T* panel, T* out, index_t out_row_stride) {
  constexpr index_t width = vectors * lanes<T>;
  const index_t last = columns - width + lanes<T>;
  for (index_t row = 0; row < rows; row += nonzeros_group) {
    const index_t g = (first + row) / nonzeros_group;
    vec<T> sums[nonzeros_group][vectors] = {};
    for (index_t block = 0; block * nonzeros_block < lists.samples; ++block) {
      const BlockLists<T> of(lists, block);
      const std::int32_t* samples = of.samples + g * of.capacity;
      const T* values = of.values + g * of.capacity * nonzeros_group;
      const T* b_block = panel + of.first * width;
      const index_t count = of.counts[g];
      for (index_t e = 0; e < count; ++e, values += nonzeros_group) {
        vec<T> b[vectors];
        load_row<T, vectors>(b_block + samples[e] * width, lanes<T>, b);
#pragma GCC unroll 4
        for (int i = 0; i < nonzeros_group; ++i) {
          const vec<T> value = splat(values[i]);
#pragma GCC unroll 2
          for (int v = 0; v < vectors; ++v) sums[i][v] = fma(value, b[v], sums[i][v]);
        }
      }
    }
#pragma GCC unroll 4
    for (int i = 0; i < nonzeros_group; ++i) {
      if (row + i < rows) store_row<T, vectors>(out + (row + i) * out_row_stride, last, sums[i]);
    }
  }
}

template <class T>
void multiply_listed_transposed(index_t first, index_t rows, index_t columns, const Nonzeros<T>& lists, const T* panel,
                                T* out, index_t out_row_stride) {
  const auto tile = columns > lanes<T> ? multiply_listed_transposed_tile<T, 2> : multiply_listed_transposed_tile<T, 1>;
  tile(first, rows, columns, lists, panel, out, out_row_stride);
}

}  // namespace nnfast::NNFAST_ISA
