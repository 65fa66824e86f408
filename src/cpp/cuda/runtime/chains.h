// A pointwise program as the device runs it: loads, functions and stores in a row, over as few slots as its values
// need.
#pragma once

#include "cuda/runtime/instruction.h"
#include "runtime/pointwise.h"

namespace nnfast::cuda {

// Binds a code to a batch size. `before`: the bytes of shared memory that are taken already.
Chain bound_chain(const PointwiseCode& code, const Dimensions& dimensions, index_t batch, int before, Words& words);

// The bytes of shared memory that a chain's slots take.
int slot_bytes(const Chain& chain, DType compute);

// Elements of global memory that a chain reads and writes, for each of its own.
double accesses_of(const PointwiseCode& code);

}  // namespace nnfast::cuda
