// Uniform numbers made of Philox's words.
#pragma once

#include "kernels/philox.h"
#include "simd/loops.h"
#include "simd/shuffle.h"

namespace nnfast::NNFAST_ISA {

// A vector of words as numbers in [0, 1): 24 bits of each word.
NNFAST_INLINE vec<float> uniform_from(words pairs, float) {
  const vec<std::uint32_t> bits = bits_as<vec<std::uint32_t>>(pairs) >> 8;
  return __builtin_convertvector(bits_as<vec<std::int32_t>>(bits), vec<float>) * 0x1p-24f;
}

template <class T>
void random_uniform(index_t count, std::uint64_t first, std::uint64_t seed, std::uint64_t stream, T* out) {
  constexpr index_t block_numbers = 16 / sizeof(T), group_numbers = group_blocks * block_numbers;
  std::uint64_t block = first / block_numbers;
  index_t skip = static_cast<index_t>(first % block_numbers);
  for (index_t i = 0; i < count; block += group_blocks) {
    const Group group = philox(block, seed, stream);
    const vec<T> numbers[2] = {uniform_from(group.pairs[0], T{}), uniform_from(group.pairs[1], T{})};
    if (skip == 0 && count - i >= group_numbers) {
      store(out + i, numbers[0]);
      store(out + i + lanes<T>, numbers[1]);
      i += group_numbers;
      continue;
    }
    T buffer[group_numbers];
    store(buffer, numbers[0]);
    store(buffer + lanes<T>, numbers[1]);
    for (; skip < group_numbers && i < count; ++skip) out[i++] = buffer[skip];
    skip = 0;
  }
}

}  // namespace nnfast::NNFAST_ISA
