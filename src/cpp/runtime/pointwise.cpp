#include "runtime/pointwise.h"

#include <algorithm>
#include <cstring>

#include "kernels/dispatch.h"
#include "runtime/chain_text.h"
#include "runtime/iteration.h"
#include "runtime/panels.h"

namespace nnfast {

namespace {

// Elements of a tile: a few registers of it fit the L1 cache.
constexpr index_t tile_elements = 1024;

// Whether a function takes part in chains.
bool is_short(PointwiseOp op) {
  switch (op) {
#define NNFAST_POINTWISE(name, arity, expression)
#define NNFAST_POINTWISE_LONG(name, arity, expression) case PointwiseOp::name:
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE_LONG
#undef NNFAST_POINTWISE
    return false;
    default:
      return true;
  }
}

// Relative cost of a function, in nanoseconds an element; only decides whether work is worth a second thread.
double cost_of(PointwiseOp op) {
  switch (op) {
    case PointwiseOp::exp:
    case PointwiseOp::expm1:
    case PointwiseOp::log:
    case PointwiseOp::log1p:
    case PointwiseOp::tanh:
    case PointwiseOp::sigmoid:
      return 1.0;
    case PointwiseOp::power:
    case PointwiseOp::sin:
    case PointwiseOp::cos:
    case PointwiseOp::erf:
      return 10.0;
    case PointwiseOp::sqrt:
    case PointwiseOp::rsqrt:
    case PointwiseOp::reciprocal:
    case PointwiseOp::divide:
      return 0.4;
    default:
      return 0.1;
  }
}

// For each value the last step that reads it, or -1.
std::vector<int> last_reads_of(const PointwiseCode& code) {
  std::vector<int> last_reads(static_cast<std::size_t>(code.values()), -1);
  for (int s = 0; s < static_cast<int>(code.steps.size()); ++s) {
    for (const int operand : code.steps[static_cast<std::size_t>(s)].operands) {
      last_reads[static_cast<std::size_t>(operand)] = s;
    }
  }
  return last_reads;
}

// The output that a step can write right where it belongs, or -1: no later step may read the old contents of that
// buffer.
int in_place_output(const PointwiseCode& code, const std::vector<int>& last_reads, int s) {
  for (std::size_t o = 0; o < code.outputs.size(); ++o) {
    const auto& output = code.outputs[o];
    if (output.value != code.first_step() + s || output.dtype != code.compute) continue;
    bool safe = true;
    for (std::size_t i = 0; i < code.inputs.size(); ++i) {
      const auto input = static_cast<std::size_t>(code.first_input()) + i;
      safe &= code.inputs[i].buffer != output.buffer || last_reads[input] <= s;
    }
    if (safe) return static_cast<int>(o);
  }
  return -1;
}

}  // namespace

int arity_of(PointwiseOp op) {
  constexpr int arities[] = {
#define NNFAST_POINTWISE(name, arity, expression) arity,
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE
  };
  return arities[static_cast<int>(op)];
}

template <class T>
PointwiseRunner<T>::PointwiseRunner(const PointwiseCode& code, const Dimensions& dimensions, index_t batch)
    : accumulator_(code.accumulator), values_(code.values()) {
  bind_dimensions(code, dimensions, batch);
  for (const double constant : code.constants) constants_.push_back(static_cast<T>(constant));
  bind_steps(code);
}

// An epilogue keeps its rows and columns.
template <class T>
void PointwiseRunner<T>::bind_dimensions(const PointwiseCode& code, const Dimensions& dimensions, index_t batch) {
  const Iteration iteration = accumulator_ ? as_given(dimensions, batch) : merged(code, dimensions, batch);
  const std::vector<index_t>& counts = iteration.counts;
  const std::size_t rank = counts.size();
  columns_ = rank > 0 ? counts[rank - 1] : 1;
  rows_ = rank > 1 ? counts[rank - 2] : 1;
  if (rank > 2) outer_dimensions_.assign(counts.begin(), counts.end() - 2);
  for (const index_t count : outer_dimensions_) outer_ *= count;

  for (const auto& input : code.inputs) {
    const std::vector<index_t> strides = iteration.strides_of(input);
    const index_t slot = input.dtype == code.compute ? -1 : registers_++;
    inputs_.push_back(
        Input{input.buffer, input.dtype, rank > 1 ? strides[rank - 2] : 0, rank > 0 ? strides[rank - 1] : 0,
              rank > 2 ? std::vector<index_t>(strides.begin(), strides.end() - 2) : std::vector<index_t>{}, slot,
              input.panels});
  }
}

template <class T>
void PointwiseRunner<T>::bind_steps(const PointwiseCode& code) {
  const std::vector<int> last_reads = last_reads_of(code);
  bind_parts(code, last_reads);
  for (const Part& part : parts_) bind_sources(code, last_reads, part);
  bind_homes(code, last_reads);
  for (const Step& step : steps_) cost_ += cost_of(step.op);
  cost_ += 0.1 * static_cast<double>(inputs_.size() + stores_.size());
}

// All steps are one part where there is a kernel for just these; else neighbouring short ones are.
template <class T>
void PointwiseRunner<T>::bind_parts(const PointwiseCode& code, const std::vector<int>& last_reads) {
  const std::size_t count = code.steps.size();
  Part all{0, count, true, nullptr, {}, {}};
  compile(code, last_reads, all);
  if (all.compiled != nullptr) {
    parts_.push_back(all);
    return;
  }
  for (std::size_t s = 0; s < count; ++s) {
    const bool chain = is_short(code.steps[s].op);
    if (s == 0 || !chain || !parts_.back().chain) parts_.push_back({s, s, chain, nullptr, {}, {}});
    ++parts_.back().last;
  }
  for (Part& part : parts_) {
    part.chain = part.last - part.first > 1;
    if (!part.chain) continue;
    const std::string text = compile(code, last_reads, part);
    if (part.compiled == nullptr) interpreted_.push_back(text);
  }
}

// Looks for the kernel of a part, and returns the part's text.
template <class T>
std::string PointwiseRunner<T>::compile(const PointwiseCode& code, const std::vector<int>& last_reads, Part& part) {
  std::vector<char> kinds(static_cast<std::size_t>(code.values()), 'c');
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const Input& input = inputs_[i];
    if (input.column_stride == 0 && input.row_stride == 0) continue;
    kinds[static_cast<std::size_t>(code.first_input()) + i] = input.column_stride == 0 ? 'r' : 'x';
  }
  if (accumulator_) kinds[0] = 'x';
  if (rows_ * columns_ > 1) std::fill(kinds.begin() + code.first_step(), kinds.end(), 'x');
  std::vector<bool> stored(static_cast<std::size_t>(code.values()));
  for (std::size_t v = 0; v < stored.size(); ++v) stored[v] = last_reads[v] >= static_cast<int>(part.last);
  for (const auto& output : code.outputs) stored[static_cast<std::size_t>(output.value)] = true;

  ChainText chain = chain_text(code, part.first, part.last, kinds, stored);
  const auto& kernels = kernels_of<T>(nnfast::kernels());
  const auto* end = kernels.compiled_chains + kernels.compiled_chain_count;
  const auto* found =
      std::find_if(kernels.compiled_chains, end, [&](const auto& compiled) { return compiled.text == chain.text; });
  if (found != end) {
    part.compiled = found;
    part.reads = std::move(chain.reads);
    part.writes = std::move(chain.writes);
  }
  return chain.text;
}

// Decides which operands of a part are still in one of a chain's two registers; a compiled chain has all it makes.
template <class T>
void PointwiseRunner<T>::bind_sources(const PointwiseCode& code, const std::vector<int>& last_reads, const Part& part) {
  const auto read_after = [&](int value, int s) {
    return value >= 0 && last_reads[static_cast<std::size_t>(value)] > s;
  };
  const int first_of_part = code.first_step() + static_cast<int>(part.first);
  int last = -1, kept = -1;  // values in the registers
  for (int s = static_cast<int>(part.first); s < static_cast<int>(part.last); ++s) {
    const auto& step = code.steps[static_cast<std::size_t>(s)];
    Step bound{step.op, step.operands, {}, false, {}};
    bound.sources.fill(PointwiseSource::last);
    for (std::size_t i = 0; i < static_cast<std::size_t>(arity_of(step.op)); ++i) {
      const int operand = step.operands[i];
      const bool in_register = part.compiled != nullptr ? operand >= first_of_part : operand == last;
      bound.sources[i] = in_register       ? PointwiseSource::last
                         : operand == kept ? PointwiseSource::kept
                                           : PointwiseSource::memory;
    }
    bound.keeps = part.compiled == nullptr && read_after(last, s) && !read_after(kept, s);
    if (bound.keeps) kept = last;
    last = code.first_step() + s;
    steps_.push_back(bound);
  }
}

// Gives every value that is read from memory a home there: the output's memory where that is safe, else a register of
// the scratch that is free at that time.
template <class T>
void PointwiseRunner<T>::bind_homes(const PointwiseCode& code, const std::vector<int>& last_reads) {
  const int steps = static_cast<int>(code.steps.size());
  std::vector<bool> in_memory(static_cast<std::size_t>(code.values()), false);
  for (const auto& output : code.outputs) in_memory[static_cast<std::size_t>(output.value)] = true;
  for (const Step& step : steps_) {
    for (std::size_t i = 0; i < 3; ++i) {
      if (step.sources[i] == PointwiseSource::memory) in_memory[static_cast<std::size_t>(step.operands[i])] = true;
    }
  }
  std::vector<std::vector<index_t>> freed_after(steps_.size());
  std::vector<index_t> free;
  std::vector<int> written;
  for (int s = 0; s < steps; ++s) {
    const auto value = static_cast<std::size_t>(code.first_step() + s);
    Home& home = steps_[static_cast<std::size_t>(s)].home;
    const int output = in_place_output(code, last_reads, s);
    if (output >= 0) {
      home.buffer = code.outputs[static_cast<std::size_t>(output)].buffer;
      home.panels = code.outputs[static_cast<std::size_t>(output)].panels;
      written.push_back(output);
    } else if (in_memory[value]) {
      if (free.empty()) free.push_back(registers_++);
      home.slot = free.back();
      free.pop_back();
      const bool stored_at_end = std::any_of(code.outputs.begin(), code.outputs.end(), [&](const auto& wanted) {
        return wanted.value == static_cast<int>(value);
      });
      if (!stored_at_end) freed_after[static_cast<std::size_t>(last_reads[value])].push_back(home.slot);
    }
    const auto& freed = freed_after[static_cast<std::size_t>(s)];
    free.insert(free.end(), freed.begin(), freed.end());
  }
  for (int o = 0; o < static_cast<int>(code.outputs.size()); ++o) {
    if (std::count(written.begin(), written.end(), o) == 0)
      stores_.push_back(code.outputs[static_cast<std::size_t>(o)]);
  }
}

template <class T>
index_t PointwiseRunner<T>::scratch(index_t elements) const {
  return round_to_line(values_ * static_cast<index_t>(sizeof(View<T>))) +
         round_to_line(static_cast<index_t>(steps_.size() * sizeof(PointwiseStep<T>))) +
         registers_ * round_to_line(elements * static_cast<index_t>(sizeof(T)));
}

template <class T>
typename PointwiseRunner<T>::Place PointwiseRunner<T>::place_of(const Tile& tile, bool panels) const {
  if (!panels) return {(tile.outer * rows_ + tile.row) * columns_ + tile.column, columns_};
  const index_t width = panel_width<T>(columns_ - tile.column);
  return {tile.column * rows_ + tile.row * width, width};
}

template <class T>
View<T> PointwiseRunner<T>::view_of_input(const Input& input, const Frame& frame, const Tile& tile, T* registers,
                                          index_t register_size) const {
  if (input.panels) {
    const Place place = place_of(tile, true);
    return View<T>{frame.at<T>(input.buffer) + place.offset, place.row_stride, 1};
  }
  index_t offset = tile.row * input.row_stride + tile.column * input.column_stride;
  index_t rest = tile.outer;
  for (std::size_t d = outer_dimensions_.size(); d-- > 0;) {
    offset += rest % outer_dimensions_[d] * input.outer_strides[d];
    rest /= outer_dimensions_[d];
  }
  if (input.slot < 0) return View<T>{frame.at<T>(input.buffer) + offset, input.row_stride, input.column_stride};

  // Converted to T: one value a row where columns repeat, one row where rows repeat.
  const auto load = kernels_of<T>(nnfast::kernels()).load[static_cast<int>(input.dtype)];
  const std::byte* source = frame.at<std::byte>(input.buffer) + offset * size_of(input.dtype);
  const index_t rows = input.row_stride == 0 ? 1 : tile.rows;
  const index_t columns = input.column_stride == 0 ? 1 : tile.columns;
  T* copy = registers + input.slot * register_size;
  for (index_t r = 0; r < rows; ++r) {
    load(columns, source + r * input.row_stride * size_of(input.dtype), copy + r * columns);
  }
  return View<T>{copy, input.row_stride == 0 ? 0 : columns, input.column_stride};
}

template <class T>
void PointwiseRunner<T>::store(const PointwiseCode::Output& output, const Frame& frame, const Tile& tile,
                               View<T> view) const {
  const auto& kernels = kernels_of<T>(nnfast::kernels());
  const Place place = place_of(tile, output.panels);
  std::byte* target = frame.at<std::byte>(output.buffer) + place.offset * size_of(output.dtype);
  if (output.dtype == (sizeof(T) == 4 ? DType::float32 : DType::float64)) {
    const auto identity = kernels.pointwise[static_cast<int>(PointwiseOp::identity)];
    identity(tile.rows, tile.columns, view, view, view, reinterpret_cast<T*>(target), place.row_stride);
    return;
  }
  const auto convert = kernels.store[static_cast<int>(output.dtype)];
  for (index_t r = 0; r < tile.rows; ++r) {
    std::byte* row = target + r * place.row_stride * size_of(output.dtype);
    const T* source = view.data + r * view.row_stride;
    if (view.column_stride == 1) {
      convert(tile.columns, source, row);
    } else {
      for (index_t c = 0; c < tile.columns; ++c) convert(1, source, row + c * size_of(output.dtype));
    }
  }
}

template <class T>
View<T> PointwiseRunner<T>::view_of_home(const Home& home, const Frame& frame, const Tile& tile, T* registers,
                                         index_t register_size) const {
  if (home.buffer >= 0) {
    const Place place = place_of(tile, home.panels);
    return View<T>{frame.at<T>(home.buffer) + place.offset, place.row_stride, 1};
  }
  return View<T>{home.slot < 0 ? nullptr : registers + home.slot * register_size, tile.columns, 1};
}

// Whether a tile's elements follow each other in this order in memory, or are all the same one.
template <class T>
bool is_flat(const View<T>& view, index_t columns) {
  return view.column_stride == 1 ? view.row_stride == columns : view.row_stride == 0;
}

// view_of(value): where a value that the part reads or writes lies.
template <class T>
template <class ViewOf>
void PointwiseRunner<T>::run_compiled(const Part& part, const Tile& tile, ViewOf view_of) const {
  View<T> reads[chain_limit];
  Target<T> writes[chain_limit];
  bool flat = tile.rows > 1;
  for (std::size_t i = 0; i < part.reads.size(); ++i) {
    reads[i] = view_of(part.reads[i]);
    flat &= is_flat(reads[i], tile.columns);
  }
  for (std::size_t i = 0; i < part.writes.size(); ++i) {
    const View<T> out = view_of(part.writes[i]);
    writes[i] = {const_cast<T*>(out.data), out.row_stride};
    flat &= is_flat(out, tile.columns);
  }
  part.compiled->run(reads, writes, flat ? 1 : tile.rows, flat ? tile.rows * tile.columns : tile.columns);
}

template <class T>
void PointwiseRunner<T>::run_chain(const Part& part, const Tile& tile, const View<T>* views,
                                   PointwiseStep<T>* steps) const {
  bool flat = tile.rows > 1;
  index_t count = 0;
  for (std::size_t s = part.first; s < part.last; ++s, ++count) {
    const Step& step = steps_[s];
    const View<T>& out = views[static_cast<std::size_t>(values_) - steps_.size() + s];
    PointwiseStep<T>& bound = steps[count];
    bound.op = step.op;
    bound.keeps = step.keeps;
    for (std::size_t i = 0; i < 3; ++i) {
      bound.sources[i] = step.sources[i];
      if (step.sources[i] != PointwiseSource::memory) continue;
      bound.operands[i] = views[step.operands[i]];
      flat &= is_flat(bound.operands[i], tile.columns);
    }
    bound.out = const_cast<T*>(out.data);
    bound.out_row_stride = out.row_stride;
    flat &= out.data == nullptr || is_flat(out, tile.columns);
  }
  const auto kernel = kernels_of<T>(nnfast::kernels()).pointwise_chain;
  kernel(steps, count, flat ? 1 : tile.rows, flat ? tile.rows * tile.columns : tile.columns);
}

template <class T>
void PointwiseRunner<T>::run_alone(const Step& step, const Tile& tile, const View<T>* views, View<T> out) const {
  const auto kernel = kernels_of<T>(nnfast::kernels()).pointwise[static_cast<int>(step.op)];
  const View<T> a = views[step.operands[0]], b = views[step.operands[1]], c = views[step.operands[2]];
  const bool flat =
      is_flat(out, tile.columns) && is_flat(a, tile.columns) && is_flat(b, tile.columns) && is_flat(c, tile.columns);
  kernel(flat ? 1 : tile.rows, flat ? tile.rows * tile.columns : tile.columns, a, b, c, const_cast<T*>(out.data),
         out.row_stride);
}

// Where all is one compiled chain on what lies in memory: only what it names is looked up.
template <class T>
void PointwiseRunner<T>::run_directly(const Frame& frame, const Tile& tile, const T* accumulator) const {
  const int first_input = accumulator_ ? 1 : 0, first_constant = first_input + static_cast<int>(inputs_.size()),
            first_step = first_constant + static_cast<int>(constants_.size());
  run_compiled(parts_.front(), tile, [&](int value) {
    if (value < first_input) return View<T>{accumulator, tile.columns, 1};
    if (value < first_constant) {
      return view_of_input(inputs_[static_cast<std::size_t>(value - first_input)], frame, tile, nullptr, 0);
    }
    if (value < first_step) return View<T>{&constants_[static_cast<std::size_t>(value - first_constant)], 0, 0};
    return view_of_home(steps_[static_cast<std::size_t>(value - first_step)].home, frame, tile, nullptr, 0);
  });
}

template <class T>
void PointwiseRunner<T>::run(const Frame& frame, const Tile& tile, const T* accumulator, std::byte* scratch) const {
  if (parts_.size() == 1 && parts_.front().compiled != nullptr && registers_ == 0 && stores_.empty()) {
    run_directly(frame, tile, accumulator);
    return;
  }
  auto* views = reinterpret_cast<View<T>*>(scratch);
  scratch += round_to_line(values_ * static_cast<index_t>(sizeof(View<T>)));
  auto* steps = reinterpret_cast<PointwiseStep<T>*>(scratch);
  scratch += round_to_line(static_cast<index_t>(steps_.size() * sizeof(PointwiseStep<T>)));
  T* registers = reinterpret_cast<T*>(scratch);
  const index_t register_size =
      round_to_line(tile.rows * tile.columns * static_cast<index_t>(sizeof(T))) / static_cast<index_t>(sizeof(T));
  index_t value = 0;
  if (accumulator_) views[value++] = View<T>{accumulator, tile.columns, 1};
  for (const Input& input : inputs_) views[value++] = view_of_input(input, frame, tile, registers, register_size);
  for (const T& constant : constants_) views[value++] = View<T>{&constant, 0, 0};
  const index_t first_step = value;
  for (const Step& step : steps_) views[value++] = view_of_home(step.home, frame, tile, registers, register_size);

  for (const Part& part : parts_) {
    if (part.compiled != nullptr) {
      run_compiled(part, tile, [&](int number) { return views[number]; });
    } else if (part.chain) {
      run_chain(part, tile, views, steps);
    } else {
      run_alone(steps_[part.first], tile, views, views[first_step + static_cast<index_t>(part.first)]);
    }
  }
  for (const auto& output : stores_) store(output, frame, tile, views[output.value]);
}

template class PointwiseRunner<float>;
template class PointwiseRunner<double>;

PointwiseInstruction::PointwiseInstruction(PointwiseCode code, Dimensions dimensions)
    : code_(std::move(code)), dimensions_(std::move(dimensions)) {
  for (const auto& input : code_.inputs) reads.push_back(input.buffer);
  for (const auto& output : code_.outputs) writes.push_back(output.buffer);
}

namespace {

template <class T>
Task bind_pointwise(const PointwiseCode& code, const Dimensions& dimensions, index_t batch) {
  const auto runner = std::make_shared<PointwiseRunner<T>>(code, dimensions, batch);
  const index_t columns = runner->columns(), rows = runner->rows();
  const index_t column_step = std::min(columns, tile_elements);
  const index_t row_step =
      column_step < columns ? 1 : std::max<index_t>(1, tile_elements / std::max<index_t>(1, columns));
  const index_t column_tiles = columns == 0 ? 0 : divide_up(columns, column_step);
  const index_t row_tiles = divide_up(rows, row_step);
  Task task;
  task.units = runner->outer() * row_tiles * column_tiles;
  task.cost = runner->cost() * static_cast<double>(runner->outer() * rows * columns);
  task.interpreted = runner->interpreted();
  task.scratch = runner->scratch(std::min(row_step, rows) * column_step);
  task.run = [=](const Frame& frame, index_t first, index_t last, Scratch& scratch) {
    for (index_t unit = first; unit < last; ++unit) {
      const index_t row = unit / column_tiles % row_tiles * row_step;
      const index_t column = unit % column_tiles * column_step;
      runner->run(frame,
                  {unit / (column_tiles * row_tiles), row, std::min(row_step, rows - row), column,
                   std::min(column_step, columns - column)},
                  nullptr, scratch.data);
    }
  };
  return task;
}

}  // namespace

Task PointwiseInstruction::bind(index_t batch) const {
  return for_dtype(code_.compute, [&](auto zero) { return bind_pointwise<decltype(zero)>(code_, dimensions_, batch); });
}

}  // namespace nnfast
