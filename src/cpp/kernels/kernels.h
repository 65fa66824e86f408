// What one thread can do to one tile. A table of these functions is compiled once per instruction set; base code holds
// a reference to the table in use and nothing else of it. No kernel allocates, throws, or knows what it is part of.
#pragma once

#include <cstddef>

#include "base/types.h"

namespace nnfast {

// A rows x columns operand read in place. column_stride is 0 (one value a row) or 1; row_stride 0 repeats one row.
template <class T>
struct View {
  const T* data;
  index_t row_stride;
  index_t column_stride;
};

// The row of a table that an index names, counted from the end if it is below 0; -1 for none.
constexpr index_t row_of(index_t index, index_t length) {
  const index_t row = index < 0 ? index + length : index;
  return row >= 0 && row < length ? row : -1;
}

enum class PointwiseOp : std::uint8_t {
#define NNFAST_POINTWISE(name, arity, expression) name,
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE
  count
};

// A step of a chain. It takes each operand from memory, or from one of two registers: the last step's result, or the
// one that was kept.
enum class PointwiseSource : std::uint8_t { memory, last, kept };
template <class T>
struct PointwiseStep {
  PointwiseOp op;
  PointwiseSource sources[3];  // past the op's arity not memory
  bool keeps;                  // the last result, when the operands are read, becomes the kept one
  View<T> operands[3];
  T* out;  // where the result goes besides, or null
  index_t out_row_stride;
};

// Rows of a result, each contiguous.
template <class T>
struct Target {
  T* data;
  index_t row_stride;
};

// A chain that has a kernel of its own. Reads and writes come in the order in which `text` has them; what is written
// may be read in the same place by later steps.
constexpr int chain_limit = 24;  // of its steps, and of what it reads
template <class T>
struct CompiledChain {
  const char* text;  // as compiled_chains.inc says
  void (*run)(const View<T>* reads, const Target<T>* writes, index_t rows, index_t columns);
};

// The nonzeros of a samples x columns matrix: for each block of nonzeros_block samples, for each group of
// nonzeros_group neighbouring columns, the samples where any of the group is not zero, ascending, with all values of
// the group. The lists of a stretch of groups, at most nonzeros_stretch, follow one another, so that they fill whole
// lines of a cache. They are room enough for a matrix without zeros: samples x groups numbers and as many groups of
// values.
constexpr index_t nonzeros_group = 4;
constexpr index_t nonzeros_block = 128;
constexpr index_t nonzeros_stretch = 64;
struct NonzerosRange {
  std::int32_t first, count;  // entries of the block
};
template <class T>
struct Nonzeros {
  T* values;              // nonzeros_group of each entry; zeros past the matrix's last column
  std::int32_t* numbers;  // of each entry's sample in its block
  NonzerosRange* ranges;  // by block and group
  index_t groups, samples;
};

// A packed panel of a product's right side, and where its columns of the result go.
template <class T>
struct ListedPanel {
  const T* panel;
  index_t columns;
  T* out;
  index_t out_row_stride;
};

// A bag: the rows of a table that one sample names, in order. With `drops`, element f of step t becomes 0 where the
// number (first + t * features + f) of random_uniform lies below rate, else `scale` times as much.
template <class T>
struct Bag {
  const T* table;
  const index_t* rows;  // of each step; -1 for none
  index_t steps, features;
  bool drops;
  T rate, scale;
  std::uint64_t first, seed, stream;
};

enum class Reduction : std::uint8_t { sum, maximum, minimum, product, count };
enum class ArgReduction : std::uint8_t { argmax, argmin, count };

template <class T>
struct KernelsOf {
  // out[r, c] = op(a[r, c], b[r, c], c[r, c]); operands past the op's arity are not read. out is rows x columns with
  // unit column stride and may be the same memory as an operand of the same strides.
  using Pointwise = void (*)(index_t rows, index_t columns, View<T> a, View<T> b, View<T> c, T* out,
                             index_t out_row_stride);
  Pointwise pointwise[static_cast<int>(PointwiseOp::count)];
  // Short functions one after the other over a rows x columns tile, the same bits as one by one. What a step writes may
  // be read by itself and by later steps, element by element.
  void (*pointwise_chain)(const PointwiseStep<T>* steps, index_t count, index_t rows, index_t columns);
  const CompiledChain<T>* compiled_chains;
  index_t compiled_chain_count;

  // Matrix product by panels: pack a (depth x columns) strided matrix, columns <= panel_columns, into `panel` as
  // depth x width, width = columns rounded up to the vector's lanes, padding zero; then multiply any number of rows of
  // a by it: out[rows x columns] = a[rows x depth] . panel. Each output element is one sum from +0 over ascending
  // depth. The rows of a panel are panel_stride apart: its width where it was packed, more where whole vectors are
  // read in place.
  index_t panel_columns;
  index_t tile_rows;
  index_t lanes;
  void (*pack)(index_t depth, index_t columns, const T* b, index_t depth_stride, index_t column_stride, T* panel);
  void (*multiply)(index_t rows, index_t columns, index_t depth, const T* a, index_t row_stride, index_t depth_stride,
                   const T* panel, index_t panel_stride, T* out, index_t out_row_stride);

  // Writes the lists of groups first .. last - 1, a stretch, of one block of x, which has contiguous rows.
  void (*list_nonzeros)(index_t columns, const T* x, index_t block, index_t first, index_t last,
                        const Nonzeros<T>& lists);
  // `multiply` by lists, the same bits where the panels are finite; of up to listed_panels panels at once. For one
  // block of samples, a = the listed matrix:
  index_t listed_panels;
  void (*multiply_listed)(index_t block, index_t depth, const Nonzeros<T>& lists, const ListedPanel<T>* sides,
                          index_t panels);
  // and for all samples, a = rows first .. first + rows - 1 of the listed matrix transposed; first is a group's.
  void (*multiply_listed_transposed)(index_t first, index_t rows, const Nonzeros<T>& lists, const ListedPanel<T>* sides,
                                     index_t panels);

  // out[c] = reduction over r of x[r, c], rows ascending, from the reduction's identity.
  void (*reduce_rows[static_cast<int>(Reduction::count)])(index_t rows, index_t columns, const T* x, index_t row_stride,
                                                          T* out);
  // out[r] = reduction over c of x[r, c]; lanes first, then across lanes in a fixed order.
  void (*reduce_columns[static_cast<int>(Reduction::count)])(index_t rows, index_t columns, const T* x,
                                                             index_t row_stride, T* out);
  // out[r] = index of the first extreme of x[r, :]; NaN counts as extreme, as in NumPy. columns >= 1.
  void (*arg_reduce_columns[static_cast<int>(ArgReduction::count)])(index_t rows, index_t columns, const T* x,
                                                                    index_t row_stride, std::int64_t* out);

  // Along each contiguous row, the maximum taken off first.
  void (*softmax)(index_t rows, index_t columns, const T* x, T* out);
  void (*log_softmax)(index_t rows, index_t columns, const T* x, T* out);
  // loss[r] = -log softmax(logits[r])[labels[r]], difference[r, c] = softmax(logits[r])[c] - (c == labels[r]);
  // difference may be null. Returns the first row whose label is outside [0, columns), or -1.
  index_t (*sparse_cross_entropy)(index_t rows, index_t columns, const T* logits, const std::int64_t* labels, T* loss,
                                  T* difference);
  // loss[r] = -sum_c targets[r, c] log softmax(logits[r])[c], difference = softmax(logits) * sum_c targets - targets.
  void (*cross_entropy)(index_t rows, index_t columns, const T* logits, const T* targets, T* loss, T* difference);

  // out[i] = uniform in [0, 1), from word (first + i) % 4 (float32: 24 bits) or word pair (first + i) % 2 (float64: 53
  // bits) of Philox4x32-10 with key `seed` and counter {block low, block high, stream low, stream high}.
  void (*random_uniform)(index_t count, std::uint64_t first, std::uint64_t seed, std::uint64_t stream, T* out);

  // out[f] = the greatest element f of a bag's steps, NaN where one is.
  void (*bag_max)(const Bag<T>& bag, T* out);
  // Adds gradient[f] / n to each of the n elements of the table, f from first to last - 1, that out[f] came from, step
  // after step. scratch: aligned, of bag_bytes a step.
  void (*bag_max_gradient)(const Bag<T>& bag, const T* out, const T* gradient, index_t first, index_t last,
                           T* table_gradient, std::byte* scratch);
  index_t bag_bytes;

  // out[r, c] = x[r * row_stride + c * column_stride], any strides: transposes in blocks where column_stride is not 1.
  void (*copy_strided)(index_t rows, index_t columns, const T* x, index_t row_stride, index_t column_stride, T* out,
                       index_t out_row_stride);

  // Between T and a stored type, as C casts do; to bool is != 0. Floats out of an integer's range saturate, NaN gives
  // 0; half precision rounds to nearest, ties to even.
  void (*load[static_cast<int>(DType::count)])(index_t count, const void* x, T* out);
  void (*store[static_cast<int>(DType::count)])(index_t count, const T* x, void* out);

  // Nothing but independent multiply-adds in registers, `rounds` times; returns how many floating-point operations that
  // were, and leaves in `out` a number that depends on them all. What products are measured against.
  index_t (*multiply_adds)(index_t rounds, T* out);
};

struct Kernels {
  const char* instruction_set;
  KernelsOf<float> float32;
  KernelsOf<double> float64;
};

template <class T>
const KernelsOf<T>& kernels_of(const Kernels& kernels);
template <>
inline const KernelsOf<float>& kernels_of<float>(const Kernels& kernels) {
  return kernels.float32;
}
template <>
inline const KernelsOf<double>& kernels_of<double>(const Kernels& kernels) {
  return kernels.float64;
}

}  // namespace nnfast
