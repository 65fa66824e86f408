// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3; 2011): word w of block b is a
// fixed function of the key, the stream and b, so any thread can make any part of the sequence.
#pragma once

#include "simd/words.h"

namespace nnfast::NNFAST_ISA {

using words = vec<std::uint64_t>;
constexpr index_t group_blocks = lanes<std::uint64_t>;  // a block a lane
constexpr index_t group_words = group_blocks * 4;

// The words of group_blocks consecutive blocks, in order, as two vectors of word pairs (the first word lower).
struct Group {
  words pairs[2];
};

NNFAST_INLINE Group philox(std::uint64_t block, std::uint64_t key, std::uint64_t stream) {
  constexpr std::uint64_t first_multiplier = 0xD2511F53, second_multiplier = 0xCD9E8D57;
  constexpr std::uint32_t first_weyl = 0x9E3779B9, second_weyl = 0xBB67AE85;
  // Each word in the lower half of a 64-bit lane; what products leave in the upper halves is never looked at.
  words counter[4];
  counter[0] = block + bits_as<words>(lane_numbers<double>());
  counter[1] = counter[0] >> 32;
  counter[2] = splat<std::uint64_t>(stream);
  counter[3] = splat<std::uint64_t>(stream >> 32);
  std::uint32_t first_key = static_cast<std::uint32_t>(key), second_key = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const words first = multiply_low(counter[0], splat<std::uint64_t>(first_multiplier));
    const words second = multiply_low(counter[2], splat<std::uint64_t>(second_multiplier));
    counter[0] = (second >> 32) ^ counter[1] ^ std::uint64_t{first_key};
    counter[1] = second;
    counter[2] = (first >> 32) ^ counter[3] ^ std::uint64_t{second_key};
    counter[3] = first;
    first_key += first_weyl;
    second_key += second_weyl;
  }
  constexpr std::uint64_t lower = 0xffffffff;
  const words low = (counter[0] & lower) | counter[1] << 32, high = (counter[2] & lower) | counter[3] << 32;
  return {{interleave_first(low, high, lanes_of<words>{}), interleave_second(low, high, lanes_of<words>{})}};
}

// A number in [0, 1) of 53 bits of each pair, as 32 and 21: each half becomes a number as the low bits of 2^52.
NNFAST_INLINE vec<double> uniform_from(words pairs, double) {
  const words magic = bits_as<words>(splat(0x1p52));
  const vec<double> high = bits_as<vec<double>>((pairs >> 32) | magic) - 0x1p52;
  const vec<double> low = bits_as<vec<double>>(((pairs & 0xffffffff) >> 11) | magic) - 0x1p52;
  return high * 0x1p-32 + low * 0x1p-53;
}

}  // namespace nnfast::NNFAST_ISA
