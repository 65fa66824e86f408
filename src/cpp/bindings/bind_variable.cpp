#include <cstring>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "bindings/bindings.h"
#include "runtime/variable.h"

namespace nnfast {

namespace {

py::array read(const Variable& variable) {
  py::array out(py::dtype(name_of(variable.dtype())), variable.shape());
  void* target = out.mutable_data();
  {
    const py::gil_scoped_release release;
    const std::shared_lock lock(variable.mutex());
    std::memcpy(target, variable.data(), static_cast<std::size_t>(variable.bytes()));
  }
  return out;
}

void write(const Variable& variable, const py::array& value) {
  check(dtype_of(value) == variable.dtype() && value.nbytes() == variable.bytes() &&
            (value.flags() & py::array::c_style) != 0,
        "expected a C-contiguous array of the variable's dtype and shape");
  const void* source = value.data();
  const py::gil_scoped_release release;
  const std::unique_lock lock(variable.mutex());
  std::memcpy(variable.data_to_change(), source, static_cast<std::size_t>(variable.bytes()));
}

}  // namespace

void bind_variable(py::module_& module) {
  py::class_<Variable, std::shared_ptr<Variable>>(module, "Variable")
      .def(py::init([](const std::string& dtype, std::vector<index_t> shape) {
             for (const index_t dimension : shape) check(dimension >= 0, "expected a shape of counts");
             return std::make_shared<Variable>(dtype_of(dtype), std::move(shape));
           }),
           py::arg("dtype"), py::arg("shape"))
      .def("read", &read)
      .def("write", &write, py::arg("value"));
}

}  // namespace nnfast
