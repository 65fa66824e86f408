// The dimensions that a pointwise code goes over, and where operands lie along them.
#pragma once

#include <vector>

#include "runtime/pointwise.h"

namespace nnfast {

struct Iteration {
  std::vector<index_t> counts;
  std::vector<std::size_t> sources;  // for each, which of the given dimensions tells whether an operand has it

  bool has(const PointwiseCode::Input& input, std::size_t dimension) const { return input.present[sources[dimension]]; }
  // How far apart an operand's elements are in each dimension; 0 where it is repeated.
  std::vector<index_t> strides_of(const PointwiseCode::Input& input) const;
};

// The dimensions as they were given.
Iteration as_given(const Dimensions& dimensions, index_t batch);
// The same elements in the same order: without dimensions of 1, and neighbours merged that every operand has, or lacks,
// together.
Iteration merged(const PointwiseCode& code, const Dimensions& dimensions, index_t batch);

}  // namespace nnfast
