// Subnormals as zeros, for one scope of one thread: weights and optimizer slots that decay towards zero would otherwise
// slow every operation on them a hundredfold. Never for a whole process.
#pragma once

#include <cstdint>

namespace nnfast {

class FlushSubnormals {
 public:
#if defined(__x86_64__)
  FlushSubnormals() : saved_(__builtin_ia32_stmxcsr()) { __builtin_ia32_ldmxcsr(saved_ | flush_to_zero | zero_inputs); }
  ~FlushSubnormals() { __builtin_ia32_ldmxcsr(saved_); }
#elif defined(__aarch64__)
  FlushSubnormals() : saved_(0) {
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved_));
    __asm__ volatile("msr fpcr, %0" : : "r"(saved_ | flush));
  }
  ~FlushSubnormals() { __asm__ volatile("msr fpcr, %0" : : "r"(saved_)); }
#else
  FlushSubnormals() = default;
#endif
  FlushSubnormals(const FlushSubnormals&) = delete;
  FlushSubnormals& operator=(const FlushSubnormals&) = delete;

 private:
#if defined(__x86_64__)
  static constexpr unsigned flush_to_zero = 0x8000, zero_inputs = 0x0040;
  const unsigned saved_;
#elif defined(__aarch64__)
  static constexpr std::uint64_t flush = std::uint64_t{1} << 24;
  std::uint64_t saved_;
#endif
};

}  // namespace nnfast
