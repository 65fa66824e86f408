// The words that formulas are written in: of vectors, or where there are none, on a GPU, of single numbers.
#pragma once

#if NNFAST_VECTOR_BYTES > 0
#include "simd/library.h"
#include "simd/shuffle.h"
#include "simd/vec.h"
#else
#include "simd/scalar.h"
#endif
