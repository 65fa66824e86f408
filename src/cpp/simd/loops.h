// Loops that own their tail: the body is written once and called with whole vectors, then with part of one.
#pragma once

#include "simd/vec.h"

namespace nnfast::NNFAST_ISA {

// A piece of a row: `offset` elements in, `count` elements long.
template <class T>
struct Whole {
  static constexpr index_t count = lanes<T>;
  index_t offset;

  NNFAST_INLINE vec<T> load(const T* from) const { return NNFAST_ISA::load<T>(from); }
  NNFAST_INLINE void store(T* to, vec<T> value) const { NNFAST_ISA::store<T>(to, value); }
  // `value` in the lanes of the piece, `other` past them.
  NNFAST_INLINE vec<T> keep(vec<T> value, vec<T>) const { return value; }
};

template <class T>
struct Part {
  index_t offset;
  index_t count;

  NNFAST_INLINE vec<T> load(const T* from) const { return load_first(from, count); }
  NNFAST_INLINE void store(T* to, vec<T> value) const { store_first(to, value, count); }
  NNFAST_INLINE vec<T> keep(vec<T> value, vec<T> other) const { return select(first_lanes<T>(count), value, other); }
};

// Calls body(piece) for every piece of a row of `count` elements.
template <class T, class Body>
NNFAST_INLINE void for_each_piece(index_t count, Body body) {
  index_t offset = 0;
  for (; offset + lanes<T> <= count; offset += lanes<T>) body(Whole<T>{offset});
  if (offset < count) body(Part<T>{offset, count - offset});
}

}  // namespace nnfast::NNFAST_ISA
