// What kernels are written in beside CUDA's own words; cuda/emulation/device.h has all of them for the host.
#pragma once

#include "base/types.h"

#define NNFAST_INLINE __device__ __forceinline__
#define NNFAST_OUTLINE __noinline__

namespace nnfast::cuda {

template <class T>
using Global = T*;
template <class T>
using Shared = T*;

// Bytes as what lies there.
template <class To>
NNFAST_INLINE const To* of_type(const std::byte* bytes) {
  return reinterpret_cast<const To*>(bytes);
}
template <class To>
NNFAST_INLINE To* of_type(std::byte* bytes) {
  return reinterpret_cast<To*>(bytes);
}

// `count` elements of the block's shared memory, `offset` bytes in, a multiple of 16.
template <class T>
NNFAST_INLINE Shared<T> shared_memory(index_t offset, index_t) {
  extern __shared__ __align__(16) unsigned char memory[];
  return reinterpret_cast<T*>(memory + offset);
}

}  // namespace nnfast::cuda
