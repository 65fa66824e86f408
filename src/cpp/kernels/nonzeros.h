// Products that skip the zeros of their left side, by lists of what isn't zero. Adding 0 times a finite number changes
// no sum, and the others are added in the order of the dense product: the results have the same bits.
#pragma once

#include "kernels/gemm.h"

namespace nnfast::NNFAST_ISA {

// Whether any of a group's values is not zero, told by their bits but for the signs.
template <class T>
NNFAST_INLINE bool any_nonzero(const T* values) {
  constexpr int count = nonzeros_group * sizeof(T) / sizeof(std::uint64_t);
  constexpr std::uint64_t signs = sizeof(T) == 4 ? 0x8000000080000000 : 0x8000000000000000;
  std::uint64_t bits[count], any = 0;
  __builtin_memcpy(bits, values, sizeof bits);
#pragma GCC unroll 4
  for (int i = 0; i < count; ++i) any |= bits[i];
  return (any & ~signs) != 0;
}

// The lists of one block of samples.
template <class T>
struct BlockLists {
  T* values;
  std::int32_t* samples;
  NonzerosRange* ranges;
  index_t first, capacity;

  NNFAST_INLINE BlockLists(const Nonzeros<T>& lists, index_t block) {
    first = block * nonzeros_block;
    capacity = lists.samples - first < nonzeros_block ? lists.samples - first : nonzeros_block;
    values = lists.values + first * lists.groups * nonzeros_group;
    samples = lists.numbers + first * lists.groups;
    ranges = lists.ranges + block * lists.groups;
  }
};

// Which of up to 64 groups of a row are active, as bits: most are not, and are passed over at once.
template <class T>
NNFAST_INLINE std::uint64_t active_groups(const T* row, index_t groups) {
  std::uint64_t active = 0;
#pragma GCC unroll 4
  for (index_t g = 0; g < groups; ++g) {
    active |= static_cast<std::uint64_t>(any_nonzero(row + g * nonzeros_group)) << g;
  }
  return active;
}

// Groups first .. last - 1 of x, of which the last one of all may have fewer columns.
template <class T>
struct Stretch {
  const T* x;
  index_t columns, first, whole;  // groups from first on that have all columns
  bool has_part;

  NNFAST_INLINE Stretch(index_t of_columns, const T* rows, index_t from, index_t to) {
    x = rows;
    columns = of_columns;
    first = from;
    has_part = to * nonzeros_group > columns;
    whole = to - from - has_part;
  }
  NNFAST_INLINE const T* group(index_t sample, index_t g) const {
    return x + sample * columns + (first + g) * nonzeros_group;
  }
  // The last group's values, zeros past the last column.
  NNFAST_INLINE void copy_part(index_t sample, T* values) const {
    const T* from = group(sample, whole);
    for (index_t i = 0; i < nonzeros_group; ++i) {
      values[i] = (first + whole) * nonzeros_group + i < columns ? from[i] : T(0);
    }
  }
  NNFAST_INLINE std::uint64_t active(index_t sample) const {
    const std::uint64_t active = active_groups(group(sample, 0), whole);
    if (!has_part) return active;
    T values[nonzeros_group];
    copy_part(sample, values);
    return active | static_cast<std::uint64_t>(any_nonzero(values)) << whole;
  }
  NNFAST_INLINE void copy(index_t sample, index_t g, T* values) const {
    if (g == whole) {
      copy_part(sample, values);
    } else {
      __builtin_memcpy(values, group(sample, g), nonzeros_group * sizeof(T));
    }
  }
};

// Counts the entries of each group before it writes them, so that the lists of a stretch follow one another.
template <class T>
void list_nonzeros(index_t columns, const T* x, index_t block, index_t first, index_t last, const Nonzeros<T>& lists) {
  const BlockLists<T> of(lists, block);
  const Stretch<T> stretch(columns, x + of.first * columns, first, last);
  NonzerosRange* ranges = of.ranges + first;
  for (index_t g = 0; g < last - first; ++g) ranges[g].count = 0;
  std::uint64_t active[nonzeros_block];
  for (index_t sample = 0; sample < of.capacity; ++sample) {
    active[sample] = stretch.active(sample);
    for (std::uint64_t left = active[sample]; left != 0; left &= left - 1) ++ranges[__builtin_ctzll(left)].count;
  }
  std::int32_t places[nonzeros_stretch], place = static_cast<std::int32_t>(first * of.capacity);
  for (index_t g = 0; g < last - first; ++g) {
    ranges[g].first = places[g] = place;
    place += ranges[g].count;
  }
  for (index_t sample = 0; sample < of.capacity; ++sample) {
    for (std::uint64_t left = active[sample]; left != 0; left &= left - 1) {
      const index_t g = __builtin_ctzll(left), at = places[g]++;
      stretch.copy(sample, g, of.values + at * nonzeros_group);
      of.samples[at] = static_cast<std::int32_t>(sample);
    }
  }
}

// Rows of `panels` results, `vectors` vectors each: packed row after row, or, anywhere, with a last vector of which
// `last` lanes are in memory.
template <class T, int vectors, int panels, bool packed>
struct Rows {
  T* out[panels];
  index_t strides[panels], last;

  NNFAST_INLINE explicit Rows(const ListedPanel<T>* sides) {
#pragma GCC unroll 2
    for (int p = 0; p < panels; ++p) {
      out[p] = sides[p].out;
      strides[p] = packed ? vectors * lanes<T> : sides[p].out_row_stride;
    }
    last = sides[panels - 1].columns - (vectors - 1) * lanes<T>;
  }
  NNFAST_INLINE void load_into(vec<T>* values, index_t row) const {
#pragma GCC unroll 2
    for (int p = 0; p < panels; ++p) {
      const T* from = out[p] + row * strides[p];
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        const bool is_whole = packed || p + 1 < panels || v + 1 < vectors;
        values[p * vectors + v] = is_whole ? load(from + v * lanes<T>) : load_first(from + v * lanes<T>, last);
      }
    }
  }
  NNFAST_INLINE void store_from(const vec<T>* values, index_t row) const {
#pragma GCC unroll 2
    for (int p = 0; p < panels; ++p) {
      T* to = out[p] + row * strides[p];
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        if (packed || p + 1 < panels || v + 1 < vectors) {
          store(to + v * lanes<T>, values[p * vectors + v]);
        } else {
          store_first(to + v * lanes<T>, values[p * vectors + v], last);
        }
      }
    }
  }
};

template <class T, int vectors>
NNFAST_INLINE bool is_packed(const ListedPanel<T>& side) {
  return side.columns == vectors * lanes<T> && side.out_row_stride == side.columns;
}

template <class T, int vectors, int panels>
NNFAST_INLINE void load_panels(const ListedPanel<T>* sides, index_t row, vec<T>* values) {
#pragma GCC unroll 4
  for (int i = 0; i < panels * vectors; ++i) {
    values[i] = load(sides[i / vectors].panel + (row * vectors + i % vectors) * lanes<T>);
  }
}

// A group's rows of the panels stay in registers while the sums of its samples come and go.
template <class T, int vectors, int panels, bool packed>
void multiply_listed_tile(index_t block, index_t depth, const Nonzeros<T>& lists, const ListedPanel<T>* sides) {
  constexpr int width = panels * vectors;
  const Rows<T, vectors, panels, packed> rows(sides);
  const BlockLists<T> of(lists, block);
  for (index_t sample = 0; sample < of.capacity; ++sample) {
    const vec<T> zeros[width] = {};
    rows.store_from(zeros, sample);
  }
  for (index_t g = 0; g < lists.groups; ++g) {
    const index_t begin = of.ranges[g].first, count = of.ranges[g].count, row = g * nonzeros_group;
    const std::int32_t* samples = of.samples + begin;
    const T* values = of.values + begin * nonzeros_group;
    if (count == 0) continue;
    vec<T> b[nonzeros_group][width] = {};
#pragma GCC unroll 4
    for (int i = 0; i < nonzeros_group; ++i) {
      if (row + i < depth) load_panels<T, vectors, panels>(sides, row + i, b[i]);
    }
#pragma GCC unroll 2
    for (index_t e = 0; e < count; ++e) {
      vec<T> sums[width];
      rows.load_into(sums, samples[e]);
#pragma GCC unroll 4
      for (int i = 0; i < nonzeros_group; ++i) {
        const vec<T> value = splat(values[e * nonzeros_group + i]);
#pragma GCC unroll 4
        for (int v = 0; v < width; ++v) sums[v] = fma(value, b[i][v], sums[v]);
      }
      rows.store_from(sums, samples[e]);
    }
  }
}

// The sums of a group's inputs stay in registers while the samples' rows of the panels come.
template <class T, int vectors, int panels, bool packed>
void multiply_listed_transposed_tile(index_t first, index_t count, const Nonzeros<T>& lists,
                                     const ListedPanel<T>* sides) {
  constexpr int width = panels * vectors;
  const Rows<T, vectors, panels, packed> rows(sides);
  for (index_t row = 0; row < count; row += nonzeros_group) {
    const index_t g = (first + row) / nonzeros_group;
    vec<T> sums[nonzeros_group][width] = {};
    for (index_t block = 0; block * nonzeros_block < lists.samples; ++block) {
      const BlockLists<T> of(lists, block);
      const index_t begin = of.ranges[g].first, listed = of.ranges[g].count;
      const std::int32_t* samples = of.samples + begin;
      const T* values = of.values + begin * nonzeros_group;
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

template <class T>
using ListedTile = void (*)(index_t, index_t, const Nonzeros<T>&, const ListedPanel<T>*);

// The same tile for two panels of two vectors each, and for one panel of two vectors or of one; each of them for
// results that lie anywhere, and for packed ones.
template <class T>
struct ListedTiles {
  ListedTile<T> pair[2], two_vectors[2], one_vector[2];

  NNFAST_INLINE void operator()(index_t first, index_t count, const Nonzeros<T>& lists, const ListedPanel<T>* sides,
                                index_t panels) const {
    if (panels == 2 && sides[0].columns > lanes<T> && sides[1].columns > lanes<T>) {
      pair[is_packed<T, 2>(sides[0]) && is_packed<T, 2>(sides[1])](first, count, lists, sides);
      return;
    }
    for (const ListedPanel<T>* side = sides; side < sides + panels; ++side) {
      if (side->columns > lanes<T>) {
        two_vectors[is_packed<T, 2>(*side)](first, count, lists, side);
      } else {
        one_vector[is_packed<T, 1>(*side)](first, count, lists, side);
      }
    }
  }
};

template <class T>
void multiply_listed(index_t block, index_t depth, const Nonzeros<T>& lists, const ListedPanel<T>* sides,
                     index_t panels) {
  constexpr ListedTiles<T> tiles{
      {multiply_listed_tile<T, 2, listed_panels, false>, multiply_listed_tile<T, 2, listed_panels, true>},
      {multiply_listed_tile<T, 2, 1, false>, multiply_listed_tile<T, 2, 1, true>},
      {multiply_listed_tile<T, 1, 1, false>, multiply_listed_tile<T, 1, 1, true>}};
  tiles(block, depth, lists, sides, panels);
}

template <class T>
void multiply_listed_transposed(index_t first, index_t rows, const Nonzeros<T>& lists, const ListedPanel<T>* sides,
                                index_t panels) {
  constexpr ListedTiles<T> tiles{
      {multiply_listed_transposed_tile<T, 2, listed_panels, false>,
       multiply_listed_transposed_tile<T, 2, listed_panels, true>},
      {multiply_listed_transposed_tile<T, 2, 1, false>, multiply_listed_transposed_tile<T, 2, 1, true>},
      {multiply_listed_transposed_tile<T, 1, 1, false>, multiply_listed_transposed_tile<T, 1, 1, true>}};
  tiles(first, rows, lists, sides, panels);
}

}  // namespace nnfast::NNFAST_ISA
