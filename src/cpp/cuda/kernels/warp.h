// A row in the words of kernels/softmax_row.h: a warp goes along it, each thread has every 32nd element.
#pragma once

#include "cuda/kernels/thread.h"
#include "kernels/combine.h"

namespace nnfast::cuda {

constexpr unsigned all_lanes = 0xffffffff;

struct Element {
  index_t offset;

  template <class Pointer>
  NNFAST_INLINE auto load(Pointer from) const {
    return +from[0];
  }
  template <class Pointer, class T>
  NNFAST_INLINE void store(Pointer to, T value) const {
    to[0] = value;
  }
};

template <class T, class Body>
NNFAST_INLINE void for_each_piece(index_t count, Body body) {
  for (index_t i = lane_number(); i < count; i += warp_threads) body(Element{i});
}

// Combines what all threads of the warp have, by halves, quarters, ...; all get the result.
template <class T, class Combine>
NNFAST_INLINE T across_warp(T value) {
  for (unsigned distance = warp_threads / 2; distance > 0; distance /= 2) {
    value = Combine::combine(value, __shfl_xor_sync(all_lanes, value, distance));
  }
  return value;
}

template <class T, class Combine, class Value>
NNFAST_INLINE T reduce_row(index_t columns, Value value) {
  T sum = static_cast<T>(Combine::identity);
  for_each_piece<T>(columns, [&](Element piece) { sum = Combine::combine(sum, value(piece)); });
  return across_warp<T, Combine>(sum);
}

}  // namespace nnfast::cuda
