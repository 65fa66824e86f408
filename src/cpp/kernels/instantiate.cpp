// Every kernel for one instruction set: compiled once per set, with that set's flags and in that set's namespace.
#include "kernels/bags.h"
#include "kernels/chain.h"
#include "kernels/compiled_chain.h"
#include "kernels/convert.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"
#include "kernels/nonzeros.h"
#include "kernels/random.h"
#include "kernels/reduce.h"
#include "kernels/softmax.h"

#define NNFAST_STRING(text) NNFAST_STRING_OF(text)
#define NNFAST_STRING_OF(text) #text

namespace nnfast::NNFAST_ISA {

template <class T>
constexpr KernelsOf<T> kernels_for() {
  KernelsOf<T> k{};
#define NNFAST_POINTWISE(name, arity, expression) \
  k.pointwise[static_cast<int>(PointwiseOp::name)] = pointwise<T, pointwise_functions::name##_function>;
#include "kernels/pointwise_ops.inc"
#undef NNFAST_POINTWISE
  k.pointwise_chain = pointwise_chain<T>;
  k.compiled_chains = compiled_chains<T>;
  k.compiled_chain_count = sizeof compiled_chains<T> / sizeof *compiled_chains<T>;

  k.panel_columns = tile_vectors * lanes<T>;
  k.tile_rows = tile_rows;
  k.lanes = lanes<T>;
  k.pack = pack<T>;
  k.multiply = multiply<T>;
  k.list_nonzeros = list_nonzeros<T>;
  k.listed_panels = listed_panels;
  k.multiply_listed = multiply_listed<T>;
  k.multiply_listed_transposed = multiply_listed_transposed<T>;

  k.reduce_rows[static_cast<int>(Reduction::sum)] = reduce_rows<T, Sum>;
  k.reduce_rows[static_cast<int>(Reduction::maximum)] = reduce_rows<T, Maximum>;
  k.reduce_rows[static_cast<int>(Reduction::minimum)] = reduce_rows<T, Minimum>;
  k.reduce_rows[static_cast<int>(Reduction::product)] = reduce_rows<T, Product>;
  k.reduce_columns[static_cast<int>(Reduction::sum)] = reduce_columns<T, Sum>;
  k.reduce_columns[static_cast<int>(Reduction::maximum)] = reduce_columns<T, Maximum>;
  k.reduce_columns[static_cast<int>(Reduction::minimum)] = reduce_columns<T, Minimum>;
  k.reduce_columns[static_cast<int>(Reduction::product)] = reduce_columns<T, Product>;
  k.arg_reduce_columns[static_cast<int>(ArgReduction::argmax)] = arg_reduce_columns<T, Maximum>;
  k.arg_reduce_columns[static_cast<int>(ArgReduction::argmin)] = arg_reduce_columns<T, Minimum>;

  k.softmax = softmax<T>;
  k.log_softmax = log_softmax<T>;
  k.sparse_cross_entropy = sparse_cross_entropy<T>;
  k.cross_entropy = cross_entropy<T>;
  k.random_uniform = random_uniform<T>;
  k.bag_max = bag_max<T>;
  k.bag_max_gradient = bag_max_gradient<T>;
  k.bag_bytes = BagBlock<T>::vectors * sizeof(vec<T>) + sizeof(std::int32_t);
  k.copy_strided = copy_strided<T>;
  k.multiply_adds = multiply_adds<T>;

#define NNFAST_CONVERSIONS(identifier, name, type)                \
  k.load[static_cast<int>(DType::identifier)] = load_as<T, type>; \
  k.store[static_cast<int>(DType::identifier)] = StoreAs<T, type>::run;
  NNFAST_DTYPES(NNFAST_CONVERSIONS)
#undef NNFAST_CONVERSIONS
  k.store[static_cast<int>(DType::boolean)] = store_as_boolean<T>;
  return k;
}

extern const Kernels kernels;
constexpr Kernels kernels{NNFAST_STRING(NNFAST_ISA), kernels_for<float>(), kernels_for<double>()};

}  // namespace nnfast::NNFAST_ISA
