#include "base/threads.h"
#include "bindings/bindings.h"
#include "kernels/dispatch.h"

namespace nnfast {

void bind_config(py::module_& module) {
  module.attr("version") = NNFAST_VERSION;
  module.attr("build_flags") = NNFAST_BUILD_FLAGS;
  module.attr("openmp_runtime") = openmp_runtime();
  module.attr("instruction_set") = kernels().instruction_set;
  module.attr("supported_instruction_sets") = py::tuple(py::cast(supported_instruction_sets()));
  py::dict arities;
#define NNFAST_POINTWISE(name, arity, expression) arities[#name] = arity;
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE
  module.attr("pointwise_arities") = arities;
  module.def("thread_count", &thread_count);
  module.def("set_thread_count", &set_thread_count, py::arg("threads"));
}

}  // namespace nnfast
