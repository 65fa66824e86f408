// Instructions that move, count or draw values: transpose, size, random numbers.
#pragma once

#include "runtime/instruction.h"

namespace nnfast {

// out = x with its dimensions permuted: out's dimension i is x's dimension order[i].
class TransposeInstruction : public Instruction {
 public:
  TransposeInstruction(DType dtype, int x, int out, Dimensions dimensions, std::vector<int> order);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  int x_, out_;
  Dimensions dimensions_;
  std::vector<int> order_;
};

// out = the number of elements of a shape, a scalar known when the Program runs.
class SizeInstruction : public Instruction {
 public:
  SizeInstruction(DType dtype, int out, Dimensions dimensions);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  int out_;
  Dimensions dimensions_;
};

// out = uniform numbers in [0, 1) from Philox, keyed by state = {seed, draw number}, both uint32.
class RandomInstruction : public Instruction {
 public:
  RandomInstruction(DType dtype, int state, int out, Dimensions dimensions);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  int state_, out_;
  Dimensions dimensions_;
};

}  // namespace nnfast
