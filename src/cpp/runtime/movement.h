// Instructions that move, count or draw values: transpose, concatenate, slice, pad, size, random numbers.
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

// The tensors xs side by side: each of `outer` rows of out is a row of every x, widths[i] elements of xs[i].
class ConcatenateInstruction : public Instruction {
 public:
  ConcatenateInstruction(DType dtype, std::vector<int> xs, int out, index_t outer, Dimensions widths);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  std::vector<int> xs_;
  int out_;
  index_t outer_;
  Dimensions widths_;
};

// Which places of one axis: start, start + step, ..., count of them. The step may be negative.
struct Places {
  index_t length;  // of the axis
  index_t start, step, count;
};

// out[o, i, :] = x[o, place i, :], where x is outer x places.length x inner.
class SliceInstruction : public Instruction {
 public:
  SliceInstruction(DType dtype, int x, int out, index_t outer, index_t inner, Places places);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  int x_, out_;
  index_t outer_, inner_;
  Places places_;
};

// The reverse: out[o, place i, :] = x[o, i, :], and `value` between, where out is outer x places.length x inner.
class PadInstruction : public Instruction {
 public:
  PadInstruction(DType dtype, int x, int out, index_t outer, index_t inner, Places places, double value);
  Task bind(index_t batch) const override;

 private:
  DType dtype_;
  int x_, out_;
  index_t outer_, inner_;
  Places places_;
  double value_;
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
