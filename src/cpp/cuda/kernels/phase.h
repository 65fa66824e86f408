// A launch: each block looks up which work it belongs to, and does its share of that work's tasks.
#pragma once

#include "cuda/kernels/bags.h"
#include "cuda/kernels/indexing.h"
#include "cuda/kernels/matmul.h"
#include "cuda/kernels/reduce.h"

namespace nnfast::cuda {

// A function of its own for each kind of task: the registers of one do not press on the others.
template <class T, class Parameters, class... DTypes>
NNFAST_OUTLINE __device__ void run_alone(const Frame& frame, const Parameters& parameters, Share share,
                                         DTypes... dtypes) {
  if constexpr (sizeof(T) > 1) {
    run<T>(frame, parameters, dtypes..., share);
  } else {
    run(frame, parameters, dtypes..., share);
  }
}

// In the float type that the task computes in.
template <class Parameters, class... DTypes>
NNFAST_INLINE void run_in_float_type(const Frame& frame, const Task& task, const Parameters& parameters, Share share,
                                     DTypes... dtypes) {
  if (task.dtype == DType::float32) {
    run_alone<float>(frame, parameters, share, dtypes...);
  } else {
    run_alone<double>(frame, parameters, share, dtypes...);
  }
}

// On values of any type, which are moved or known by their type's name.
template <class Parameters, class... DTypes>
NNFAST_INLINE void run_in_any_type(const Frame& frame, const Parameters& parameters, Share share, DTypes... dtypes) {
  run_alone<std::uint8_t>(frame, parameters, share, dtypes...);
}

NNFAST_INLINE void run_task(const Frame& frame, const Task& task, Share share) {
  using Kind = Task::Kind;
  switch (task.kind) {
    case Kind::advance:
      return run_in_any_type(frame, task.advance, share);
    case Kind::gather:
      return run_in_any_type(frame, task.gather, share, task.dtype);
    case Kind::chain:
      return run_in_float_type(frame, task, task.chain, share);
    case Kind::matmul:
      return run_in_float_type(frame, task, task.matmul, share);
    case Kind::reduce:
      return run_in_float_type(frame, task, task.reduce, share);
    case Kind::arg_reduce:
      return run_in_float_type(frame, task, task.arg_reduce, share);
    case Kind::softmax:
      return run_in_float_type(frame, task, task.softmax, share);
    case Kind::entropy:
      return run_in_float_type(frame, task, task.entropy, share);
    case Kind::check:
      return run_in_any_type(frame, task.check, share, task.index_dtype);
    case Kind::scan:
      return run_in_float_type(frame, task, task.scan, share);
    case Kind::argsort:
      return run_in_float_type(frame, task, task.argsort, share);
    case Kind::integers:
      return run_in_any_type(frame, task.integers, share, task.dtype);
    case Kind::copy:
      return run_in_any_type(frame, task.copy, share, task.dtype);
    case Kind::take:
      return run_in_any_type(frame, task.take, share, task.dtype, task.index_dtype);
    case Kind::scatter:
      return run_in_float_type(frame, task, task.scatter, share, task.index_dtype);
    case Kind::bag_max:
      return run_in_float_type(frame, task, task.bag_max, share, task.index_dtype);
    case Kind::bag_share:
      return run_in_float_type(frame, task, task.bag_share, share, task.index_dtype);
    case Kind::bag_gradient:
      return run_in_float_type(frame, task, task.bag_gradient, share, task.index_dtype);
    case Kind::random:
      return run_in_float_type(frame, task, task.random, share);
  }
}

NNFAST_INLINE void run_phase(const Phase& phase, const Frame& frame) {
  const int block = static_cast<int>(blockIdx.x);
  int w = phase.first_work;
  while (block >= frame.works[w].first_block + frame.works[w].blocks) ++w;
  const Work work = frame.works[w];
  for (int t = work.first_task; t < work.first_task + work.tasks; ++t) {
    const Task& task = frame.tasks[t];
    if (t > work.first_task) __syncthreads();  // a task reads what those before it made
    if (task.guarded && frame.state->fault.is_there != 0) continue;
    run_task(frame, task, {block - work.first_block, work.blocks});
  }
}

}  // namespace nnfast::cuda
