// Which instruction sets this build holds, which of them this machine runs, and the one in use.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace nnfast {

// Names in this build that this CPU and operating system support, worst first: "baseline", "avx2", "avx512", or
// "neon".
std::vector<std::string> supported_instruction_sets();

// Takes the best supported set, or the one named; an unknown or unsupported name throws std::runtime_error saying what
// was asked and what is there. Called once, at import.
void select_kernels(const std::string& name);

const Kernels& kernels();

}  // namespace nnfast
