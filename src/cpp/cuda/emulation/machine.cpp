// _setjmp and _longjmp switch between fibers that ucontext made once: no system call a switch. What fortified headers
// make of longjmp takes that for a mistake.
#undef _FORTIFY_SOURCE
#include "cuda/emulation/machine.h"

#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <utility>

namespace nnfast::emulation {

namespace {

constexpr std::size_t stack_bytes = 256 << 10;

}  // namespace

struct Machine::Fiber {
  std::unique_ptr<std::byte[]> stack{new std::byte[stack_bytes]};
  bool begun = false;
  ucontext_t first;
  jmp_buf place;
};

Machine the_machine;

Machine::Machine() = default;
Machine::~Machine() = default;

void Machine::launch(unsigned blocks, unsigned threads, std::size_t shared_bytes, const std::function<void()>& kernel) {
  if (threads == 0 || threads > most_threads || threads % warp_threads != 0) {
    throw Mistake("expected whole warps of at most 1024 threads, got " + std::to_string(threads));
  }
  ++counts.launches;
  blocks_ = blocks;
  threads_ = threads;
  if (memory_.size() < shared_bytes) {
    memory_.resize(shared_bytes);
    marks_.assign(shared_bytes / 4 + 1, {});
  }
  memory_bytes_ = shared_bytes;
  while (fibers_.size() < threads) fibers_.push_back(std::make_unique<Fiber>());
  shuffles_done_.resize(threads);
  launch_began_ = epoch_;
  places_.clear();
  for (unsigned turn = 0; turn < blocks; ++turn) {
    block_ = order_ == Order::forwards ? turn : blocks - 1 - turn;
    run_block(kernel);
  }
}

void Machine::run_block(const std::function<void()>& kernel) {
  kernel_ = &kernel;
  block_began_ = ++epoch_;
  waiting_ = over_ = 0;
  states_.assign(threads_, State::ready);
  std::fill(shuffles_done_.begin(), shuffles_done_.end(), 0u);
  shuffles_.assign(2 * threads_ / warp_threads, {});
  if (_setjmp(host_) == 0) resume(order_ == Order::forwards ? 0 : threads_ - 1);
  if (mistake_.empty()) return;
  fibers_.clear();  // they stand in the middle of the kernel
  throw Mistake(std::exchange(mistake_, {}));
}

// What every fiber does: a kernel, then the next, each when it is resumed.
void Machine::enter() {
  Machine& self = machine();
  while (true) {
    (*self.kernel_)();
    if (++self.over_ < self.threads_) {
      self.wait(State::over);
      continue;
    }
    self.states_[self.thread_] = State::over;
    if (_setjmp(self.fibers_[self.thread_]->place) == 0) _longjmp(self.host_, 1);
  }
}

// Goes to a fiber, for good.
void Machine::resume(unsigned thread) {
  thread_ = thread;
  Fiber& fiber = *fibers_[thread];
  if (fiber.begun) _longjmp(fiber.place, 1);
  fiber.begun = true;
  getcontext(&fiber.first);
  fiber.first.uc_stack.ss_sp = fiber.stack.get();
  fiber.first.uc_stack.ss_size = stack_bytes;
  fiber.first.uc_link = nullptr;
  makecontext(&fiber.first, &Machine::enter, 0);
  setcontext(&fiber.first);
}

// Leaves the turn to another thread, until somebody makes this one ready.
void Machine::wait(State state) {
  states_[thread_] = state;
  if (_setjmp(fibers_[thread_]->place) != 0) return;
  const unsigned next = next_of(thread_);
  if (states_[next] != State::ready) fail(why_all_wait().c_str());
  resume(next);
}

// The next thread that is ready, or itself.
unsigned Machine::next_of(unsigned thread) const {
  unsigned next = thread;
  do {
    if (order_ == Order::forwards) {
      next = next + 1 == threads_ ? 0 : next + 1;
    } else {
      next = next == 0 ? threads_ - 1 : next - 1;
    }
  } while (next != thread && states_[next] != State::ready);
  return next;
}

std::string Machine::why_all_wait() const {
  const auto at = std::find(states_.begin(), states_.end(), State::at_shuffle);
  if (at == states_.end()) return "divergent barrier: some threads wait for others that are over";
  const auto number = static_cast<std::size_t>(at - states_.begin());
  const Shuffle& shuffle = shuffles_[2 * (number / warp_threads) + shuffles_done_[number] % 2];
  std::string missing;
  for (unsigned lane = 0; lane < warp_threads; ++lane) {
    if ((shuffle.mask & ~shuffle.arrived) >> lane & 1) missing += " " + std::to_string(lane);
  }
  return "divergent shuffle: warp " + std::to_string(number / warp_threads) + " waits for lanes" + missing;
}

void Machine::barrier() {
  if (++waiting_ < threads_) {
    wait(State::at_barrier);
    return;
  }
  waiting_ = 0;
  ++epoch_;
  std::fill(states_.begin(), states_.end(), State::ready);
}

Machine::Shuffle& Machine::come_to_shuffle(std::uint32_t mask, std::uint64_t bits) {
  const unsigned warp = thread_ / warp_threads, lane = thread_ % warp_threads;
  Shuffle& shuffle = shuffles_[2 * warp + shuffles_done_[thread_] % 2];
  if ((mask >> lane & 1) == 0) fail("divergent shuffle: a lane that its mask does not name");
  if (shuffle.arrived == 0) shuffle.mask = mask;
  if (shuffle.mask != mask) fail("divergent shuffle: two masks");
  shuffle.values[lane] = bits;
  shuffle.arrived |= 1u << lane;
  if (shuffle.arrived != mask) {
    wait(State::at_shuffle);
    return shuffle;
  }
  for (unsigned other = 0; other < warp_threads; ++other) {
    State& state = states_[warp * warp_threads + other];
    if ((mask >> other & 1) != 0 && state == State::at_shuffle) state = State::ready;
  }
  return shuffle;
}

void Machine::leave_shuffle(Shuffle& shuffle) {
  ++shuffles_done_[thread_];
  shuffle.left |= 1u << thread_ % warp_threads;
  if (shuffle.left == shuffle.mask) shuffle.arrived = shuffle.left = 0;
}

std::uint64_t Machine::exchange(std::uint32_t mask, std::uint64_t bits, unsigned source) {
  Shuffle& shuffle = come_to_shuffle(mask, bits);
  if (source >= warp_threads || (mask >> source & 1) == 0) fail("divergent shuffle: asks a lane that gives nothing");
  const std::uint64_t value = shuffle.values[source];
  leave_shuffle(shuffle);
  return value;
}

std::uint32_t Machine::ballot(std::uint32_t mask, std::uint64_t bits) {
  Shuffle& shuffle = come_to_shuffle(mask, bits);
  std::uint32_t votes = 0;
  for (unsigned lane = 0; lane < warp_threads; ++lane) {
    if ((mask >> lane & 1) != 0 && shuffle.values[lane] != 0) votes |= 1u << lane;
  }
  leave_shuffle(shuffle);
  return votes;
}

std::byte* Machine::shared(std::size_t offset, std::size_t bytes) {
  if (offset % 16 != 0) fail("shared memory off its alignment of 16 bytes");
  if (offset + bytes > memory_bytes_) fail("shared memory out of bounds: more than the launch asked for");
  return memory_.data() + offset;
}

void Machine::find_race_of_load(const void* at) {
  Place& place = places_[at];
  if (is_unordered(place.written)) fail("race in global memory: read beside another's write");
  const bool alone = !is_unordered(place.read);
  const bool in_block = alone || place.read.block == block_;
  place.read = {epoch_, in_block ? block_ : several, alone ? thread_ : several};
}

void Machine::find_race_of_store(const void* at) {
  Place& place = places_[at];
  if (is_unordered(place.written)) fail("race in global memory: two threads write");
  if (is_unordered(place.read)) fail("race in global memory: write beside another's read");
  place.written = {epoch_, block_, thread_};
}

void Machine::fail(const char* what, const void* at) {
  mistake_ = "block " + std::to_string(block_) + ", thread " + std::to_string(thread_) + ": " + what;
  if (at != nullptr) {
    mistake_ += ", byte " + std::to_string(static_cast<const std::byte*>(at) - memory_.data()) + " of shared memory";
  }
  _longjmp(host_, 1);
}

}  // namespace nnfast::emulation
