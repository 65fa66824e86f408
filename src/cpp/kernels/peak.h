// What the CPU's multiply-adds can do at most, with the instruction set in use.
#pragma once

#include "base/types.h"

namespace nnfast {

// Floating-point operations a second of `threads` threads together, float32 or float64, the best of a few tries.
double measure_fma_peak(int threads, DType dtype);

}  // namespace nnfast
