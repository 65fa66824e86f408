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

// Which of up to 64 groups of a row are active, as bits: most are not, and are passed over at once.
template <class T>
NNFAST_INLINE std::uint64_t active_groups(const T* row, index_t groups) {
  std::uint64_t active = 0;
  for (index_t g = 0; g < groups; ++g) {
    active |= static_cast<std::uint64_t>(any_nonzero(row + g * nonzeros_group)) << g;
  }
  return active;
}

template <class T>
void list_nonzeros(index_t columns, const T* x, index_t block, index_t first, index_t last, const Nonzeros<T>& lists) {
  const BlockLists<T> of(lists, block);
  for (index_t g = first; g < last; ++g) of.counts[g] = 0;
  const index_t whole = columns / nonzeros_group;
  for (index_t sample = 0; sample < of.capacity; ++sample) {
    const T* row = x + (of.first + sample) * columns;
    for (index_t begin = first; begin < last; begin += 64) {
      const index_t end = begin + 64 < last ? begin + 64 : last, plain = end < whole ? end : whole;
      std::uint64_t active = active_groups(row + begin * nonzeros_group, plain - begin);
      while (active != 0) {
        const index_t g = begin + __builtin_ctzll(active);
        active &= active - 1;
        const index_t at = g * of.capacity + of.counts[g]++;
        __builtin_memcpy(of.values + at * nonzeros_group, row + g * nonzeros_group, nonzeros_group * sizeof(T));
        of.samples[at] = static_cast<std::int32_t>(sample);
      }
      if (end == plain) continue;
      // The last group, of fewer columns.
      T values[nonzeros_group] = {};
      for (index_t i = whole * nonzeros_group; i < columns; ++i) values[i % nonzeros_group] = row[i];
      if (!any_nonzero(values)) continue;
      const index_t at = whole * of.capacity + of.counts[whole]++;
      __builtin_memcpy(of.values + at * nonzeros_group, values, sizeof values);
      of.samples[at] = static_cast<std::int32_t>(sample);
    }
  }
}

// Rows of `panels` results, `vectors` vectors each, of which the last of all has `last` lanes in memory.
template <class T, int vectors, int panels>
struct Rows {
  T* out[panels];
  index_t strides[panels], last;

  NNFAST_INLINE explicit Rows(const ListedPanel<T>* sides) {
#pragma GCC unroll 2
    for (int p = 0; p < panels; ++p) {
      out[p] = sides[p].out;
      strides[p] = sides[p].out_row_stride;
    }
    last = sides[panels - 1].columns - (vectors - 1) * lanes<T>;
  }
  NNFAST_INLINE void load_into(vec<T>* values, index_t row) const {
#pragma GCC unroll 4
    for (int i = 0; i < panels * vectors; ++i) {
      const T* from = out[i / vectors] + row * strides[i / vectors] + i % vectors * lanes<T>;
      values[i] = i + 1 < panels * vectors || last == lanes<T> ? load(from) : load_first(from, last);
    }
  }
  NNFAST_INLINE void store_from(const vec<T>* values, index_t row) const {
#pragma GCC unroll 4
    for (int i = 0; i < panels * vectors; ++i) {
      T* to = out[i / vectors] + row * strides[i / vectors] + i % vectors * lanes<T>;
      if (i + 1 < panels * vectors || last == lanes<T>) {
        store(to, values[i]);
      } else {
        store_first(to, values[i], last);
      }
    }
  }
};

template <class T, int vectors, int panels>
NNFAST_INLINE void load_panels(const ListedPanel<T>* sides, index_t row, vec<T>* values) {
#pragma GCC unroll 4
  for (int i = 0; i < panels * vectors; ++i) {
    values[i] = load(sides[i / vectors].panel + (row * vectors + i % vectors) * lanes<T>);
  }
}

// A group's rows of the panels stay in registers while the sums of its samples come and go.
template <class T, int vectors, int panels>
void multiply_listed_tile(index_t block, index_t depth, const Nonzeros<T>& lists, const ListedPanel<T>* sides) {
  constexpr int width = panels * vectors;
  const Rows<T, vectors, panels> rows(sides);
  const BlockLists<T> of(lists, block);
  for (index_t sample = 0; sample < of.capacity; ++sample) {
    const vec<T> zeros[width] = {};
    rows.store_from(zeros, sample);
  }
  for (index_t g = 0; g < lists.groups; ++g) {
    const std::int32_t* samples = of.samples + g * of.capacity;
    const T* values = of.values + g * of.capacity * nonzeros_group;
    const index_t count = of.counts[g], row = g * nonzeros_group;
    if (count == 0) continue;
    vec<T> b[nonzeros_group][width] = {};
#pragma GCC unroll 4
    for (int i = 0; i < nonzeros_group; ++i) {
      if (row + i < depth) load_panels<T, vectors, panels>(sides, row + i, b[i]);
    }
    for (index_t e = 0; e < count; ++e, values += nonzeros_group) {
      vec<T> sums[width];
      rows.load_into(sums, samples[e]);
#pragma GCC unroll 4
      for (int i = 0; i < nonzeros_group; ++i) {
        const vec<T> value = splat(values[i]);
#pragma GCC unroll 4
        for (int v = 0; v < width; ++v) sums[v] = fma(value, b[i][v], sums[v]);
      }
      rows.store_from(sums, samples[e]);
    }
  }
}

// The sums of a group's inputs stay in registers while the samples' rows of the panels come.
template <class T, int vectors, int panels>
void multiply_listed_transposed_tile(index_t first, index_t count, const Nonzeros<T>& lists,
                                     const ListedPanel<T>* sides) {
  constexpr int width = panels * vectors;
  const Rows<T, vectors, panels> rows(sides);
  for (index_t row = 0; row < count; row += nonzeros_group) {
    const index_t g = (first + row) / nonzeros_group;
    vec<T> sums[nonzeros_group][width] = {};
    for (index_t block = 0; block * nonzeros_block < lists.samples; ++block) {
      const BlockLists<T> of(lists, block);
      const std::int32_t* samples = of.samples + g * of.capacity;
      const T* values = of.values + g * of.capacity * nonzeros_group;
      const index_t listed = of.counts[g];
      for (index_t e = 0; e < listed; ++e, values += nonzeros_group) {
        vec<T> b[width];
        load_panels<T, vectors, panels>(sides, of.first + samples[e], b);
#pragma GCC unroll 4
        for (int i = 0; i < nonzeros_group; ++i) {
          const vec<T> value = splat(values[i]);
#pragma GCC unroll 4
          for (int v = 0; v < width; ++v) sums[i][v] = fma(value, b[v], sums[i][v]);
        }
      }
    }
#pragma GCC unroll 4
    for (int i = 0; i < nonzeros_group; ++i) {
      if (row + i < count) rows.store_from(sums[i], row + i);
    }
  }
}

// Two panels at once where the registers hold a group's rows of both: half as many lists are read for as many products.
constexpr int listed_panels = registers < 32 ? 1 : 2;

// The same tile for two panels of two vectors each, and for one panel of two vectors or of one.
template <class T>
struct ListedTiles {
  void (*pair)(index_t, index_t, const Nonzeros<T>&, const ListedPanel<T>*);
  void (*two_vectors)(index_t, index_t, const Nonzeros<T>&, const ListedPanel<T>*);
  void (*one_vector)(index_t, index_t, const Nonzeros<T>&, const ListedPanel<T>*);

  NNFAST_INLINE void operator()(index_t first, index_t count, const Nonzeros<T>& lists, const ListedPanel<T>* sides,
                                index_t panels) const {
    if (panels == 2 && sides[0].columns > lanes<T> && sides[1].columns > lanes<T>) {
      pair(first, count, lists, sides);
      return;
    }
    for (index_t p = 0; p < panels; ++p) {
      (sides[p].columns > lanes<T> ? two_vectors : one_vector)(first, count, lists, sides + p);
    }
  }
};

template <class T>
void multiply_listed(index_t block, index_t depth, const Nonzeros<T>& lists, const ListedPanel<T>* sides,
                     index_t panels) {
  constexpr ListedTiles<T> tiles{multiply_listed_tile<T, 2, listed_panels>, multiply_listed_tile<T, 2, 1>,
                                 multiply_listed_tile<T, 1, 1>};
  tiles(block, depth, lists, sides, panels);
}

template <class T>
void multiply_listed_transposed(index_t first, index_t rows, const Nonzeros<T>& lists, const ListedPanel<T>* sides,
                                index_t panels) {
  constexpr ListedTiles<T> tiles{multiply_listed_transposed_tile<T, 2, listed_panels>,
                                 multiply_listed_transposed_tile<T, 2, 1>, multiply_listed_transposed_tile<T, 1, 1>};
  tiles(first, rows, lists, sides, panels);
}

}  // namespace nnfast::NNFAST_ISA
