// Programs of a device for Python, beside _core's Variables, Feeds and PointwiseCodes.
#pragma once

#include "bindings/bindings.h"

namespace nnfast::cuda {

void bind_device(py::module_& module);

}  // namespace nnfast::cuda
