// Instructions on bags: the greatest of the rows of a table that each sample names, after dropout (kernels/bags.h).
#pragma once

#include "kernels/kernels.h"
#include "runtime/instruction.h"

namespace nnfast {

// samples x steps indices into a table of length x features.
struct BagShape {
  index_t samples, steps, length, features;
};
inline BagShape resolved(const BagShape& shape, index_t batch) {
  return {resolve(shape.samples, batch), resolve(shape.steps, batch), resolve(shape.length, batch),
          resolve(shape.features, batch)};
}

// What makes bags: a table, the indices, int32 or int64 from -length to length - 1, and, unless state is -1, dropout by
// the random numbers of that state.
struct BagSource {
  DType dtype, index_dtype;
  int table, indices, state;
  double rate, scale;
  BagShape shape;

  // The buffers that it reads, after some that an instruction reads besides.
  std::vector<int> reads(std::vector<int> besides = {}) const {
    besides.insert(besides.end(), {table, indices});
    if (state >= 0) besides.push_back(state);
    return besides;
  }
};

// out[s, f] = the greatest element f of sample s. An index that is out of range is a Fault.
class BagMaxInstruction : public Instruction {
 public:
  BagMaxInstruction(BagSource source, int out);
  Task bind(index_t batch) const override;
  bool may_fail() const override { return true; }

 private:
  BagSource source_;
  int out_;
};

// The gradient of the table: gradient[s, f] goes in equal parts to where out[s, f] came from, samples and steps in
// order.
class BagMaxGradientInstruction : public Instruction {
 public:
  BagMaxGradientInstruction(BagSource source, int out, int gradient, int table_gradient);
  Task bind(index_t batch) const override;

 private:
  BagSource source_;
  int out_, gradient_, table_gradient_;
};

}  // namespace nnfast
