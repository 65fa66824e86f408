// The module of a device, which the build names, and links with that device's driver: Programs for Python, beside
// _core's Variables, Feeds and PointwiseCodes.
#include "bindings/bindings.h"
#include "bindings/checked_program.h"
#include "cuda/runtime/program.h"

namespace pybind11::detail {

// Element types and kinds come as the names that Python has for them.
template <>
struct type_caster<nnfast::DType> {
  PYBIND11_TYPE_CASTER(nnfast::DType, const_name("str"));
  bool load(handle source, bool) {
    value = nnfast::dtype_of(source.cast<std::string>());
    return true;
  }
};

}  // namespace pybind11::detail

namespace nnfast::cuda {

// As bindings/checked_program.h has it for the CPU, and looks it up.
void run_on(const Program& program, ArrayFeed& feed, const Feed& snapshot, index_t first, index_t count,
            const std::vector<Program::Output>& outputs) {
  program.run(snapshot, feed.elsewhere, first, count, outputs);
}

namespace {

using Self = Checked<Program>;

// A method of Program as one of the class that Python has.
template <class... Arguments>
auto of_program(void (Program::*method)(Arguments...)) {
  return [method](Self& self, std::decay_t<Arguments>... arguments) { (self.program.*method)(arguments...); };
}

void bind_instructions(py::class_<Self>& program) {
  program
      .def("gather",
           [](Self& self, int out, DType dtype, index_t row_elements) {
             self.program.gather(static_cast<int>(self.input_row_elements.size()), out, dtype, row_elements);
             self.input_row_elements.push_back(row_elements);
           })
      .def("pointwise", of_program(&Program::pointwise))
      .def("matmul",
           [](Self& self, DType dtype, int a, int b, int out, const Program::Shape4& shape, bool transpose_a,
              bool transpose_b, bool b_panels, const std::optional<PointwiseCode>& epilogue,
              const py::object& nonzeros) {
             check(!b_panels && nonzeros.is_none(), "expected matrices that lie row by row");
             self.program.matmul(dtype, a, b, out, shape, transpose_a, transpose_b, epilogue);
           })
      .def("reduce",
           [](Self& self, DType dtype, const std::string& kind, int x, int out, const Program::Shape3& shape) {
             self.program.reduce(dtype, reduction_of(kind), x, out, shape);
           })
      .def("arg_reduce",
           [](Self& self, DType dtype, const std::string& kind, int x, int out, const Program::Shape2& shape) {
             self.program.arg_reduce(dtype, enum_of<ArgReduction>(kind, {"argmax", "argmin"}), x, out, shape);
           })
      .def("scan", of_program(&Program::scan))
      .def("argsort", of_program(&Program::argsort))
      .def("integers",
           [](Self& self, DType dtype, const std::string& op, int a, int b, int out, const Dimensions& dimensions) {
             self.program.integers(dtype, enum_of<IntegerOp>(op, integer_op_names), a, b, out, dimensions);
           })
      .def("softmax",
           [](Self& self, DType dtype, const std::string& kind, int x, int out, const Program::Shape2& shape) {
             self.program.softmax(dtype, kind == "log_softmax", x, out, shape);
           })
      .def("cross_entropy", of_program(&Program::cross_entropy))
      .def("transpose", of_program(&Program::transpose))
      .def("concatenate", of_program(&Program::concatenate))
      .def("slice", of_program(&Program::slice))
      .def("pad", of_program(&Program::pad))
      .def("take", of_program(&Program::take))
      .def("scatter",
           [](Self& self, DType dtype, DType index_dtype, const std::string& kind, int x, int indices, int out,
              const Program::Shape5& shape) {
             self.program.scatter(dtype, index_dtype, reduction_of(kind), x, indices, out, shape);
           })
      .def("bag_max", of_program(&Program::bag_max))
      .def("bag_max_gradient", of_program(&Program::bag_max_gradient))
      .def("size", of_program(&Program::size))
      .def("random_uniform", of_program(&Program::random_uniform))
      .def("interpreted_chains", [](const Self&, index_t) { return std::vector<std::string>(); });
}

}  // namespace

}  // namespace nnfast::cuda

PYBIND11_MODULE(NNFAST_MODULE, module) {
  using namespace nnfast;
  module.doc() = "nnfast's engine on a device: Programs that run there.";
  py::module_::import("nnfast._core");  // whose classes it takes
  number_of(DType::boolean);
  module.attr("version") = NNFAST_VERSION;
  module.attr("panel_columns") = py::dict();  // matrices lie row by row
  module.attr("multiplies_halves") = true;
  module.def("device_name", &cuda::driver::device_name);
  module.def("counts", &cuda::driver::counts);
  module.def("reverse_blocks", &cuda::driver::reverse_blocks);
  module.def("find_races", &cuda::driver::find_races);
  py::class_<cuda::Self> program(module, "Program");
  program.def(py::init<>());
  bind_buffers(program);
  cuda::bind_instructions(program);
  bind_run(program);
}
