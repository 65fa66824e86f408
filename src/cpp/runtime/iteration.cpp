#include "runtime/iteration.h"

#include <algorithm>

namespace nnfast {

std::vector<index_t> Iteration::strides_of(const PointwiseCode::Input& input) const {
  std::vector<index_t> strides(counts.size());
  index_t stride = 1;
  for (std::size_t d = counts.size(); d-- > 0;) {
    strides[d] = has(input, d) ? stride : 0;
    if (has(input, d)) stride *= counts[d];
  }
  return strides;
}

Iteration as_given(const Dimensions& dimensions, index_t batch) {
  Iteration iteration;
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    iteration.counts.push_back(resolve(dimensions[d], batch));
    iteration.sources.push_back(d);
  }
  return iteration;
}

Iteration merged(const PointwiseCode& code, const Dimensions& dimensions, index_t batch) {
  Iteration iteration;
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    const index_t count = resolve(dimensions[d], batch);
    if (count == 1) continue;
    const bool joins =
        !iteration.counts.empty() && std::all_of(code.inputs.begin(), code.inputs.end(), [&](const auto& input) {
          return input.present[d] == input.present[iteration.sources.back()];
        });
    if (joins) {
      iteration.counts.back() *= count;
    } else {
      iteration.counts.push_back(count);
      iteration.sources.push_back(d);
    }
  }
  return iteration;
}

}  // namespace nnfast
