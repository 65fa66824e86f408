#include "kernels/dispatch.h"

#include <stdexcept>

#include "base/cpu.h"

namespace nnfast {

// One table a set, from instantiate.cpp. The build names those that it holds: X(baseline) X(avx2) ...
#define X(set)                  \
  namespace set {               \
  extern const Kernels kernels; \
  }
NNFAST_INSTRUCTION_SETS
#undef X

namespace {

// The sets that this machine runs, the best last; the first one every machine does.
std::vector<const Kernels*> supported() {
  std::vector<const Kernels*> sets;
#define X(set) \
  if (supports(#set)) sets.push_back(&set::kernels);
  NNFAST_INSTRUCTION_SETS
#undef X
  return sets;
}

const Kernels* in_use = supported().front();

}  // namespace

std::vector<std::string> supported_instruction_sets() {
  std::vector<std::string> names;
  for (const Kernels* set : supported()) names.emplace_back(set->instruction_set);
  return names;
}

void select_kernels(const std::string& name) {
  const auto sets = supported();
  if (name.empty()) {
    in_use = sets.back();
    return;
  }
  std::string names;
  for (const Kernels* set : sets) {
    if (name == set->instruction_set) {
      in_use = set;
      return;
    }
    names += (names.empty() ? "" : ", ") + std::string(set->instruction_set);
  }
  throw std::runtime_error("expected an instruction set that this build and this machine have (" + names + "), got '" +
                           name + "'");
}

const Kernels& kernels() { return *in_use; }

}  // namespace nnfast
