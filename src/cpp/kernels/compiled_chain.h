// Chains that are known when this is compiled: all steps of a vector in registers, with nothing to decide.
#pragma once

#include "kernels/pointwise.h"
#include "simd/shuffle.h"

namespace nnfast::NNFAST_ISA {

template <PointwiseOp op>
struct FunctionOf;
#define NNFAST_POINTWISE(name, arity, expression) \
  template <>                                     \
  struct FunctionOf<PointwiseOp::name> : pointwise_functions::name##_function {};
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE

// The text of compiled_chains.inc, taken apart by the compiler.
struct ChainSyntax {
  static constexpr int most = chain_limit;
  struct Operand {
    char kind;   // x, r or c; s for the result of a step
    int number;  // in its chain's reads, or of the step
  };
  struct Step {
    PointwiseOp op;
    Operand operands[3];
    int written;  // which of the chain's writes, or -1
  };
  Step steps[most]{};
  char kinds[most]{};  // of the reads
  int step_count = 0, read_count = 0, write_count = 0;

  constexpr explicit ChainSyntax(const char* text) {
    while (*text != '\0') {
      Step& step = steps[step_count++];
      step.op = op_of(text);
      step.written = -1;
      int operand = 0;
      for (text = past_word(text); *text == ' '; text = past_word(text)) {
        ++text;
        if (*text == '>') {
          step.written = write_count++;
        } else {
          step.operands[operand++] = operand_of(text);
        }
      }
      for (int rest = operand; rest < 3; ++rest) step.operands[rest] = step.operands[0];
      if (*text == ',') text += 2;
    }
  }

 private:
  static constexpr const char* past_word(const char* text) {
    while (*text != ' ' && *text != ',' && *text != '\0') ++text;
    return text;
  }
  static constexpr bool is_word(const char* text, const char* word) {
    for (; *word != '\0'; ++text, ++word) {
      if (*text != *word) return false;
    }
    return past_word(text) == text;
  }
  static constexpr PointwiseOp op_of(const char* text) {
#define NNFAST_POINTWISE(name, arity, expression) \
  if (is_word(text, #name)) return PointwiseOp::name;
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE
    return PointwiseOp::count;
  }
  constexpr Operand operand_of(const char* text) {
    const char kind = *text >= '0' && *text <= '9' ? 's' : *text++;
    int number = 0;
    for (; *text >= '0' && *text <= '9'; ++text) number = number * 10 + (*text - '0');
    if (kind != 's') {
      kinds[number] = kind;
      read_count = number >= read_count ? number + 1 : read_count;
    }
    return {kind, number};
  }
};

template <class Chain>
inline constexpr ChainSyntax syntax{Chain::text};

// What a chain reads and writes in one row; operands that are one value are spread over a vector beforehand.
template <class T, class Chain>
struct ChainRow {
  static constexpr int reads = syntax<Chain>.read_count, writes = syntax<Chain>.write_count;
  const T* from[reads];
  vec<T> repeated[reads];
  T* to[writes];

  NNFAST_INLINE void spread(const View<T>* views, char kind, index_t row) {
#pragma GCC unroll 24
    for (int i = 0; i < reads; ++i) {
      if (syntax<Chain>.kinds[i] == kind) repeated[i] = splat(views[i].data[row * views[i].row_stride]);
    }
  }
  NNFAST_INLINE void point_at(const View<T>* views, const Target<T>* targets, index_t row) {
#pragma GCC unroll 24
    for (int i = 0; i < reads; ++i) from[i] = views[i].data + row * views[i].row_stride;
#pragma GCC unroll 24
    for (int i = 0; i < writes; ++i) to[i] = targets[i].data + row * targets[i].row_stride;
    spread(views, 'r', row);
  }
};

// One vector of a row, on its way through the steps.
template <class T, class Chain, class Piece>
struct ChainVector {
  const ChainRow<T, Chain>& row;
  Piece piece;
  vec<T> results[syntax<Chain>.step_count];

  template <int s, int operand>
  NNFAST_INLINE vec<T> fetch() const {
    constexpr ChainSyntax::Operand of = syntax<Chain>.steps[s].operands[operand];
    if constexpr (of.kind == 's') return results[of.number];
    if constexpr (of.kind == 'x') return piece.load(row.from[of.number] + piece.offset);
    if constexpr (of.kind == 'r' || of.kind == 'c') return row.repeated[of.number];
  }
  template <int s>
  NNFAST_INLINE void run_step() {
    constexpr ChainSyntax::Step step = syntax<Chain>.steps[s];
    using Function = FunctionOf<step.op>;
    vec<T> a = fetch<s, 0>(), b{}, c{};
    if constexpr (Function::arity > 1) b = fetch<s, 1>();
    if constexpr (Function::arity > 2) c = fetch<s, 2>();
    results[s] = Function::apply(a, b, c);
    if constexpr (step.written >= 0) piece.store(row.to[step.written] + piece.offset, results[s]);
  }
  template <int... s>
  NNFAST_INLINE void run(Lanes<s...>) {
    (run_step<s>(), ...);
  }
};

template <class T, class Chain>
void compiled_chain(const View<T>* views, const Target<T>* targets, index_t rows, index_t columns) {
  using Steps = typename LanesUpTo<syntax<Chain>.step_count>::type;
  ChainRow<T, Chain> at;
  at.spread(views, 'c', 0);
  for (index_t row = 0; row < rows; ++row) {
    at.point_at(views, targets, row);
    for_each_piece<T>(columns, [&](auto piece) {
      ChainVector<T, Chain, decltype(piece)> vector{at, piece, {}};
      vector.run(Steps{});
    });
  }
}

namespace chains {
#define NNFAST_CHAIN(name, written)              \
  struct name {                                  \
    static constexpr const char* text = written; \
  };
#include "kernels/compiled_chains.inc"
#undef NNFAST_CHAIN
}  // namespace chains

template <class T>
constexpr CompiledChain<T> compiled_chains[] = {
#define NNFAST_CHAIN(name, text) {text, compiled_chain<T, chains::name>},
#include "kernels/compiled_chains.inc"
#undef NNFAST_CHAIN
};

}  // namespace nnfast::NNFAST_ISA
