#include <cstdlib>

#include "bindings/bindings.h"
#include "kernels/dispatch.h"

PYBIND11_MODULE(_core, module) {
  module.doc() = "nnfast's engine: Variables, Programs and the kernels of this machine's instruction set.";
  const char* forced = std::getenv("NNFAST_ISA");
  try {
    nnfast::select_kernels(forced != nullptr ? forced : "");
  } catch (const std::exception& error) {
    throw pybind11::import_error(error.what());
  }
  nnfast::number_of(nnfast::DType::boolean);
  nnfast::bind_config(module);
  nnfast::bind_variable(module);
  nnfast::bind_program(module);
}
