// A launch: each block looks up which work it belongs to, and does its share of that work's tasks.
#pragma once

#include "cuda/kernels/indexing.h"
#include "cuda/kernels/matmul.h"
#include "cuda/kernels/reduce.h"

namespace nnfast::cuda {

// run<T>(frame, task, share) with the float type that the task computes in.
#define NNFAST_IN_FLOAT_TYPE(member) \
  return task.dtype == DType::float32 ? run<float>(frame, task.member, share) : run<double>(frame, task.member, share)

NNFAST_INLINE void run_task(const Frame& frame, const Task& task, Share share) {
  using Kind = Task::Kind;
  switch (task.kind) {
    case Kind::advance:
      return run(frame, task.advance, share);
    case Kind::gather:
      return run(frame, task.gather, task.dtype, share);
    case Kind::chain:
      NNFAST_IN_FLOAT_TYPE(chain);
    case Kind::matmul:
      NNFAST_IN_FLOAT_TYPE(matmul);
    case Kind::reduce:
      NNFAST_IN_FLOAT_TYPE(reduce);
    case Kind::arg_reduce:
      NNFAST_IN_FLOAT_TYPE(arg_reduce);
    case Kind::softmax:
      NNFAST_IN_FLOAT_TYPE(softmax);
    case Kind::entropy:
      NNFAST_IN_FLOAT_TYPE(entropy);
    case Kind::check:
      return run(frame, task.check, task.index_dtype, share);
    case Kind::scan:
      NNFAST_IN_FLOAT_TYPE(scan);
    case Kind::argsort:
      NNFAST_IN_FLOAT_TYPE(argsort);
    case Kind::integers:
      return run(frame, task.integers, task.dtype, share);
    case Kind::copy:
      return run(frame, task.copy, task.dtype, share);
    case Kind::take:
      return run(frame, task.take, task.dtype, task.index_dtype, share);
    case Kind::scatter:
      return task.dtype == DType::float32 ? run<float>(frame, task.scatter, task.index_dtype, share)
                                          : run<double>(frame, task.scatter, task.index_dtype, share);
    case Kind::random:
      NNFAST_IN_FLOAT_TYPE(random);
  }
}
#undef NNFAST_IN_FLOAT_TYPE

NNFAST_INLINE void run_phase(const Phase& phase, const Frame& frame) {
  const int block = static_cast<int>(blockIdx.x);
  int w = phase.first_work;
  while (block >= frame.works[w].first_block + frame.works[w].blocks) ++w;
  const Work work = frame.works[w];
  for (int t = work.first_task; t < work.first_task + work.tasks; ++t) {
    const Task& task = frame.tasks[t];
    if (t > work.first_task) __syncthreads();  // a task reads what those before it made
    if (task.guarded && frame.state->is_fault != 0) continue;
    run_task(frame, task, {block - work.first_block, work.blocks});
  }
}

}  // namespace nnfast::cuda
