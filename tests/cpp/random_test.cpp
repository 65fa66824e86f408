// Philox4x32-10 against the vectors published with Random123, a plain transcription of it, and cuts of the sequence.
#include <array>

#include "check.h"

namespace nnfast::test {

namespace {

using Block = std::array<std::uint32_t, 4>;

Block philox(Block counter, std::uint32_t first_key, std::uint32_t second_key) {
  for (int round = 0; round < 10; ++round, first_key += 0x9E3779B9u, second_key += 0xBB67AE85u) {
    const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(second >> 32) ^ counter[1] ^ first_key, static_cast<std::uint32_t>(second),
               static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ second_key, static_cast<std::uint32_t>(first)};
  }
  return counter;
}

std::uint64_t joined(std::uint32_t low, std::uint32_t high) { return low | std::uint64_t{high} << 32; }

float expected_number(const Block& block, std::uint64_t word, float) {
  return static_cast<float>(block[word] >> 8) * 0x1p-24f;
}
double expected_number(const Block& block, std::uint64_t pair, double) {
  return static_cast<double>(joined(block[2 * pair], block[2 * pair + 1]) >> 11) * 0x1p-53;
}

template <class T>
void check_numbers(const Block& counter, std::uint32_t first_key, std::uint32_t second_key, index_t skip,
                   index_t count) {
  constexpr std::uint64_t a_block = 16 / sizeof(T);
  const std::uint64_t block = joined(counter[0], counter[1]), stream = joined(counter[2], counter[3]);
  Guarded<T> out(count, T(-1));
  // `first` numbers T's, so it wraps: blocks past 2^62 can't be reached, and aren't asked for.
  const std::uint64_t first = block * a_block + static_cast<std::uint64_t>(skip);
  in_use<T>().random_uniform(count, first, joined(first_key, second_key), stream, out.data());
  check(out.intact(), "%d numbers write outside", int(count));
  for (index_t i = 0; i < count; ++i) {
    const std::uint64_t at = first + static_cast<std::uint64_t>(i), number = at / a_block;
    const Block words =
        philox({static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32), counter[2], counter[3]},
               first_key, second_key);
    const T expected = expected_number(words, at % a_block, T{});
    check(out[i] == expected, "number %d of %d, skipping %d: %.17g, not %.17g", int(i), int(count), int(skip),
          double(out[i]), double(expected));
  }
}

}  // namespace

void test_random() {
  // kat_vectors of Random123: philox4x32, 10 rounds; counter, key, result.
  struct Published {
    Block counter;
    std::uint32_t first_key, second_key;
    Block result;
  };
  const Published published[] = {
      {{0, 0, 0, 0}, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{~0u, ~0u, ~0u, ~0u}, ~0u, ~0u, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       0xa4093822,
       0x299f31d0,
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const auto& [counter, first_key, second_key, result] : published) {
    check(philox(counter, first_key, second_key) == result, "the transcription of Philox");
  }
  check_numbers<float>({0, 0, 0, 0}, 0, 0, 0, 4);
  for (const index_t count : sizes) {
    for (index_t skip = 0; skip < 5; ++skip) {
      check_numbers<float>({0xfffffffe, 0x15a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0, skip, count);
      check_numbers<double>({0xfffffffe, 0x15a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0, skip, count);
    }
  }
}

}  // namespace nnfast::test
