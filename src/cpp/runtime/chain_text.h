// Pointwise steps as kernels/compiled_chains.inc writes them: how a chain finds the kernel that was compiled for it.
#pragma once

#include <string>
#include <vector>

#include "runtime/pointwise.h"

namespace nnfast {

struct ChainText {
  std::string text;
  std::vector<int> reads, writes;  // value numbers, in the order in which the text has them
};

// Writes down steps first .. last - 1 of a code. `kinds` tells of each value whether it has an element for each of the
// result's (x), one for each row (r), or but one (c); `stored` which values are wanted later.
ChainText chain_text(const PointwiseCode& code, std::size_t first, std::size_t last, const std::vector<char>& kinds,
                     const std::vector<bool>& stored);

}  // namespace nnfast
