// Translation between Python and the runtime, and nothing else: one bind_*.cpp a topic.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <array>
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

// NumPy's number of each element type; NumPy works names out anew each time. bfloat16 has one once ml_dtypes is there.
// First asked while the module is loaded: later, threads could wait for each other and for the GIL.
inline int number_of(DType dtype) {
  static const auto numbers = [] {
    std::array<int, static_cast<std::size_t>(DType::count)> found{};
    for (std::size_t d = 0; d < found.size(); ++d) {
      const auto known = static_cast<DType>(d);
      found[d] = known == DType::bfloat16 ? -1 : py::dtype(name_of(known)).num();
    }
    return found;
  }();
  return numbers[static_cast<std::size_t>(dtype)];
}

// Whether numbers lie as the CPU has them: NumPy says '=' of that, others that made the type may name the order.
inline bool is_native(const py::dtype& dtype) {
  constexpr char native = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>';
  const char order = dtype.byteorder();
  return order == '=' || order == '|' || order == native;
}

inline DType dtype_of(const py::array& array) {
  const py::dtype dtype = array.dtype();
  if (!is_native(dtype)) throw std::invalid_argument("expected an array of native byte order");
  for (int d = 0; d < static_cast<int>(DType::count); ++d) {
    if (number_of(static_cast<DType>(d)) == dtype.num()) return static_cast<DType>(d);
  }
  return dtype_of(py::cast<std::string>(dtype.attr("name")));
}

inline void check(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

void bind_config(py::module_& module);
void bind_variable(py::module_& module);
void bind_program(py::module_& module);

}  // namespace nnfast
