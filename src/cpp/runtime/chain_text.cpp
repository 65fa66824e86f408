#include "runtime/chain_text.h"

#include <algorithm>

namespace nnfast {

namespace {

constexpr const char* names[] = {
#define NNFAST_POINTWISE(name, arity, expression) #name,
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE
};

}  // namespace

ChainText chain_text(const PointwiseCode& code, std::size_t first, std::size_t last, const std::vector<char>& kinds,
                     const std::vector<bool>& stored) {
  ChainText chain;
  const int first_step = code.first_step();
  const auto operand_text = [&](int value) {
    const int step = value - first_step - static_cast<int>(first);
    if (step >= 0) return std::to_string(step);
    const auto found = std::find(chain.reads.begin(), chain.reads.end(), value);
    const auto number = std::to_string(found - chain.reads.begin());
    if (found == chain.reads.end()) chain.reads.push_back(value);
    return kinds[static_cast<std::size_t>(value)] + number;
  };
  for (std::size_t s = first; s < last; ++s) {
    const PointwiseCode::Step& step = code.steps[s];
    if (s > first) chain.text += ", ";
    chain.text += names[static_cast<int>(step.op)];
    for (int i = 0; i < arity_of(step.op); ++i) {
      chain.text += ' ' + operand_text(step.operands[static_cast<std::size_t>(i)]);
    }
    const int value = first_step + static_cast<int>(s);
    if (!stored[static_cast<std::size_t>(value)]) continue;
    chain.text += " >";
    chain.writes.push_back(value);
  }
  return chain;
}

}  // namespace nnfast
