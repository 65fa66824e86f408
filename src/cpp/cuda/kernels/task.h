// What a device does in one launch: tasks over numbered buffers, as plain numbers that lie in its memory.
#pragma once

#include "base/types.h"
#include "kernels/integers.h"
#include "kernels/kernels.h"

namespace nnfast::cuda {

constexpr int block_threads = 256, warp_threads = 32, warps = block_threads / warp_threads;
constexpr int shared_limit = 48 << 10;  // bytes that every GPU gives a block

// Elements that a unit of most tasks has.
constexpr index_t chunk = 4 * block_threads;

// Threads along the rows, and along the columns, of a product's tile; and how much of the depth is in shared memory.
constexpr int tile_side = 16, tile_depth = 16;

// Bytes of shared memory that a tile wants: both sides of the product, each with a column more, so that threads find
// their values in different banks; then the result.
constexpr int tile_bytes(int tile, index_t element_bytes) {
  const int sides = 2 * tile_depth * (tile + 1), result = tile * tile;
  return (sides > result ? sides : result) * static_cast<int>(element_bytes);
}

// Where a table begins among a plan's words, and how many entries it has.
struct Table {
  int at = 0, count = 0;
};

// What a task is. The list drives the enum, the union and the switch of run.h.
#define NNFAST_CUDA_TASKS(X)   \
  X(Advance, advance)          \
  X(Gather, gather)            \
  X(Chain, chain)              \
  X(Matmul, matmul)            \
  X(Reduce, reduce)            \
  X(ArgReduce, arg_reduce)     \
  X(Softmax, softmax)          \
  X(CrossEntropy, entropy)     \
  X(Check, check)              \
  X(Scan, scan)                \
  X(ArgSort, argsort)          \
  X(Integers, integers)        \
  X(Copy, copy)                \
  X(Take, take)                \
  X(Scatter, scatter)          \
  X(BagMax, bag_max)           \
  X(BagShare, bag_share)       \
  X(BagGradient, bag_gradient) \
  X(Random, random)

// Points the next step at the next rows of the feed.
struct Advance {
  index_t rows;
};

// Copies the batch's rows of one of the feed's arrays, cast to the buffer's type.
struct Gather {
  int source, out;
  index_t rows, columns;
};

// A pointwise program: steps over slots of shared memory, a thread an element.
struct ChainInput {
  int buffer;
  DType dtype;
  bool whole;     // whether it has every element; else its strides say where one is read
  Table strides;  // one for each of the chain's dimensions
};
struct ChainOutput {
  int buffer;
  DType dtype;
};
struct ChainStep {
  // A PointwiseOp, or one of these past them.
  static constexpr int load = static_cast<int>(PointwiseOp::count), constant = load + 1, store = load + 2;
  // Operands that lie in no slot: what the step before made, and the element of a product.
  static constexpr int last = -1, accumulator = -2;
  std::int16_t op;
  std::int16_t slot;         // where the result goes besides, or -1; of stores the number of the output
  std::int16_t operands[3];  // slots; of loads and constants the number of the input or constant
};
struct Chain {
  index_t count;  // elements
  Table dimensions, inputs, constants, steps, outputs;
  int slots, threads;  // of slots there is one for each of so many threads
};

// A product, each tile of which goes through a chain. Each output is one sum from +0 over ascending depth.
struct Matmul {
  // A side's lines are rows of the left one, columns of the right one. Beside float32 it may be half precision.
  struct Side {
    int buffer;
    DType dtype;
    index_t line_stride, depth_stride;
  };
  Side a, b;
  int tile;  // rows and columns of a tile
  index_t rows, columns, depth;
  Chain chain;
};

// out[outer, inner] = the reduction over the middle of outer x reduced x inner, by 1, warp_threads or block_threads
// threads each.
struct Reduce {
  int x, out;
  Reduction kind;
  int threads;
  index_t outer, reduced, inner;
};

// Rows that a warp goes along.
struct ArgReduce {
  int x, out;
  ArgReduction kind;
  index_t rows, columns;
};
struct Softmax {
  int x, out;
  bool logarithm;
  index_t rows, columns;
};
struct CrossEntropy {
  int logits, targets, loss, difference;  // difference: -1 where nobody wants it
  bool sparse;
  index_t rows, columns;
};

// Looks for the first number out of range, which ends the run.
struct Check {
  int numbers;
  bool labels;  // from 0; indices may count from the end
  index_t count, limit;
};

// Lines along the middle of outer x length x inner, a thread a line.
struct Scan {
  int x, factors, out;
  bool reverse;
  index_t outer, length, inner;
};

// The order of each row, by merging; `scratch` is as large as out.
struct ArgSort {
  int x, scratch, out;
  index_t rows, columns;
};

struct Integers {
  int a, b, out;
  IntegerOp op;
  index_t count;
};

// Elements of some shape from places of x to places of out.
struct Copy {
  int x, out;
  index_t count, x_offset, out_offset;
  Table dimensions, x_strides, out_strides;
};

struct Take {
  int x, indices, out;
  index_t outer, length, inner, count, lists;
};
// A block goes along all indices for `range` rows of one table.
struct Scatter {
  int x, indices, out;
  Reduction kind;
  index_t outer, length, inner, count, lists, range;
};

// As runtime/bags.h has them. The gradient goes through `part`, what each step that reached the maximum gets; a block
// goes along all indices for `range` rows of the table.
struct Bag {
  int table, indices, state;
  double rate, scale;
  index_t samples, steps, length, features;
};
struct BagMax {
  Bag bag;
  int out;
};
struct BagShare {
  Bag bag;
  int out, gradient, part;
};
struct BagGradient {
  Bag bag;
  int out, part, table_gradient;
  index_t range;
};

struct Random {
  int state, out;
  index_t count;
};

struct Task {
  enum class Kind : std::uint8_t {
#define NNFAST_CUDA_TASK(type, name) name,
    NNFAST_CUDA_TASKS(NNFAST_CUDA_TASK)
#undef NNFAST_CUDA_TASK
  };
  Kind kind;
  DType dtype;        // what it computes in, or moves
  DType index_dtype;  // of indices and labels
  bool guarded;       // whether it changes what outlives the run: not after a fault
  union {
#define NNFAST_CUDA_TASK(type, name) type name;
    NNFAST_CUDA_TASKS(NNFAST_CUDA_TASK)
#undef NNFAST_CUDA_TASK
  };
};

// Tasks that some blocks of a launch do, one after the other; more than one task only where there is one block.
struct Work {
  int first_block, blocks;
  int first_task, tasks;
};
// What one launch does: works that touch no memory in common.
struct Phase {
  int first_work, works;
  int blocks, shared_bytes;
};

// Where a buffer lies. An output with a row for every sample begins row_bytes further with each sample.
struct Memory {
  std::byte* data;
  index_t row_bytes;
};
// An array of the feed, and which of its rows is which; see runtime/feed.h.
struct Source {
  const std::byte* data;
  const std::int64_t *starts, *columns;
  const index_t* order;  // null: as they are
  DType dtype;
};

// A number out of range, once there is one.
struct FoundFault {
  std::int64_t is_there, labels, row, number, limit;
};
// How far a run is. The first fault is kept.
struct State {
  index_t first_row;
  FoundFault fault;
};

// All that a launch knows, in the device's memory.
struct Frame {
  const Work* works;
  const Task* tasks;
  const std::byte* words;  // of the tables
  const Memory* memories;
  const Source* sources;
  State* state;
};

}  // namespace nnfast::cuda
