// The Program of runtime/program.h on a device: the same instructions, in the same words, as launches.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cuda/runtime/copies.h"
#include "cuda/runtime/instruction.h"
#include "cuda/runtime/schedule.h"
#include "runtime/bags.h"
#include "runtime/pointwise.h"
#include "runtime/program.h"

namespace nnfast::cuda {

class Program {
 public:
  using BufferKind = nnfast::Program::BufferKind;
  using BufferInfo = nnfast::Program::BufferInfo;
  using Output = nnfast::Program::Output;

  Program();
  ~Program();

  int add_buffer(BufferKind kind, DType dtype, Dimensions dimensions, int index);
  int add_variable(std::shared_ptr<Variable> variable);
  int add_constant(const std::byte* data, index_t bytes);

  // Instructions, as bindings/bind_program.cpp has them for the CPU. Shapes are Dimensions.
  using Shape2 = std::array<index_t, 2>;
  using Shape3 = std::array<index_t, 3>;
  using Shape4 = std::array<index_t, 4>;
  using Shape5 = std::array<index_t, 5>;
  void gather(int source, int out, DType dtype, index_t row_elements);
  void pointwise(const PointwiseCode& code, const Dimensions& dimensions);
  // shape: matrices, rows, columns, depth.
  void matmul(DType dtype, int a, int b, int out, const Shape4& shape, bool transpose_a, bool transpose_b,
              const std::optional<PointwiseCode>& epilogue);
  void reduce(DType dtype, Reduction kind, int x, int out, const Shape3& shape);
  void arg_reduce(DType dtype, ArgReduction kind, int x, int out, const Shape2& shape);
  void scan(DType dtype, int x, int factors, int out, const Shape3& shape, bool reverse);
  void argsort(DType dtype, int x, int out, const Shape2& shape);
  void integers(DType dtype, IntegerOp op, int a, int b, int out, const Dimensions& dimensions);
  void softmax(DType dtype, bool logarithm, int x, int out, const Shape2& shape);
  void cross_entropy(DType dtype, DType target_dtype, int logits, int targets, int loss, int difference,
                     const Shape2& shape);
  void transpose(DType dtype, int x, int out, const Dimensions& dimensions, const std::vector<int>& order);
  void concatenate(DType dtype, const std::vector<int>& xs, int out, index_t outer, const Dimensions& widths);
  // shape: outer and inner; places: the axis's length, start, step, count.
  void slice(DType dtype, int x, int out, const Shape2& shape, const Shape4& places);
  void pad(DType dtype, int x, int out, const Shape2& shape, const Shape4& places, double value);
  // shape: outer, length, inner, count, lists, as of runtime/indexing.h.
  void take(DType dtype, DType index_dtype, int x, int indices, int out, const Shape5& shape);
  void scatter(DType dtype, DType index_dtype, Reduction kind, int x, int indices, int out, const Shape5& shape);
  void bag_max(const BagSource& source, int out);
  void bag_max_gradient(const BagSource& source, int out, int gradient, int table_gradient);
  void size(DType dtype, int out, const Dimensions& dimensions);
  void random_uniform(DType dtype, int state, int out, const Dimensions& dimensions);

  // Runs batches first .. first + count - 1 of the feed, without a word from the host in between, and waits for the
  // end. `place` is where the feed keeps the device's copy of itself.
  void run(const Feed& feed, std::shared_ptr<Elsewhere>& place, index_t first, index_t count,
           const std::vector<Output>& outputs) const;

 private:
  struct Plan;

  void add(std::vector<int> reads, std::vector<int> writes, std::function<Bound(index_t, Words&)> bind);
  // A buffer in a slot of its own, which Python does not know.
  int add_scratch(DType dtype, Dimensions dimensions);
  void check(DType dtype, int numbers, bool labels, index_t count, index_t limit);
  // Elements of a shape, and where they lie in x and in out.
  struct Strides {
    std::vector<index_t> counts, x, out;
    index_t x_offset = 0, out_offset = 0;
  };
  void copy(DType dtype, int x, int out, const std::function<Strides(index_t batch)>& strides_of);
  void fill(int out, DType dtype, const Dimensions& dimensions, double value);
  std::unique_ptr<Plan> make_plan(index_t batch) const;
  Plan& plan_for(index_t batch) const;
  Access access_of(const Instruction& instruction) const;
  void run_together(const Feed& feed, const std::vector<Source>& sources, index_t first, index_t count,
                    const std::vector<std::byte*>& variables, const std::vector<Output>& outputs) const;

  std::vector<BufferInfo> buffers_;
  std::vector<std::shared_ptr<Variable>> variables_;
  std::vector<bool> written_;  // by variable
  std::vector<DeviceMemory> constants_;
  std::vector<Instruction> instructions_;
  int scratches_ = 0;
  mutable std::vector<std::unique_ptr<Plan>> plans_;  // the last few batch sizes; under the device's mutex
};

}  // namespace nnfast::cuda
