// The feed: the user's arrays as they were given, an order of their samples, and the gathering of a batch.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/instruction.h"

namespace nnfast {

class Feed {
 public:
  // samples x row_elements values, contiguous; owned by the caller, who keeps them alive. Of a sparse matrix only some
  // are there, the others are zero: those of row r are data[starts[r]] up to data[starts[r + 1]], in these columns.
  struct Array {
    const std::byte* data;
    DType dtype;
    index_t row_elements;
    const std::int64_t* starts = nullptr;
    const std::int64_t* columns = nullptr;
  };

  Feed(std::vector<Array> arrays, index_t samples, index_t batch_size);

  // A new order of all samples, keyed by seed and epoch alone.
  void shuffle(std::uint64_t seed, std::uint64_t epoch);
  void unshuffle() { order_.reset(); }

  index_t samples() const { return samples_; }
  index_t batch_size() const { return batch_size_; }
  index_t batches() const { return divide_up(samples_, batch_size_); }
  index_t rows_of_batch(index_t batch) const { return std::min(batch_size_, samples_ - batch * batch_size_); }
  const std::vector<Array>& arrays() const { return arrays_; }
  bool ordered() const { return !order_; }
  const std::shared_ptr<const std::vector<index_t>>& order() const { return order_; }
  index_t sample(index_t row) const { return order_ ? (*order_)[static_cast<std::size_t>(row)] : row; }

 private:
  std::vector<Array> arrays_;
  index_t samples_, batch_size_;
  std::shared_ptr<const std::vector<index_t>> order_;  // a copy of a Feed keeps its order when this one is shuffled
};

// Copies the batch's rows of one array into a buffer, cast to the buffer's type.
class GatherInstruction : public Instruction {
 public:
  GatherInstruction(int input, int out, DType dtype, index_t row_elements);
  Task bind(index_t batch) const override;

  int input() const { return input_; }
  int out() const { return out_; }
  // Where the batch lies in the user's array as the Program wants it, or null where it has to be gathered.
  std::byte* in_place(const Feed& feed, index_t first_row) const;

 private:
  int input_, out_;
  DType dtype_;
  index_t row_elements_;
};

}  // namespace nnfast
