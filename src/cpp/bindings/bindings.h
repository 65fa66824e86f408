// Translation between Python and the runtime, and nothing else: one bind_*.cpp a topic.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <stdexcept>
#include <string>

#include "base/types.h"

namespace nnfast {

namespace py = pybind11;

inline DType dtype_of(const std::string& name) {
  for (int d = 0; d < static_cast<int>(DType::count); ++d) {
    if (name == name_of(static_cast<DType>(d))) return static_cast<DType>(d);
  }
  throw std::invalid_argument("expected an element type that nnfast stores, got " + name);
}

inline DType dtype_of(const py::array& array) {
  const py::dtype dtype = array.dtype();
  if (!py::cast<bool>(dtype.attr("isnative"))) throw std::invalid_argument("expected an array of native byte order");
  return dtype_of(py::cast<std::string>(dtype.attr("name")));
}

inline void check(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

void bind_config(py::module_& module);
void bind_variable(py::module_& module);
void bind_program(py::module_& module);

}  // namespace nnfast
