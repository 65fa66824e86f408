#include "kernels/dispatch.h"

#include <stdexcept>

#include "base/cpu.h"

namespace nnfast {

// One table a set, from instantiate.cpp.
namespace baseline {
extern const Kernels kernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}
#endif

namespace {

const Kernels* in_use = &baseline::kernels;

std::vector<const Kernels*> supported() {
  std::vector<const Kernels*> sets{&baseline::kernels};
#if defined(__x86_64__)
  const CpuFeatures features = cpu_features();
  if (features.avx2) sets.push_back(&avx2::kernels);
  if (features.avx512) sets.push_back(&avx512::kernels);
#endif
  return sets;
}

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
