// A device that is not there: blocks in turn, the threads of a block as fibers that are switched where CUDA would wait.
// It finds what a device would answer with wrong numbers now and then: two threads at one place of shared memory
// without a barrier between, places outside of it, values nobody wrote, barriers and shuffles that not all come to; and
// where it is asked to look, threads at one place of global memory that nothing in a launch orders.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace nnfast::emulation {

// What a kernel did wrong.
class Mistake : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Counts {
  std::int64_t launches = 0, loaded = 0, stored = 0;  // bytes, of global memory
};

enum class Order : bool { forwards, backwards };

class Machine {
 public:
  static constexpr unsigned warp_threads = 32, most_threads = 1024;

  Machine();
  ~Machine();

  // Runs kernel() once in every thread of every block; throws a Mistake.
  void launch(unsigned blocks, unsigned threads, std::size_t shared_bytes, const std::function<void()>& kernel);

  // The order in which blocks and threads have their turns, which no result may depend on.
  void set_order(Order order) { order_ = order; }

  // Whether races in global memory are looked for, which takes a few times as long.
  void find_races(bool wanted) { finds_races_ = wanted; }

  // For the thread that has its turn.
  unsigned thread() const { return thread_; }
  unsigned block() const { return block_; }
  unsigned blocks() const { return blocks_; }
  unsigned threads() const { return threads_; }

  // Waits for all threads of the block.
  void barrier();
  // Waits for the threads of the warp that `mask` names, and returns what the one of lane `source` gave.
  std::uint64_t exchange(std::uint32_t mask, std::uint64_t bits, unsigned source);
  // The lanes of `mask` that gave anything but 0.
  std::uint32_t ballot(std::uint32_t mask, std::uint64_t bits);

  // `count` elements of shared memory, `offset` bytes in.
  std::byte* shared(std::size_t offset, std::size_t bytes);
  void note_read(const void* at) {
    Mark& mark = mark_of(at);
    if (mark.written_at < block_began_) fail("missing barrier or value: read before any thread wrote", at);
    if (mark.written_at == epoch_ && mark.writer != thread_) fail("missing barrier: read beside another's write", at);
    if (mark.read_at == epoch_ && mark.reader != thread_) {
      mark.reader = several;
    } else {
      mark.read_at = epoch_;
      mark.reader = thread_;
    }
  }
  void note_write(const void* at) {
    Mark& mark = mark_of(at);
    if (mark.written_at == epoch_ && mark.writer != thread_) fail("missing barrier: two threads write", at);
    if (mark.read_at == epoch_ && mark.reader != thread_) fail("missing barrier: write beside another's read", at);
    mark.written_at = epoch_;
    mark.writer = thread_;
  }
  void note_load(const void* at, std::size_t bytes) {
    counts.loaded += static_cast<std::int64_t>(bytes);
    if (finds_races_) find_race_of_load(at);
  }
  void note_store(const void* at, std::size_t bytes) {
    counts.stored += static_cast<std::int64_t>(bytes);
    if (finds_races_) find_race_of_store(at);
  }
  [[noreturn]] void fail(const char* what, const void* at = nullptr);

  Counts counts;

 private:
  struct Fiber;
  enum class State : std::uint8_t { ready, at_barrier, at_shuffle, over };
  // Who wrote and read four bytes of shared memory last, and between which barriers.
  struct Mark {
    std::uint64_t written_at = 0, read_at = 0;
    unsigned writer = 0, reader = 0;
  };
  static constexpr unsigned several = ~0u;
  // Who was at a place of global memory last, and between which barriers.
  struct Visit {
    std::uint64_t at = 0;
    unsigned block = 0, thread = 0;
  };
  struct Place {
    Visit written, read;
  };
  // A shuffle of a warp: what its lanes gave. A thread may be one ahead of those that still have to look.
  struct Shuffle {
    std::uint32_t mask = 0, arrived = 0, left = 0;
    std::uint64_t values[warp_threads];
  };

  Mark& mark_of(const void* at) {
    return marks_[static_cast<std::size_t>(static_cast<const std::byte*>(at) - memory_.data()) / 4];
  }
  // Whether a visit may as well come after this thread's.
  bool is_unordered(const Visit& visit) const {
    if (visit.at <= launch_began_) return false;
    return visit.block != block_ || (visit.at == epoch_ && visit.thread != thread_);
  }
  void find_race_of_load(const void* at);
  void find_race_of_store(const void* at);
  static void enter();
  void run_block(const std::function<void()>& kernel);
  Shuffle& come_to_shuffle(std::uint32_t mask, std::uint64_t bits);
  void leave_shuffle(Shuffle& shuffle);
  void wait(State state);
  void resume(unsigned thread);
  unsigned next_of(unsigned thread) const;
  std::string why_all_wait() const;

  Order order_ = Order::forwards;
  unsigned blocks_ = 0, threads_ = 0, block_ = 0, thread_ = 0;
  unsigned waiting_ = 0, over_ = 0;  // threads at the barrier, and those that are done
  bool finds_races_ = false;
  std::uint64_t epoch_ = 0, block_began_ = 0, launch_began_ = 0;
  std::unordered_map<const void*, Place> places_;  // of global memory, in this launch
  std::vector<std::byte> memory_;
  std::size_t memory_bytes_ = 0;
  std::vector<Mark> marks_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<State> states_;
  std::vector<std::uint32_t> shuffles_done_;  // by thread
  std::vector<Shuffle> shuffles_;             // two by warp
  const std::function<void()>* kernel_ = nullptr;
  std::string mistake_;
  std::jmp_buf host_;
};

// The one there is; a variable, so that finding it costs nothing.
extern Machine the_machine;
inline Machine& machine() { return the_machine; }

}  // namespace nnfast::emulation
