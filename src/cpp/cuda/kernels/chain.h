// Pointwise programs: each thread takes an element through all steps. Values wait in slots of shared memory, where a
// thread finds them by number.
#pragma once

#include "cuda/kernels/convert.h"
#include "kernels/pointwise_functions.h"

namespace nnfast::cuda {

template <class T>
NNFAST_INLINE T pointwise(int op, T a, T b, T c) {
  switch (static_cast<PointwiseOp>(op)) {
#define NNFAST_POINTWISE(name, arity, expression) \
  case PointwiseOp::name:                         \
    return pointwise_functions::name##_function::apply(a, b, c);
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE
    default:
      return T(0);
  }
}

// Rows of elements that neighbours in a chain's result, or in a tile of a product.
struct Tile {
  index_t first;       // the number of its first element
  index_t row_stride;  // from one row to the next
  int rows, columns;
  int stored_columns;  // of the tile in shared memory
};

// A chain over a tile. `accumulators`: the tile of a product, 0 bytes into shared memory; slots follow `slots_at` bytes
// in.
template <class T>
NNFAST_OUTLINE __device__ void run_chain(const Frame& frame, const Chain& chain, const Tile& tile, int slots_at) {
  const ChainStep* steps = entries<ChainStep>(frame, chain.steps);
  const ChainInput* inputs = entries<ChainInput>(frame, chain.inputs);
  const ChainOutput* outputs = entries<ChainOutput>(frame, chain.outputs);
  const double* constants = entries<double>(frame, chain.constants);
  const Shared<T> slots = shared_memory<T>(slots_at, chain.slots * chain.threads);
  const Shared<T> accumulators = shared_memory<T>(0, slots_at / static_cast<index_t>(sizeof(T)));
  const int thread = thread_number();
  if (thread >= chain.threads) return;
  for (int e = thread; e < tile.rows * tile.columns; e += chain.threads) {
    const int row = e / tile.columns, column = e % tile.columns;
    const index_t element = tile.first + row * tile.row_stride + column;
    T last = T(0);
    const auto operand = [&](int number) -> T {
      if (number == ChainStep::last) return last;
      if (number == ChainStep::accumulator) return accumulators[row * tile.stored_columns + column];
      return slots[number * chain.threads + thread];
    };
    for (int s = 0; s < chain.steps.count; ++s) {
      const ChainStep step = steps[s];
      if (step.op == ChainStep::store) {
        const ChainOutput output = outputs[step.slot];
        store_as<T>(output.dtype, operand(step.operands[0]), at<std::byte>(frame, output.buffer), element);
        continue;
      }
      if (step.op == ChainStep::load) {
        const ChainInput input = inputs[step.operands[0]];
        const index_t place = input.whole ? element : place_of(frame, element, chain.dimensions, input.strides);
        last = load_as<T>(input.dtype, at<std::byte>(frame, input.buffer), place);
      } else if (step.op == ChainStep::constant) {
        last = static_cast<T>(constants[step.operands[0]]);
      } else {
        last = pointwise<T>(step.op, operand(step.operands[0]), operand(step.operands[1]), operand(step.operands[2]));
      }
      if (step.slot >= 0) slots[step.slot * chain.threads + thread] = last;
    }
  }
}

template <class T>
NNFAST_INLINE void run(const Frame& frame, const Chain& chain, Share share) {
  share.of(divide_up(chain.count, chunk), [&](index_t unit) {
    const index_t first = unit * chunk, left = chain.count - first;
    const int columns = static_cast<int>(left < chunk ? left : chunk);
    run_chain<T>(frame, chain, {first, 0, 1, columns, 0}, 0);
  });
}

}  // namespace nnfast::cuda
