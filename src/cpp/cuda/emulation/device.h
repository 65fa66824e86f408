// CUDA's words for the host compiler: what kernels are written in, meaning the emulated machine.
// cuda/hardware/device.h has the same names for a GPU; the build chooses the folder.
#pragma once

#include <cstring>

#include "base/types.h"
#include "cuda/emulation/machine.h"

#define __device__
#define __global__
#define NNFAST_INLINE [[gnu::always_inline]] inline
#define NNFAST_OUTLINE [[gnu::noinline]]

namespace nnfast::emulation {

template <unsigned (Machine::*number)() const>
struct Index {
  struct X {
    operator unsigned() const { return (machine().*number)(); }
  };
  static constexpr X x{};
};

template <class T>
std::uint64_t bits_of_value(T value) {
  static_assert(sizeof(T) <= 8, "a shuffle moves up to 8 bytes");
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}
template <class T>
T value_of_bits(std::uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace nnfast::emulation

inline constexpr nnfast::emulation::Index<&nnfast::emulation::Machine::thread> threadIdx;
inline constexpr nnfast::emulation::Index<&nnfast::emulation::Machine::block> blockIdx;
inline constexpr nnfast::emulation::Index<&nnfast::emulation::Machine::threads> blockDim;
inline constexpr nnfast::emulation::Index<&nnfast::emulation::Machine::blocks> gridDim;

inline void __syncthreads() { nnfast::emulation::machine().barrier(); }

template <class T>
T __shfl_xor_sync(std::uint32_t mask, T value, unsigned distance) {
  auto& machine = nnfast::emulation::machine();
  const unsigned lane = machine.thread() % nnfast::emulation::Machine::warp_threads;
  return nnfast::emulation::value_of_bits<T>(
      machine.exchange(mask, nnfast::emulation::bits_of_value(value), lane ^ distance));
}
inline std::uint32_t __ballot_sync(std::uint32_t mask, bool vote) {
  return nnfast::emulation::machine().ballot(mask, vote);
}
inline int __ffs(std::uint32_t bits) { return __builtin_ffs(static_cast<int>(bits)); }

namespace nnfast::cuda {

// Elements of global memory, whose loads and stores are noted. On a GPU, a pointer.
template <class T>
class Global {
 public:
  Global(T* data) : data_(data) {}  // NOLINT: as a pointer is
  class Element {
   public:
    explicit Element(T* at) : at_(at) {}
    operator T() const {
      emulation::machine().note_load(at_, sizeof(T));
      return *at_;
    }
    const Element& operator=(T value) const {
      emulation::machine().note_store(at_, sizeof(T));
      *at_ = value;
      return *this;
    }

   private:
    T* at_;
  };
  Element operator[](index_t i) const { return Element(data_ + i); }
  Global operator+(index_t i) const { return data_ + i; }
  T* data() const { return data_; }

 private:
  T* data_;
};
template <class T>
class Global<const T> {
 public:
  Global(const T* data) : data_(data) {}            // NOLINT
  Global(Global<T> other) : data_(other.data()) {}  // NOLINT
  T operator[](index_t i) const {
    emulation::machine().note_load(data_ + i, sizeof(T));
    return data_[i];
  }
  Global operator+(index_t i) const { return data_ + i; }
  const T* data() const { return data_; }

 private:
  const T* data_;
};

template <class To>
Global<const To> of_type(Global<const std::byte> bytes) {
  return reinterpret_cast<const To*>(bytes.data());
}
template <class To>
Global<To> of_type(Global<std::byte> bytes) {
  return reinterpret_cast<To*>(bytes.data());
}

// Elements of the block's shared memory, whose bounds and barriers are checked. On a GPU, a pointer.
template <class T>
class Shared {
 public:
  Shared(T* data, index_t count) : data_(data), count_(count) {}
  class Element {
   public:
    explicit Element(T* at) : at_(at) {}
    operator T() const {
      emulation::machine().note_read(at_);
      return *at_;
    }
    const Element& operator=(T value) const {
      emulation::machine().note_write(at_);
      *at_ = value;
      return *this;
    }
    const Element& operator=(const Element& other) const { return *this = static_cast<T>(other); }

   private:
    T* at_;
  };
  Element operator[](index_t i) const {
    if (i < 0 || i >= count_) emulation::machine().fail("shared memory out of bounds");
    return Element(data_ + i);
  }

 private:
  T* data_;
  index_t count_;
};

template <class T>
Shared<T> shared_memory(index_t offset, index_t count) {
  const auto bytes = static_cast<std::size_t>(count) * sizeof(T);
  return {reinterpret_cast<T*>(emulation::machine().shared(static_cast<std::size_t>(offset), bytes)), count};
}

}  // namespace nnfast::cuda
