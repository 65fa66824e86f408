#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "bindings/bindings.h"
#include "bindings/checked_program.h"
#include "runtime/bags.h"
#include "runtime/indexing.h"
#include "runtime/integers.h"
#include "runtime/matmul.h"
#include "runtime/movement.h"
#include "runtime/panels.h"
#include "runtime/pointwise.h"
#include "runtime/reduce.h"
#include "runtime/scan.h"

namespace nnfast {

namespace {

Feed::Array view_of(const py::array& array, index_t& samples) {
  check(array.ndim() > 0 && is_plain(array), "expected contiguous, aligned arrays of samples");
  samples = array.shape(0);
  index_t row_elements = 1;
  for (py::ssize_t d = 1; d < array.ndim(); ++d) row_elements *= array.shape(d);
  return {static_cast<const std::byte*>(array.data()), dtype_of(array), row_elements};
}

// The arrays of a SparseRows (graph/sparse_rows.py), checked: gathering writes where they say.
Feed::Array view_of_sparse(const py::object& rows, index_t& samples, std::vector<py::array>& keeps) {
  const auto values = rows.attr("values").cast<py::array>();
  const auto columns = rows.attr("columns").cast<py::array>(), starts = rows.attr("starts").cast<py::array>();
  const auto shape = rows.attr("shape").cast<std::pair<index_t, index_t>>();
  for (const auto& array : {values, columns, starts}) {
    check(array.ndim() == 1 && is_plain(array), "expected contiguous, aligned vectors of a sparse matrix");
  }
  check(dtype_of(columns) == DType::int64 && dtype_of(starts) == DType::int64, "expected places of type int64");
  const auto* place = static_cast<const std::int64_t*>(columns.data());
  const auto* start = static_cast<const std::int64_t*>(starts.data());
  check(starts.shape(0) == shape.first + 1 && columns.shape(0) == values.shape(0), "expected a sparse matrix");
  check(std::is_sorted(start, start + starts.shape(0)) && start[0] >= 0 && start[shape.first] <= values.shape(0),
        "expected rows that begin one after the other");
  check(std::all_of(place, place + columns.shape(0), [&](auto at) { return at >= 0 && at < shape.second; }),
        "expected columns inside of the matrix");
  keeps.insert(keeps.end(), {values, columns, starts});
  samples = shape.first;
  return {static_cast<const std::byte*>(values.data()), dtype_of(values), shape.second, start, place};
}

std::unique_ptr<ArrayFeed> make_feed(const std::vector<py::object>& given, index_t batch_size) {
  check(batch_size > 0, "expected a batch size of at least 1");
  std::vector<Feed::Array> views;
  std::vector<py::array> keeps;
  index_t samples = given.empty() ? 1 : 0;
  for (const auto& item : given) {
    index_t count = 0;
    if (py::isinstance<py::array>(item)) {
      keeps.push_back(item.cast<py::array>());
      views.push_back(view_of(keeps.back(), count));
    } else {
      check(py::hasattr(item, "starts"), "expected arrays, or rows of a sparse matrix");
      views.push_back(view_of_sparse(item, count, keeps));
    }
    if (views.size() == 1) samples = count;
    check(count == samples, "expected arrays of one length");
  }
  return std::unique_ptr<ArrayFeed>(new ArrayFeed{std::move(keeps), Feed(std::move(views), samples, batch_size)});
}

PointwiseOp pointwise_op_of(const std::string& name) {
  return enum_of<PointwiseOp>(name, {
#define NNFAST_POINTWISE(identifier, arity, expression) #identifier,
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE
                                    });
}

void bind_pointwise_code(py::module_& module) {
  py::class_<PointwiseCode>(module, "PointwiseCode")
      .def(py::init([](const std::string& compute, bool accumulator) {
             PointwiseCode code{};
             code.compute = dtype_of(compute);
             code.accumulator = accumulator;
             return code;
           }),
           py::arg("compute"), py::arg("accumulator"))
      .def(
          "add_input",
          [](PointwiseCode& code, int buffer, const std::string& dtype, std::vector<bool> present, bool panels) {
            code.inputs.push_back({buffer, dtype_of(dtype), std::move(present), panels});
          },
          py::arg("buffer"), py::arg("dtype"), py::arg("present"), py::arg("panels"))
      .def(
          "add_constant", [](PointwiseCode& code, double value) { code.constants.push_back(value); }, py::arg("value"))
      .def(
          "add_step",
          [](PointwiseCode& code, const std::string& op, const std::vector<int>& operands) {
            check(!operands.empty() && operands.size() <= 3, "expected one to three operands");
            PointwiseCode::Step step{pointwise_op_of(op), {operands[0], operands[0], operands[0]}};
            for (std::size_t i = 0; i < operands.size(); ++i) {
              check(operands[i] >= 0 && operands[i] < code.values(), "expected values that are already there");
              step.operands[i] = operands[i];
            }
            code.steps.push_back(step);
          },
          py::arg("op"), py::arg("operands"))
      .def(
          "add_output",
          [](PointwiseCode& code, int buffer, const std::string& dtype, int value, bool panels) {
            check(value >= 0 && value < code.values(), "expected a value that is already there");
            code.outputs.push_back({buffer, dtype_of(dtype), value, panels});
          },
          py::arg("buffer"), py::arg("dtype"), py::arg("value"), py::arg("panels"));
}

void bind_bag_source(py::module_& module) {
  py::class_<BagSource>(module, "BagSource")
      .def(py::init([](const std::string& dtype, const std::string& index_dtype, int table, int indices, int state,
                       double rate, double scale, const std::array<index_t, 4>& shape) {
             return BagSource{dtype_of(dtype), dtype_of(index_dtype),
                              table,           indices,
                              state,           rate,
                              scale,           {shape[0], shape[1], shape[2], shape[3]}};
           }),
           py::arg("dtype"), py::arg("index_dtype"), py::arg("table"), py::arg("indices"), py::arg("state"),
           py::arg("rate"), py::arg("scale"), py::arg("shape"));
}

template <class Instruction, class... Arguments>
void emit(Checked<Program>& checked, Arguments&&... arguments) {
  checked.program.add_instruction(std::make_unique<Instruction>(std::forward<Arguments>(arguments)...));
}

NonzerosBuffers buffers_of(const std::array<int, 3>& numbers) { return {numbers[0], numbers[1], numbers[2]}; }

Places places_of(const std::array<index_t, 4>& given) {
  const Places places{given[0], given[1], given[2], given[3]};
  const index_t last = places.start + (places.count - 1) * places.step;
  check(places.length >= 0 && places.count >= 0 && places.step != 0, "expected places of an axis");
  check(places.count == 0 || (places.start >= 0 && places.start < places.length && last >= 0 && last < places.length),
        "expected places inside of the axis");
  return places;
}

TableShape table_of(const std::array<index_t, 5>& given) { return {given[0], given[1], given[2], given[3], given[4]}; }

using CheckedProgram = Checked<Program>;
using Class = py::class_<CheckedProgram>;

void bind_instructions(Class& program) {
  program
      .def(
          "gather",
          [](CheckedProgram& self, int out, const std::string& dtype, index_t row_elements) {
            const int input = static_cast<int>(self.input_row_elements.size());
            self.input_row_elements.push_back(row_elements);
            self.program.add_gather(std::make_unique<GatherInstruction>(input, out, dtype_of(dtype), row_elements));
          },
          py::arg("out"), py::arg("dtype"), py::arg("row_elements"))
      .def(
          "pointwise",
          [](CheckedProgram& self, const PointwiseCode& code, Dimensions dimensions) {
            emit<PointwiseInstruction>(self, code, std::move(dimensions));
          },
          py::arg("code"), py::arg("dimensions"))
      .def(
          "matmul",
          [](CheckedProgram& self, const std::string& dtype, int a, int b, int out, const std::array<index_t, 4>& shape,
             bool transpose_a, bool transpose_b, bool b_panels, std::optional<PointwiseCode> epilogue,
             std::optional<std::array<int, 3>> nonzeros) {
            const MatmulShape matmul{shape[0], shape[1], shape[2], shape[3], transpose_a, transpose_b, b_panels};
            emit<MatmulInstruction>(self, dtype_of(dtype), a, b, out, matmul, std::move(epilogue),
                                    buffers_of(nonzeros.value_or(std::array<int, 3>{-1, -1, -1})));
          },
          py::arg("dtype"), py::arg("a"), py::arg("b"), py::arg("out"), py::arg("shape"), py::arg("transpose_a"),
          py::arg("transpose_b"), py::arg("b_panels"), py::arg("epilogue"), py::arg("nonzeros"))
      .def(
          "list_nonzeros",
          [](CheckedProgram& self, const std::string& dtype, int x, const std::array<int, 3>& out, index_t samples,
             index_t columns) {
            emit<ListNonzerosInstruction>(self, dtype_of(dtype), x, buffers_of(out), samples, columns);
          },
          py::arg("dtype"), py::arg("x"), py::arg("out"), py::arg("samples"), py::arg("columns"))
      .def(
          "pack",
          [](CheckedProgram& self, const std::string& dtype, int x, int panels, index_t rows, index_t columns) {
            self.program.add_to_prologue(std::make_unique<PackInstruction>(dtype_of(dtype), x, panels, rows, columns));
          },
          py::arg("dtype"), py::arg("x"), py::arg("panels"), py::arg("rows"), py::arg("columns"))
      .def(
          "unpack",
          [](CheckedProgram& self, const std::string& dtype, int panels, int out, index_t rows, index_t columns) {
            self.program.add_to_epilogue(
                std::make_unique<UnpackInstruction>(dtype_of(dtype), panels, out, rows, columns));
          },
          py::arg("dtype"), py::arg("panels"), py::arg("out"), py::arg("rows"), py::arg("columns"))
      .def(
          "reduce",
          [](CheckedProgram& self, const std::string& dtype, const std::string& kind, int x, int out,
             const std::array<index_t, 3>& shape) {
            emit<ReduceInstruction>(self, dtype_of(dtype), reduction_of(kind), x, out, shape[0], shape[1], shape[2]);
          },
          py::arg("dtype"), py::arg("kind"), py::arg("x"), py::arg("out"), py::arg("shape"))
      .def(
          "arg_reduce",
          [](CheckedProgram& self, const std::string& dtype, const std::string& kind, int x, int out,
             const std::array<index_t, 2>& shape) {
            emit<ArgReduceInstruction>(self, dtype_of(dtype), enum_of<ArgReduction>(kind, {"argmax", "argmin"}), x, out,
                                       shape[0], shape[1]);
          },
          py::arg("dtype"), py::arg("kind"), py::arg("x"), py::arg("out"), py::arg("shape"))
      .def(
          "scan",
          [](CheckedProgram& self, const std::string& dtype, int x, int factors, int out,
             const std::array<index_t, 3>& shape, bool reverse) {
            emit<ScanInstruction>(self, dtype_of(dtype), x, factors, out, shape[0], shape[1], shape[2], reverse);
          },
          py::arg("dtype"), py::arg("x"), py::arg("factors"), py::arg("out"), py::arg("shape"), py::arg("reverse"))
      .def(
          "argsort",
          [](CheckedProgram& self, const std::string& dtype, int x, int out, const std::array<index_t, 2>& shape) {
            emit<ArgSortInstruction>(self, dtype_of(dtype), x, out, shape[0], shape[1]);
          },
          py::arg("dtype"), py::arg("x"), py::arg("out"), py::arg("shape"))
      .def(
          "integers",
          [](CheckedProgram& self, const std::string& dtype, const std::string& op, int a, int b, int out,
             Dimensions dimensions) {
            emit<IntegersInstruction>(self, dtype_of(dtype), enum_of<IntegerOp>(op, integer_op_names), a, b, out,
                                      std::move(dimensions));
          },
          py::arg("dtype"), py::arg("op"), py::arg("a"), py::arg("b"), py::arg("out"), py::arg("dimensions"))
      .def(
          "softmax",
          [](CheckedProgram& self, const std::string& dtype, const std::string& kind, int x, int out,
             const std::array<index_t, 2>& shape) {
            emit<SoftmaxInstruction>(self, dtype_of(dtype),
                                     enum_of<SoftmaxInstruction::Kind>(kind, {"softmax", "log_softmax"}), x, out,
                                     shape[0], shape[1]);
          },
          py::arg("dtype"), py::arg("kind"), py::arg("x"), py::arg("out"), py::arg("shape"))
      .def(
          "cross_entropy",
          [](CheckedProgram& self, const std::string& dtype, const std::string& target_dtype, int logits, int targets,
             int loss, int difference, const std::array<index_t, 2>& shape) {
            emit<CrossEntropyInstruction>(self, dtype_of(dtype), dtype_of(target_dtype), logits, targets, loss,
                                          difference, shape[0], shape[1]);
          },
          py::arg("dtype"), py::arg("target_dtype"), py::arg("logits"), py::arg("targets"), py::arg("loss"),
          py::arg("difference"), py::arg("shape"))
      .def(
          "transpose",
          [](CheckedProgram& self, const std::string& dtype, int x, int out, Dimensions dimensions,
             std::vector<int> order) {
            emit<TransposeInstruction>(self, dtype_of(dtype), x, out, std::move(dimensions), std::move(order));
          },
          py::arg("dtype"), py::arg("x"), py::arg("out"), py::arg("dimensions"), py::arg("order"))
      .def(
          "concatenate",
          [](CheckedProgram& self, const std::string& dtype, std::vector<int> xs, int out, index_t outer,
             Dimensions widths) {
            check(xs.size() == widths.size(), "expected a width for each tensor");
            emit<ConcatenateInstruction>(self, dtype_of(dtype), std::move(xs), out, outer, std::move(widths));
          },
          py::arg("dtype"), py::arg("xs"), py::arg("out"), py::arg("outer"), py::arg("widths"))
      .def(
          "slice",
          [](CheckedProgram& self, const std::string& dtype, int x, int out, const std::array<index_t, 2>& shape,
             const std::array<index_t, 4>& places) {
            emit<SliceInstruction>(self, dtype_of(dtype), x, out, shape[0], shape[1], places_of(places));
          },
          py::arg("dtype"), py::arg("x"), py::arg("out"), py::arg("shape"), py::arg("places"))
      .def(
          "pad",
          [](CheckedProgram& self, const std::string& dtype, int x, int out, const std::array<index_t, 2>& shape,
             const std::array<index_t, 4>& places, double value) {
            emit<PadInstruction>(self, dtype_of(dtype), x, out, shape[0], shape[1], places_of(places), value);
          },
          py::arg("dtype"), py::arg("x"), py::arg("out"), py::arg("shape"), py::arg("places"), py::arg("value"))
      .def(
          "take",
          [](CheckedProgram& self, const std::string& dtype, const std::string& index_dtype, int x, int indices,
             int out, const std::array<index_t, 5>& shape) {
            emit<TakeInstruction>(self, dtype_of(dtype), dtype_of(index_dtype), x, indices, out, table_of(shape));
          },
          py::arg("dtype"), py::arg("index_dtype"), py::arg("x"), py::arg("indices"), py::arg("out"), py::arg("shape"))
      .def(
          "scatter",
          [](CheckedProgram& self, const std::string& dtype, const std::string& index_dtype, const std::string& kind,
             int x, int indices, int out, const std::array<index_t, 5>& shape) {
            emit<ScatterInstruction>(self, dtype_of(dtype), dtype_of(index_dtype), reduction_of(kind), x, indices, out,
                                     table_of(shape));
          },
          py::arg("dtype"), py::arg("index_dtype"), py::arg("kind"), py::arg("x"), py::arg("indices"), py::arg("out"),
          py::arg("shape"))
      .def(
          "bag_max",
          [](CheckedProgram& self, const BagSource& source, int out) { emit<BagMaxInstruction>(self, source, out); },
          py::arg("source"), py::arg("out"))
      .def(
          "bag_max_gradient",
          [](CheckedProgram& self, const BagSource& source, int out, int gradient, int table_gradient) {
            emit<BagMaxGradientInstruction>(self, source, out, gradient, table_gradient);
          },
          py::arg("source"), py::arg("out"), py::arg("gradient"), py::arg("table_gradient"))
      .def(
          "size",
          [](CheckedProgram& self, const std::string& dtype, int out, Dimensions dimensions) {
            emit<SizeInstruction>(self, dtype_of(dtype), out, std::move(dimensions));
          },
          py::arg("dtype"), py::arg("out"), py::arg("dimensions"))
      .def(
          "random_uniform",
          [](CheckedProgram& self, const std::string& dtype, int state, int out, Dimensions dimensions) {
            emit<RandomInstruction>(self, dtype_of(dtype), state, out, std::move(dimensions));
          },
          py::arg("dtype"), py::arg("state"), py::arg("out"), py::arg("dimensions"));
}

}  // namespace

void bind_program(py::module_& module) {
  py::class_<ArrayFeed>(module, "Feed")
      .def(py::init(&make_feed), py::arg("arrays"), py::arg("batch_size"))
      .def_property_readonly("samples", [](const ArrayFeed& self) { return self.feed.samples(); })
      .def_property_readonly("batch_size", [](const ArrayFeed& self) { return self.feed.batch_size(); })
      .def_property_readonly("batches", [](const ArrayFeed& self) { return self.feed.batches(); })
      .def(
          "shuffle", [](ArrayFeed& self, std::uint64_t seed, std::uint64_t epoch) { self.feed.shuffle(seed, epoch); },
          py::arg("seed"), py::arg("epoch"))
      .def("unshuffle", [](ArrayFeed& self) { self.feed.unshuffle(); });
  bind_pointwise_code(module);
  bind_bag_source(module);
  Class program(module, "Program");
  program.def(py::init<>());
  bind_buffers(program);
  bind_instructions(program);
  bind_run(program);
  program.def(
      "interpreted_chains",
      [](const CheckedProgram& self, index_t batch) {
        check(batch >= 0, "expected a batch size of at least 0");
        return self.program.interpreted_chains(batch);
      },
      py::arg("batch"));
}

}  // namespace nnfast
