#include "runtime/matmul.h"

#include <memory>
#include <utility>

#include "kernels/dispatch.h"
#include "runtime/panels.h"

namespace nnfast {

namespace {

template <class T>
struct MatmulTask {
  const KernelsOf<T>& kernels = kernels_of<T>(nnfast::kernels());
  int a, b, out;
  index_t matrices, rows, columns, depth;
  index_t a_row_stride, a_depth_stride;
  bool transpose_a, transpose_b, b_panels;
  NonzerosBuffers nonzeros;
  std::shared_ptr<const PointwiseRunner<T>> epilogue;
  index_t strips = 0, blocks = 0;  // of units, across and down; divisions are too slow for every unit

  void cut_into_units() {
    strips = divide_up(columns, unit_columns());
    blocks = divide_up(rows, block_rows());
  }
  bool by_lists() const { return nonzeros.values >= 0; }
  // Columns that fill less than a vector, as of the gradients of a few outputs' weights, are computed as rows of the
  // transposed result, whose columns fill vectors: the same products in the same order.
  bool is_flipped() const {
    return transpose_a && !transpose_b && !b_panels && !by_lists() && columns < kernels.lanes &&
           columns <= kernels.tile_rows;
  }
  // A unit is a block of rows of one panel, or of as many as lists go through at once.
  index_t unit_columns() const { return kernels.panel_columns * (by_lists() ? kernels.listed_panels : 1); }
  // Rows of a unit: few enough for the block and what an epilogue reads beside it to stay in L1, and whole tiles,
  // groups or blocks of lists.
  index_t block_rows() const {
    if (is_flipped()) return kernels.panel_columns;
    if (!by_lists()) return kernels.tile_rows * 4;
    return transpose_a ? nonzeros_group * 16 : nonzeros_block;
  }
  index_t units() const { return matrices * strips * blocks; }
  index_t panel_bytes() const { return round_to_line(depth * unit_columns() * static_cast<index_t>(sizeof(T))); }
  index_t block_bytes() const { return round_to_line(block_rows() * unit_columns() * static_cast<index_t>(sizeof(T))); }
  index_t scratch() const {
    if (!epilogue) return panel_bytes() + (is_flipped() ? block_bytes() : 0);
    return panel_bytes() + block_bytes() + epilogue->scratch(block_rows() * kernels.panel_columns);
  }

  // Units go down a strip before they go to the next, so that a thread packs each of its panels once.
  void run(const Frame& frame, index_t first, index_t last, Scratch& scratch) const {
    for (index_t unit = first; unit < last; ++unit) {
      const index_t strip = unit / blocks, row = unit % blocks * block_rows(), matrix = strip / strips;
      const Unit at{matrix, row, std::min(block_rows(), rows - row), (strip - matrix * strips) * unit_columns()};
      if (by_lists()) {
        run_listed(frame, at, strip, scratch);
      } else if (is_flipped()) {
        run_flipped(frame, at, scratch);
      } else {
        run_dense(frame, at, strip, scratch);
      }
    }
  }

  struct Unit {
    index_t matrix, row, count, column;
  };
  struct Panel {
    const T* data;
    index_t stride;
  };

  void run_dense(const Frame& frame, const Unit& at, index_t strip, Scratch& scratch) const {
    const index_t width = std::min(kernels.panel_columns, columns - at.column);
    const T* source = frame.at<T>(b) + at.matrix * depth * columns;
    Panel right;
    if (is_read_in_place(width)) {
      right = {source + at.column, columns};
    } else {
      T* space = reinterpret_cast<T*>(scratch.data);
      right = {panel_of(source, at.column, width, scratch.holds == strip, space), panel_width<T>(width)};
      scratch.holds = strip;
    }
    const T* left = frame.at<T>(a) + at.matrix * rows * depth + at.row * a_row_stride;
    const Result result = result_of(frame, at, at.column, width, scratch);
    kernels.multiply(at.count, width, depth, left, a_row_stride, a_depth_stride, right.data, right.stride, result.data,
                     result.row_stride);
    finish(frame, at, at.column, width, result, scratch);
  }

  void run_flipped(const Frame& frame, const Unit& at, Scratch& scratch) const {
    const T* source = frame.at<T>(a) + at.matrix * rows * depth + at.row;
    Panel right{source, rows};
    if (at.count % kernels.lanes != 0) {  // in place only whole vectors may be read
      T* space = reinterpret_cast<T*>(scratch.data);
      kernels.pack(depth, at.count, source, rows, 1, space);
      right = {space, panel_width<T>(at.count)};
    }
    // In the half of the block that an epilogue's operand leaves free.
    T* flipped = reinterpret_cast<T*>(scratch.data + panel_bytes() + block_bytes() / 2);
    const T* left = frame.at<T>(b) + at.matrix * depth * columns;
    kernels.multiply(columns, at.count, depth, left, 1, columns, right.data, right.stride, flipped,
                     kernels.panel_columns);
    const Result result = result_of(frame, at, 0, columns, scratch);
    kernels.copy_strided(at.count, columns, flipped, 1, kernels.panel_columns, result.data, result.row_stride);
    finish(frame, at, 0, columns, result, scratch);
  }

  void run_listed(const Frame& frame, const Unit& at, index_t strip, Scratch& scratch) const {
    constexpr index_t most = 2;
    ListedPanel<T> sides[most];
    index_t panels = 0;
    for (index_t column = at.column; column < std::min(columns, at.column + unit_columns());
         column += kernels.panel_columns) {
      const index_t width = std::min(kernels.panel_columns, columns - column);
      T* space = reinterpret_cast<T*>(scratch.data) + (column - at.column) * depth;
      const T* panel = panel_of(frame.at<T>(b), column, width, scratch.holds == strip, space);
      const Result result = result_of(frame, at, column, width, scratch);
      sides[panels++] = {panel, width, result.data, result.row_stride};
    }
    scratch.holds = strip;
    if (transpose_a) {
      kernels.multiply_listed_transposed(at.row, at.count, nonzeros.at<T>(frame, depth, rows), sides, panels);
    } else {
      kernels.multiply_listed(at.row / nonzeros_block, depth, nonzeros.at<T>(frame, rows, depth), sides, panels);
    }
    for (index_t p = 0; p < panels; ++p) {
      const ListedPanel<T>& side = sides[p];
      finish(frame, at, at.column + p * kernels.panel_columns, side.columns, {side.out, side.out_row_stride}, scratch);
    }
  }

  // One tile's height of rows would read a packed panel but once; in place only whole vectors may be read. Where no
  // cache holds b, its rows are so far apart that packing pays for itself from a few rows on.
  bool is_read_in_place(index_t width) const {
    constexpr index_t few = 4, cached = 4 << 20;
    const bool fits = depth * columns * static_cast<index_t>(sizeof(T)) <= cached;
    return !b_panels && !transpose_b && rows <= (fits ? kernels.tile_rows : few) && width % kernels.lanes == 0;
  }

  // A panel of b: where it lies as one, else packed into `space`, unless it is there from the unit before.
  const T* panel_of(const T* source, index_t column, index_t width, bool is_there, T* space) const {
    if (b_panels && !transpose_b) return source + column * depth;
    if (!is_there) pack(source, column, width, space);
    return space;
  }

  void pack(const T* source, index_t column, index_t width, T* panel) const {
    if (!transpose_b) {
      kernels.pack(depth, width, source + column, columns, 1, panel);
    } else if (!b_panels) {
      kernels.pack(depth, width, source + column * depth, 1, depth, panel);
    } else {
      // The rows of b, which become columns, lie in as many pieces as b has panels.
      const index_t packed_width = panel_width<T>(width);
      for (index_t first = 0; first < depth; first += kernels.panel_columns) {
        const index_t piece = panel_width<T>(depth - first);
        kernels.pack(std::min(piece, depth - first), width, source + first * columns + column * piece, 1, piece,
                     panel + first * packed_width);
      }
    }
  }

  struct Result {
    T* data;
    index_t row_stride;
  };

  // Where a block of the product goes: to a part of the scratch where an epilogue takes it from there.
  Result result_of(const Frame& frame, const Unit& at, index_t column, index_t width, Scratch& scratch) const {
    if (!epilogue) return {frame.at<T>(out) + (at.matrix * rows + at.row) * columns + column, columns};
    return {reinterpret_cast<T*>(scratch.data + panel_bytes()) + (column - at.column) * block_rows(), width};
  }

  void finish(const Frame& frame, const Unit& at, index_t column, index_t width, const Result& result,
              Scratch& scratch) const {
    if (!epilogue) return;
    epilogue->run(frame, {at.matrix, at.row, at.count, column, width}, result.data,
                  scratch.data + panel_bytes() + block_bytes());
  }
};

template <class T>
Task bind_matmul(int a, int b, int out, const MatmulShape& shape, const std::optional<PointwiseCode>& epilogue,
                 const NonzerosBuffers& nonzeros, index_t batch) {
  MatmulTask<T> matmul;
  matmul.a = a;
  matmul.b = b;
  matmul.out = out;
  matmul.matrices = resolve(shape.matrices, batch);
  matmul.rows = resolve(shape.rows, batch);
  matmul.columns = resolve(shape.columns, batch);
  matmul.depth = resolve(shape.depth, batch);
  matmul.a_row_stride = shape.transpose_a ? 1 : matmul.depth;
  matmul.a_depth_stride = shape.transpose_a ? matmul.rows : 1;
  matmul.transpose_a = shape.transpose_a;
  matmul.transpose_b = shape.transpose_b;
  matmul.nonzeros = nonzeros;
  matmul.b_panels = shape.b_panels;
  if (epilogue) {
    const Dimensions dimensions{shape.matrices, shape.rows, shape.columns};
    matmul.epilogue = std::make_shared<const PointwiseRunner<T>>(*epilogue, dimensions, batch);
  }
  matmul.cut_into_units();
  const auto products = static_cast<double>(matmul.matrices * matmul.rows * matmul.columns);
  Task task;
  task.units = matmul.units();
  task.cost = products * (0.02 * static_cast<double>(matmul.depth) + (epilogue ? matmul.epilogue->cost() : 0.1));
  task.scratch = matmul.scratch();
  if (epilogue) task.interpreted = matmul.epilogue->interpreted();
  task.run = [matmul](const Frame& frame, index_t first, index_t last, Scratch& scratch) {
    matmul.run(frame, first, last, scratch);
  };
  return task;
}

template <class T>
Task list_nonzeros_task(int x, const NonzerosBuffers& out, index_t samples, index_t columns) {
  constexpr index_t step =
      25;  // groups of a unit; an odd number, lest all units' lists fall on the same sets of a cache
  static_assert(step <= nonzeros_stretch);
  const index_t groups = divide_up(columns, nonzeros_group), steps = divide_up(groups, step);
  const auto kernel = kernels_of<T>(nnfast::kernels()).list_nonzeros;
  Task task;
  task.units = divide_up(samples, nonzeros_block) * steps;
  task.cost = 2.0 * static_cast<double>(samples * groups);
  task.run = [=](const Frame& frame, index_t first, index_t last, Scratch&) {
    for (index_t unit = first; unit < last; ++unit) {
      const index_t group = unit % steps * step;
      kernel(columns, frame.at<T>(x), unit / steps, group, std::min(group + step, groups),
             out.at<T>(frame, samples, columns));
    }
  };
  return task;
}

}  // namespace

ListNonzerosInstruction::ListNonzerosInstruction(DType dtype, int x, NonzerosBuffers out, index_t samples,
                                                 index_t columns)
    : dtype_(dtype), x_(x), out_(out), samples_(samples), columns_(columns) {
  reads = {x};
  writes = {out.values, out.numbers, out.ranges};
}

Task ListNonzerosInstruction::bind(index_t batch) const {
  return for_dtype(dtype_, [&](auto zero) {
    return list_nonzeros_task<decltype(zero)>(x_, out_, resolve(samples_, batch), resolve(columns_, batch));
  });
}

MatmulInstruction::MatmulInstruction(DType dtype, int a, int b, int out, MatmulShape shape,
                                     std::optional<PointwiseCode> epilogue, NonzerosBuffers nonzeros)
    : dtype_(dtype), a_(a), b_(b), out_(out), shape_(shape), epilogue_(std::move(epilogue)), nonzeros_(nonzeros) {
  reads = {a, b};
  if (nonzeros.values >= 0) reads = {nonzeros.values, nonzeros.numbers, nonzeros.ranges, b};
  if (!epilogue_) {
    writes = {out};
    return;
  }
  for (const auto& input : epilogue_->inputs) reads.push_back(input.buffer);
  for (const auto& output : epilogue_->outputs) writes.push_back(output.buffer);
}

Task MatmulInstruction::bind(index_t batch) const {
  return for_dtype(dtype_, [&](auto zero) {
    return bind_matmul<decltype(zero)>(a_, b_, out_, shape_, epilogue_, nonzeros_, batch);
  });
}

}  // namespace nnfast
