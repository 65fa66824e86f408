// What the Programs of all devices have in common: buffers, and checks of what a run is given.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bindings/bindings.h"
#include "runtime/elsewhere.h"
#include "runtime/feed.h"
#include "runtime/program.h"
#include "runtime/reduce.h"

namespace nnfast {

// A Feed that keeps the caller's arrays alive.
struct ArrayFeed {
  std::vector<py::array> arrays;
  Feed feed;
  std::shared_ptr<Elsewhere> elsewhere{};  // what a device keeps of the arrays
};

// Whether C++ can read an array as it lies.
inline bool is_plain(const py::array& array) {
  constexpr int plain = py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_;
  return (array.flags() & plain) == plain;
}

template <class Enum>
Enum enum_of(const std::string& name, std::initializer_list<const char*> names) {
  int value = 0;
  for (const char* candidate : names) {
    if (name == candidate) return static_cast<Enum>(value);
    ++value;
  }
  throw std::invalid_argument("unknown name " + name);
}

inline Reduction reduction_of(const std::string& name) {
  return enum_of<Reduction>(name, {"sum", "max", "min", "prod"});
}

// A Program and the row elements that its gathers expect, so that run() can check what it is given.
template <class Program>
struct Checked {
  Program program;
  std::vector<index_t> input_row_elements;
  std::vector<index_t> output_bytes;  // of a row of the batch, or of all of an output without a batch dimension
  std::vector<bool> output_batched;
  std::vector<int> output_types;  // NumPy's type numbers
};

inline void run_on(const Program& program, ArrayFeed&, const Feed& feed, index_t first, index_t count,
                   const std::vector<Program::Output>& outputs) {
  program.run(feed, first, count, outputs);
}

template <class Program>
void run(const Checked<Program>& checked, ArrayFeed& feed, index_t first, index_t count,
         const std::vector<py::array>& outputs) {
  const auto& arrays = feed.feed.arrays();
  check(arrays.size() == checked.input_row_elements.size(), "expected one array for each input of the Program");
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    check(arrays[i].row_elements == checked.input_row_elements[i], "expected arrays of the shapes that were traced");
  }
  check(first >= 0 && count >= 0 && count <= feed.feed.batches() - first, "expected batches of the feed");
  check(outputs.size() == checked.output_bytes.size(), "expected one array for each output of the Program");
  std::vector<nnfast::Program::Output> views;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    check(is_plain(outputs[i]) && outputs[i].writeable(), "expected contiguous, aligned, writeable output arrays");
    const py::dtype dtype = outputs[i].dtype();
    check(dtype.num() == checked.output_types[i] && is_native(dtype),
          "expected output arrays of the outputs' own types");
    const bool batched = checked.output_batched[i];
    check(outputs[i].nbytes() >= checked.output_bytes[i] * (batched ? feed.feed.samples() : 1),
          "expected output arrays with a row for every sample");
    const index_t row_bytes = batched ? checked.output_bytes[i] : 0;
    views.push_back({static_cast<std::byte*>(const_cast<void*>(outputs[i].data())), row_bytes});
  }
  const Feed snapshot = feed.feed;  // another thread may shuffle the feed meanwhile
  const py::gil_scoped_release release;
  run_on(checked.program, feed, snapshot, first, count, views);
}

template <class Program>
void bind_buffers(py::class_<Checked<Program>>& program) {
  using BufferKind = nnfast::Program::BufferKind;
  program
      .def(
          "add_temporary",
          [](Checked<Program>& self, const std::string& dtype, Dimensions dimensions, int slot) {
            check(slot >= 0, "expected a slot");
            return self.program.add_buffer(BufferKind::temporary, dtype_of(dtype), std::move(dimensions), slot);
          },
          py::arg("dtype"), py::arg("dimensions"), py::arg("slot"))
      .def(
          "add_output",
          [](Checked<Program>& self, const std::string& dtype, const Dimensions& dimensions, bool batched) {
            self.output_bytes.push_back(count_of(dimensions, 1) * size_of(dtype_of(dtype)));
            self.output_batched.push_back(batched);
            self.output_types.push_back(py::dtype(dtype).num());
            return self.program.add_buffer(BufferKind::output, dtype_of(dtype), dimensions,
                                           static_cast<int>(self.output_bytes.size()) - 1);
          },
          py::arg("dtype"), py::arg("dimensions"), py::arg("batched"))
      .def(
          "add_variable",
          [](Checked<Program>& self, std::shared_ptr<Variable> variable) {
            return self.program.add_variable(std::move(variable));
          },
          py::arg("variable"))
      .def(
          "add_constant",
          [](Checked<Program>& self, const py::array& value) {
            check(is_plain(value), "expected a contiguous, aligned constant");
            return self.program.add_constant(static_cast<const std::byte*>(value.data()), value.nbytes());
          },
          py::arg("value"));
}

template <class Program>
void bind_run(py::class_<Checked<Program>>& program) {
  program.def("run", &run<Program>, py::arg("feed"), py::arg("first"), py::arg("count"), py::arg("outputs"));
}

}  // namespace nnfast
