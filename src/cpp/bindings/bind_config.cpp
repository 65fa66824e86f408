#include "base/threads.h"
#include "bindings/bindings.h"
#include "kernels/dispatch.h"
#include "kernels/peak.h"

namespace nnfast {

void bind_config(py::module_& module) {
  module.attr("version") = NNFAST_VERSION;
  module.attr("build_flags") = NNFAST_BUILD_FLAGS;
  module.attr("openmp_runtime") = openmp_runtime();
  module.attr("instruction_set") = kernels().instruction_set;
  module.attr("supported_instruction_sets") = py::tuple(py::cast(supported_instruction_sets()));
  py::dict panel_columns;
  panel_columns["float32"] = kernels().float32.panel_columns;
  panel_columns["float64"] = kernels().float64.panel_columns;
  module.attr("panel_columns") = panel_columns;
  module.attr("multiplies_halves") = false;
  module.attr("nonzeros_group") = nonzeros_group;
  py::dict arities;
#define NNFAST_POINTWISE(name, arity, expression) arities[#name] = arity;
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE
  module.attr("pointwise_arities") = arities;
  module.def("thread_count", &thread_count);
  module.def("set_thread_count", &set_thread_count, py::arg("threads"));
  module.def(
      "measure_fma_peak",
      [](int threads, const std::string& dtype) {
        const DType type = dtype_of(dtype);
        check(type == DType::float32 || type == DType::float64, "expected float32 or float64");
        check(threads > 0, "expected at least one thread");
        const py::gil_scoped_release release;
        return measure_fma_peak(threads, type);
      },
      py::arg("threads"), py::arg("dtype"));
}

}  // namespace nnfast
