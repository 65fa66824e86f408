// How fast the kernels are on one thread, for whoever changes them: products as a share of the measured multiply-add
// peak, the others in nanoseconds an element. Not a test: it prints.
//
//   nnfast_speed [instruction set]
#include <chrono>

#include "base/buffer.h"
#include "check.h"
#include "kernels/peak.h"

namespace {

using namespace nnfast;
using namespace nnfast::test;

// The best of several tries, each of some milliseconds.
template <class Work>
double seconds_of(Work work) {
  using clock = std::chrono::steady_clock;
  double best = 1e9;
  index_t repeats = 1;
  for (int i = 0; i < 40; ++i) {
    const auto start = clock::now();
    for (index_t j = 0; j < repeats; ++j) work();
    const double seconds = std::chrono::duration<double>(clock::now() - start).count();
    best = std::min(best, seconds / static_cast<double>(repeats));
    if (seconds < 0.002) repeats *= 2, --i;
  }
  return best;
}

template <class T>
struct Array {
  explicit Array(index_t size) : buffer(static_cast<std::size_t>(size) * sizeof(T)) {
    std::mt19937 generator(1);
    for (index_t i = 0; i < size; ++i) data()[i] = static_cast<T>(static_cast<int>(generator() % 2001) - 1000) / T(500);
  }
  T* data() { return reinterpret_cast<T*>(buffer.data()); }
  Buffer buffer;
};

template <class T>
void product(const char* name, index_t rows, index_t columns, index_t depth, bool transpose_a, bool transpose_b,
             double peak) {
  const auto& k = in_use<T>();
  Array<T> a(rows * depth), b(depth * columns), out(rows * columns), panels(depth * (columns + k.panel_columns));
  const index_t row_stride = transpose_a ? 1 : depth, depth_stride = transpose_a ? rows : 1;
  const index_t b_depth_stride = transpose_b ? 1 : columns, b_column_stride = transpose_b ? depth : 1;
  const auto each_panel = [&](auto body) {
    for (index_t c = 0; c < columns; c += k.panel_columns) {
      body(c, std::min(k.panel_columns, columns - c), panels.data() + depth * c);
    }
  };
  const double packing = seconds_of([&] {
    each_panel([&](index_t c, index_t width, T* panel) {
      k.pack(depth, width, b.data() + c * b_column_stride, b_depth_stride, b_column_stride, panel);
    });
  });
  const double multiplying = seconds_of([&] {
    each_panel([&](index_t c, index_t width, const T* panel) {
      k.multiply(rows, width, depth, a.data(), row_stride, depth_stride, panel,
                 (width + k.lanes - 1) / k.lanes * k.lanes, out.data() + c, columns);
    });
  });
  const double operations = 2.0 * static_cast<double>(rows * columns * depth);
  const double bytes = static_cast<double>(depth * columns) * sizeof(T);
  std::printf("  %-22s %4d x %4d . %4d x %4d: %6.1f GFLOP/s, %3.0f %% of peak; pack %5.1f GB/s, %4.1f %% of the time\n",
              name, int(rows), int(depth), int(depth), int(columns), operations / multiplying / 1e9,
              100 * operations / multiplying / peak, bytes / packing / 1e9, 100 * packing / (packing + multiplying));
}

template <class T>
void products(DType dtype) {
  const double peak = measure_fma_peak(1, dtype);
  std::printf("%s %s: peak %.1f GFLOP/s\n", kernels().instruction_set, name_of(dtype), peak / 1e9);
  product<T>("forward", 128, 512, 784, false, false, peak);
  product<T>("weight gradient", 784, 512, 128, true, false, peak);
  product<T>("input gradient", 128, 784, 512, false, true, peak);
  product<T>("forward, 32 rows", 32, 512, 784, false, false, peak);
  product<T>("gradient, 32 rows", 784, 512, 32, true, false, peak);
  product<T>("class scores", 128, 10, 512, false, false, peak);
  product<T>("scores, weights", 512, 10, 128, true, false, peak);
  product<T>("scores, inputs", 128, 512, 10, false, true, peak);
  product<T>("one sample", 1, 512, 784, false, false, peak);
  product<T>("large", 1024, 1024, 1024, false, false, peak);
}

struct Listed {
  const char* name;
  PointwiseOp op;
};
const Listed listed[] = {
#define NNFAST_POINTWISE(name, arity, expression) {#name, PointwiseOp::name},
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE
};

template <class T>
void others() {
  constexpr index_t rows = 32, columns = 64, count = rows * columns;
  const auto& k = in_use<T>();
  Array<T> a(count), b(count), c(count), out(count);
  Array<std::int64_t> labels(count);
  std::fill(labels.data(), labels.data() + count, 3);
  const auto print = [&](const char* name, double seconds) {
    std::printf(" %s %.3f", name, seconds * 1e9 / static_cast<double>(count));
  };
  std::printf("  ns an element:");
  for (const Listed& function : listed) {
    const View<T> views[] = {{a.data(), 0, 1}, {b.data(), 0, 1}, {c.data(), 0, 1}};
    print(function.name, seconds_of([&] {
            k.pointwise[static_cast<int>(function.op)](1, count, views[0], views[1], views[2], out.data(), 0);
          }));
  }
  const View<T> matrix{a.data(), 10, 1}, bias{b.data(), 0, 1};
  print("| bias of 10", seconds_of([&] {
          k.pointwise[static_cast<int>(PointwiseOp::add)](count / 10, 10, matrix, bias, bias, out.data(), 10);
        }));
  print("sum of rows", seconds_of([&] { k.reduce_rows[0](rows, columns, a.data(), columns, out.data()); }));
  print("sum of columns", seconds_of([&] { k.reduce_columns[0](rows, columns, a.data(), columns, out.data()); }));
  print("argmax of 10", seconds_of([&] { k.arg_reduce_columns[0](count / 10, 10, a.data(), 10, labels.data()); }));
  std::fill(labels.data(), labels.data() + count, 3);
  print("softmax of 10", seconds_of([&] { k.softmax(count / 10, 10, a.data(), out.data()); }));
  print("cross-entropy of 10",
        seconds_of([&] { k.sparse_cross_entropy(count / 10, 10, a.data(), labels.data(), b.data(), out.data()); }));
  print("softmax of 512", seconds_of([&] { k.softmax(count / 512, 512, a.data(), out.data()); }));
  print("uniform", seconds_of([&] { k.random_uniform(count, 0, 1, 2, out.data()); }));
  print("transpose", seconds_of([&] { k.copy_strided(rows, columns, a.data(), 1, rows, out.data(), columns); }));
  print("from uint8", seconds_of([&] { k.load[static_cast<int>(DType::uint8)](count, a.data(), out.data()); }));
  std::printf("\n");
}

}  // namespace

int main(int count, char** arguments) {
  for (const std::string& set : supported_instruction_sets()) {
    if (count > 1 && set != arguments[1]) continue;
    select_kernels(set);
    products<float>(DType::float32);
    others<float>();
    products<double>(DType::float64);
    others<double>();
  }
}
