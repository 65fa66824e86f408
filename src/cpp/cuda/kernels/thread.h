// What every kernel needs: its thread's numbers, the buffers, the tables, and elements of any shape.
#pragma once

#include "cuda/kernels/task.h"
#include "device.h"

namespace nnfast::cuda {

NNFAST_INLINE int thread_number() { return static_cast<int>(threadIdx.x); }
NNFAST_INLINE int lane_number() { return static_cast<int>(threadIdx.x) % warp_threads; }
NNFAST_INLINE int warp_number() { return static_cast<int>(threadIdx.x) / warp_threads; }

template <class T>
NNFAST_INLINE Global<T> at(const Frame& frame, int buffer) {
  const Memory memory = frame.memories[buffer];
  const index_t offset = memory.row_bytes == 0 ? 0 : memory.row_bytes * frame.state->first_row;
  return reinterpret_cast<T*>(memory.data + offset);
}

template <class Entry>
NNFAST_INLINE const Entry* entries(const Frame& frame, Table table) {
  return reinterpret_cast<const Entry*>(frame.words + table.at);
}

// Where element `i` of a shape lies in memory of these strides.
NNFAST_INLINE index_t place_of(const Frame& frame, index_t i, Table dimensions, Table strides) {
  const index_t *counts = entries<index_t>(frame, dimensions), *steps = entries<index_t>(frame, strides);
  index_t place = 0;
  for (int d = dimensions.count - 1; d > 0; --d) {
    place += i % counts[d] * steps[d];
    i /= counts[d];
  }
  return dimensions.count > 0 ? place + i * steps[0] : 0;
}

// The units that this block has of a task: each(unit).
struct Share {
  index_t first, step;  // every step-th unit from the first on
  template <class Each>
  NNFAST_INLINE void of(index_t units, Each each) const {
    for (index_t unit = first; unit < units; unit += step) each(unit);
  }
  // Units of a chunk of elements: each(i), a thread an element.
  template <class Each>
  NNFAST_INLINE void elements(index_t count, Each each) const {
    for (index_t begin = first * chunk; begin < count; begin += step * chunk) {
      const index_t end = begin + chunk < count ? begin + chunk : count;
      for (index_t i = begin + thread_number(); i < end; i += block_threads) each(i);
    }
  }
  // Units of `warps` rows: each(row), a warp a row.
  template <class Each>
  NNFAST_INLINE void rows(index_t count, Each each) const {
    for (index_t row = first * warps + warp_number(); row < count; row += step * warps) each(row);
  }
};

}  // namespace nnfast::cuda
