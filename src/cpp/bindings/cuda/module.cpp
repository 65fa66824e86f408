// The module of a device, which the build names, and links with that device's driver.
#include "bindings/cuda/bind_device.h"

PYBIND11_MODULE(NNFAST_MODULE, module) {
  module.doc() = "nnfast's engine on a device: Programs that run there.";
  pybind11::module_::import("nnfast._core");  // whose classes it takes
  nnfast::number_of(nnfast::DType::boolean);
  module.attr("version") = NNFAST_VERSION;
  nnfast::cuda::bind_device(module);
}
