// Each instruction of a Program as tasks of the device.
#include <algorithm>
#include <cmath>
#include <utility>

#include "cuda/runtime/chains.h"
#include "cuda/runtime/program.h"
#include "runtime/indexing.h"

namespace nnfast::cuda {

namespace {

template <class Parameters>
Bound bound_as(Task::Kind kind, DType dtype, Parameters Task::* member, const Parameters& parameters) {
  Bound bound;
  bound.task.kind = kind;
  bound.task.dtype = dtype;
  bound.task.*member = parameters;
  return bound;
}

Bound elementwise(Bound bound, index_t count, double accesses) {
  bound.units = divide_up(count, chunk);
  bound.accesses = accesses * static_cast<double>(count);
  return bound;
}

// A warp goes along each row.
Bound by_rows(Bound bound, index_t rows, index_t columns) {
  bound.units = divide_up(rows, warps);
  bound.accesses = 3.0 * static_cast<double>(rows * columns);
  return bound;
}

Bound with_index_dtype(Bound bound, DType dtype) {
  bound.task.index_dtype = dtype;
  return bound;
}

std::vector<index_t> strides_of(const std::vector<index_t>& counts) {
  std::vector<index_t> strides(counts.size());
  index_t stride = 1;
  for (std::size_t d = counts.size(); d-- > 0; stride *= counts[d]) strides[d] = stride;
  return strides;
}

}  // namespace

void Program::add(std::vector<int> reads, std::vector<int> writes, std::function<Bound(index_t, Words&)> bind) {
  for (const int buffer : reads) {
    if (buffer >= 0) buffers_.at(static_cast<std::size_t>(buffer));
  }
  bool guarded = false;
  for (const int buffer : writes) {
    if (buffer < 0) continue;
    const auto& info = buffers_.at(static_cast<std::size_t>(buffer));
    if (info.kind != BufferKind::variable) continue;
    written_[static_cast<std::size_t>(info.index)] = guarded = true;
  }
  if (guarded) reads.push_back(faults);
  instructions_.push_back(
      {std::move(reads), std::move(writes), [guarded, bind = std::move(bind)](index_t batch, Words& words) {
         Bound bound = bind(batch, words);
         bound.task.guarded = guarded;
         return bound;
       }});
}

int Program::add_scratch(DType dtype, Dimensions dimensions) {
  return add_buffer(BufferKind::temporary, dtype, std::move(dimensions), -1 - scratches_++);
}

void Program::gather(int source, int out, DType dtype, index_t row_elements) {
  add({batch_position}, {out}, [=](index_t batch, Words&) {
    const Gather gather{source, out, batch, row_elements};
    return elementwise(bound_as(Task::Kind::gather, dtype, &Task::gather, gather), batch * row_elements, 2);
  });
}

namespace {

std::vector<int> reads_of(const PointwiseCode& code, std::vector<int> more = {}) {
  for (const auto& input : code.inputs) more.push_back(input.buffer);
  return more;
}

std::vector<int> writes_of(const PointwiseCode& code) {
  std::vector<int> buffers;
  for (const auto& output : code.outputs) buffers.push_back(output.buffer);
  return buffers;
}

}  // namespace

void Program::pointwise(const PointwiseCode& code, const Dimensions& dimensions) {
  add(reads_of(code), writes_of(code), [=](index_t batch, Words& words) {
    const Chain chain = bound_chain(code, dimensions, batch, 0, words);
    Bound bound = bound_as(Task::Kind::chain, code.compute, &Task::chain, chain);
    bound.shared_bytes = slot_bytes(chain, code.compute);
    return elementwise(bound, chain.count, accesses_of(code));
  });
}

void Program::fill(int out, DType dtype, const Dimensions& dimensions, double value) {
  PointwiseCode code{};
  code.compute = DType::float64;
  code.constants = {value};
  code.outputs = {{out, dtype, 0, false}};
  pointwise(code, dimensions);
}

void Program::size(DType dtype, int out, const Dimensions& dimensions) {
  add({}, {out}, [=](index_t batch, Words& words) {
    PointwiseCode code{};
    code.compute = DType::float64;
    code.constants = {static_cast<double>(count_of(dimensions, batch))};
    code.outputs = {{out, dtype, 0, false}};
    const Chain chain = bound_chain(code, {}, batch, 0, words);
    return elementwise(bound_as(Task::Kind::chain, code.compute, &Task::chain, chain), 1, 1);
  });
}

namespace {

// A chain that stores a product as it is.
PointwiseCode stored_product(DType dtype, int out) {
  PointwiseCode code{};
  code.compute = dtype;
  code.accumulator = true;
  code.outputs = {{out, dtype, 0, false}};
  return code;
}

}  // namespace

void Program::matmul(DType dtype, int a, int b, int out, const Shape4& shape, bool transpose_a, bool transpose_b,
                     const std::optional<PointwiseCode>& epilogue) {
  const PointwiseCode code = epilogue ? *epilogue : stored_product(dtype, out);
  // A constant is of the product's type; another buffer may be half of that.
  const auto type_of = [&](int buffer) {
    const BufferInfo& info = buffers_.at(static_cast<std::size_t>(buffer));
    return info.kind == BufferKind::constant ? dtype : info.dtype;
  };
  const DType dtype_a = type_of(a), dtype_b = type_of(b);
  add(reads_of(code, {a, b}), writes_of(code), [=](index_t batch, Words& words) {
    const index_t matrices = resolve(shape[0], batch), rows = resolve(shape[1], batch);
    const index_t columns = resolve(shape[2], batch), depth = resolve(shape[3], batch);
    const auto tiles = [&](int tile) { return matrices * divide_up(rows, tile) * divide_up(columns, tile); };
    // Large tiles read less; small ones give more of the device something to do.
    constexpr index_t enough = 256;
    const int tile = std::min(rows, columns) > 32 && tiles(64) >= enough ? 64 : 32;
    const int before = tile_bytes(tile, size_of(dtype));
    const Chain chain = bound_chain(code, {matrices, rows, columns}, batch, before, words);
    const Matmul::Side left{a, dtype_a, transpose_a ? 1 : depth, transpose_a ? rows : 1};
    const Matmul::Side right{b, dtype_b, transpose_b ? depth : 1, transpose_b ? 1 : columns};
    const Matmul matmul{left, right, tile, rows, columns, depth, chain};
    Bound bound = bound_as(Task::Kind::matmul, dtype, &Task::matmul, matmul);
    bound.units = tiles(tile);
    bound.shared_bytes = before + slot_bytes(chain, dtype);
    return bound;
  });
}

void Program::reduce(DType dtype, Reduction kind, int x, int out, const Shape3& shape) {
  add({x}, {out}, [=](index_t batch, Words&) {
    const index_t outer = resolve(shape[0], batch), reduced = resolve(shape[1], batch),
                  inner = resolve(shape[2], batch);
    const index_t outputs = outer * inner;
    // Few long sums want many threads each.
    constexpr index_t long_sum = 2048, many_outputs = 4096;
    const int threads = reduced >= long_sum && outputs < many_outputs                      ? block_threads
                        : reduced > warp_threads && (inner == 1 || outputs < warp_threads) ? warp_threads
                                                                                           : 1;
    const Reduce reduce{x, out, kind, threads, outer, reduced, inner};
    Bound bound = bound_as(Task::Kind::reduce, dtype, &Task::reduce, reduce);
    bound.units = threads == 1 ? divide_up(outputs, chunk) : divide_up(outputs * threads, block_threads);
    bound.accesses = static_cast<double>(outputs * (reduced + 1));
    bound.shared_bytes = threads == block_threads ? warps * static_cast<int>(size_of(dtype)) : 0;
    return bound;
  });
}

void Program::arg_reduce(DType dtype, ArgReduction kind, int x, int out, const Shape2& shape) {
  add({x}, {out}, [=](index_t batch, Words&) {
    const ArgReduce reduce{x, out, kind, resolve(shape[0], batch), resolve(shape[1], batch)};
    return by_rows(bound_as(Task::Kind::arg_reduce, dtype, &Task::arg_reduce, reduce), reduce.rows, reduce.columns);
  });
}

void Program::softmax(DType dtype, bool logarithm, int x, int out, const Shape2& shape) {
  add({x}, {out}, [=](index_t batch, Words&) {
    const Softmax softmax{x, out, logarithm, resolve(shape[0], batch), resolve(shape[1], batch)};
    return by_rows(bound_as(Task::Kind::softmax, dtype, &Task::softmax, softmax), softmax.rows, softmax.columns);
  });
}

void Program::check(DType dtype, int numbers, bool labels, index_t count, index_t limit) {
  add({numbers}, {faults}, [=](index_t batch, Words&) {
    const Check check{numbers, labels, resolve(count, batch), resolve(limit, batch)};
    Bound bound = with_index_dtype(bound_as(Task::Kind::check, dtype, &Task::check, check), dtype);
    bound.units = 1;
    bound.shared_bytes = warps * static_cast<int>(sizeof(double));
    return bound;
  });
}

void Program::cross_entropy(DType dtype, DType target_dtype, int logits, int targets, int loss, int difference,
                            const Shape2& shape) {
  const bool sparse = target_dtype == DType::int64;
  if (sparse) check(target_dtype, targets, true, shape[0], shape[1]);
  std::vector<int> writes{loss};
  if (difference >= 0) writes.push_back(difference);
  add({logits, targets}, writes, [=](index_t batch, Words&) {
    const CrossEntropy entropy{
        logits, targets, loss, difference, sparse, resolve(shape[0], batch), resolve(shape[1], batch)};
    return by_rows(bound_as(Task::Kind::entropy, dtype, &Task::entropy, entropy), entropy.rows, entropy.columns);
  });
}

void Program::scan(DType dtype, int x, int factors, int out, const Shape3& shape, bool reverse) {
  std::vector<int> reads{x};
  if (factors >= 0) reads.push_back(factors);
  add(reads, {out}, [=](index_t batch, Words&) {
    const Scan scan{
        x, factors, out, reverse, resolve(shape[0], batch), resolve(shape[1], batch), resolve(shape[2], batch)};
    const index_t lines = scan.outer * scan.inner;
    return elementwise(bound_as(Task::Kind::scan, dtype, &Task::scan, scan), lines,
                       3.0 * static_cast<double>(scan.length));
  });
}

void Program::argsort(DType dtype, int x, int out, const Shape2& shape) {
  const int scratch = add_scratch(DType::int32, {shape[0], shape[1]});
  add({x}, {scratch, out}, [=](index_t batch, Words&) {
    const ArgSort argsort{x, scratch, out, resolve(shape[0], batch), resolve(shape[1], batch)};
    Bound bound = bound_as(Task::Kind::argsort, dtype, &Task::argsort, argsort);
    bound.units = argsort.rows;
    bound.accesses =
        4.0 * static_cast<double>(argsort.rows * argsort.columns) * std::log2(static_cast<double>(argsort.columns) + 2);
    return bound;
  });
}

void Program::integers(DType dtype, IntegerOp op, int a, int b, int out, const Dimensions& dimensions) {
  add({a, b}, {out}, [=](index_t batch, Words&) {
    const Integers integers{a, b, out, op, count_of(dimensions, batch)};
    return elementwise(bound_as(Task::Kind::integers, dtype, &Task::integers, integers), integers.count, 3);
  });
}

void Program::copy(DType dtype, int x, int out, const std::function<Strides(index_t batch)>& strides_of_batch) {
  add({x}, {out}, [=](index_t batch, Words& words) {
    const Strides strides = strides_of_batch(batch);
    Copy copy{x, out, 1, strides.x_offset, strides.out_offset, {}, {}, {}};
    for (const index_t count : strides.counts) copy.count *= count;
    copy.dimensions = words.add(strides.counts);
    copy.x_strides = words.add(strides.x);
    copy.out_strides = words.add(strides.out);
    return elementwise(bound_as(Task::Kind::copy, dtype, &Task::copy, copy), copy.count, 2);
  });
}

void Program::transpose(DType dtype, int x, int out, const Dimensions& dimensions, const std::vector<int>& order) {
  copy(dtype, x, out, [=](index_t batch) {
    std::vector<index_t> counts;
    for (const index_t dimension : dimensions) counts.push_back(resolve(dimension, batch));
    const std::vector<index_t> x_strides = strides_of(counts);
    Strides strides;
    for (const int source : order) {
      strides.counts.push_back(counts.at(static_cast<std::size_t>(source)));
      strides.x.push_back(x_strides.at(static_cast<std::size_t>(source)));
    }
    strides.out = strides_of(strides.counts);
    return strides;
  });
}

void Program::concatenate(DType dtype, const std::vector<int>& xs, int out, index_t outer, const Dimensions& widths) {
  for (std::size_t i = 0; i < xs.size(); ++i) {
    copy(dtype, xs[i], out, [=](index_t batch) {
      index_t before = 0, whole = 0;
      for (std::size_t other = 0; other < widths.size(); ++other) {
        if (other == i) before = whole;
        whole += resolve(widths[other], batch);
      }
      const index_t width = resolve(widths[i], batch);
      return Strides{{resolve(outer, batch), width}, {width, 1}, {whole, 1}, 0, before};
    });
  }
}

void Program::slice(DType dtype, int x, int out, const Shape2& shape, const Shape4& places) {
  copy(dtype, x, out, [=](index_t batch) {
    const auto [length, start, step, count] = places;
    const index_t inner = resolve(shape[1], batch);
    return Strides{{resolve(shape[0], batch), count, inner},
                   {length * inner, step * inner, 1},
                   {count * inner, inner, 1},
                   start * inner,
                   0};
  });
}

void Program::pad(DType dtype, int x, int out, const Shape2& shape, const Shape4& places, double value) {
  fill(out, dtype, {shape[0], places[0], shape[1]}, value);
  copy(dtype, x, out, [=](index_t batch) {
    const auto [length, start, step, count] = places;
    const index_t inner = resolve(shape[1], batch);
    return Strides{{resolve(shape[0], batch), count, inner},
                   {count * inner, inner, 1},
                   {length * inner, step * inner, 1},
                   0,
                   start * inner};
  });
}

namespace {

TableShape table_of(const Program::Shape5& shape, index_t batch) {
  return resolved(TableShape{shape[0], shape[1], shape[2], shape[3], shape[4]}, batch);
}

}  // namespace

void Program::take(DType dtype, DType index_dtype, int x, int indices, int out, const Shape5& shape) {
  check(index_dtype, indices, false, shape[3] * shape[4], shape[1]);
  add({x, indices}, {out}, [=](index_t batch, Words&) {
    const TableShape table = table_of(shape, batch);
    const Take take{x, indices, out, table.outer, table.length, table.inner, table.count, table.lists};
    const Bound bound = with_index_dtype(bound_as(Task::Kind::take, dtype, &Task::take, take), index_dtype);
    return elementwise(bound, take.outer * take.count * take.inner, 3);
  });
}

namespace {

// Rows of a table that a block is for, and the shared memory that for_each_hit wants.
index_t range_of(index_t length) { return std::max<index_t>(1, divide_up(length, 128)); }
constexpr int hits_bytes =
    warps * static_cast<int>(sizeof(std::uint32_t)) + block_threads * static_cast<int>(sizeof(int));

}  // namespace

void Program::scatter(DType dtype, DType index_dtype, Reduction kind, int x, int indices, int out,
                      const Shape5& shape) {
  add({x, indices}, {out}, [=](index_t batch, Words&) {
    const TableShape table = table_of(shape, batch);
    const Scatter scatter{x,           indices,
                          out,         kind,
                          table.outer, table.length,
                          table.inner, table.count,
                          table.lists, range_of(table.length)};
    Bound bound = with_index_dtype(bound_as(Task::Kind::scatter, dtype, &Task::scatter, scatter), index_dtype);
    const index_t units = scatter.outer * divide_up(scatter.length, scatter.range);
    bound.units = units;
    bound.accesses = static_cast<double>(units * scatter.count) +
                     static_cast<double>(scatter.outer * (3 * scatter.count + scatter.length) * scatter.inner);
    bound.shared_bytes = hits_bytes;
    return bound;
  });
}

namespace {

Bag bound_bag(const BagSource& source, index_t batch) {
  const BagShape shape = resolved(source.shape, batch);
  return {source.table,  source.indices, source.state, source.rate,   source.scale,
          shape.samples, shape.steps,    shape.length, shape.features};
}

Bound by_bags(Bound bound, const BagSource& source, const Bag& bag) {
  bound.task.index_dtype = source.index_dtype;
  return elementwise(bound, bag.samples * bag.features, static_cast<double>(2 * bag.steps));
}

}  // namespace

void Program::bag_max(const BagSource& source, int out) {
  const BagShape& shape = source.shape;
  check(source.index_dtype, source.indices, false, shape.samples * shape.steps, shape.length);
  add(source.reads(), {out}, [=](index_t batch, Words&) {
    const BagMax bags{bound_bag(source, batch), out};
    return by_bags(bound_as(Task::Kind::bag_max, source.dtype, &Task::bag_max, bags), source, bags.bag);
  });
}

void Program::bag_max_gradient(const BagSource& source, int out, int gradient, int table_gradient) {
  const int part = add_scratch(source.dtype, {source.shape.samples, source.shape.features});
  add(source.reads({out, gradient}), {part}, [=](index_t batch, Words&) {
    const BagShare bags{bound_bag(source, batch), out, gradient, part};
    return by_bags(bound_as(Task::Kind::bag_share, source.dtype, &Task::bag_share, bags), source, bags.bag);
  });
  add(source.reads({out, part}), {table_gradient}, [=](index_t batch, Words&) {
    BagGradient bags{bound_bag(source, batch), out, part, table_gradient, 1};
    bags.range = range_of(bags.bag.length);
    Bound bound = bound_as(Task::Kind::bag_gradient, source.dtype, &Task::bag_gradient, bags);
    bound = by_bags(bound, source, bags.bag);
    bound.units = divide_up(bags.bag.length, bags.range);
    bound.shared_bytes = hits_bytes;
    return bound;
  });
}

void Program::random_uniform(DType dtype, int state, int out, const Dimensions& dimensions) {
  add({state}, {out}, [=](index_t batch, Words&) {
    const Random random{state, out, count_of(dimensions, batch)};
    const index_t in_block = 16 / size_of(dtype);
    return elementwise(bound_as(Task::Kind::random, dtype, &Task::random, random), divide_up(random.count, in_block),
                       static_cast<double>(in_block));
  });
}

}  // namespace nnfast::cuda
