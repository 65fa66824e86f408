// Phases of work that a team goes through, one after the other. A phase is lists of pieces; it is over when all pieces
// are done, whoever did them: a thread that the system keeps from running holds up nobody unless it is at a piece.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/threads.h"
#include "base/types.h"

namespace nnfast {

class Phases {
 public:
  // A phase's number; each is higher than the one before it.
  using Number = std::int64_t;

  // Pieces that a list may have at most.
  static constexpr index_t most_pieces = (index_t{1} << 20) - 1;

  // most_lists: how many lists a phase may have. Phases run from 1 to end - 1.
  Phases(int threads, Number end, std::size_t most_lists)
      : threads_(threads), end_(end), tickets_(most_lists * static_cast<std::size_t>(threads)) {}

  Number present() const { return present_.load(std::memory_order_acquire); }

  // Takes part in phase `phase`, waits for its end, and returns the number of the next.
  //   lists: for each list how many pieces it has; at least one piece in all.
  //   run(list, first, last): does pieces first .. last - 1 of a list.
  //   next(): the number of the next phase; called once, by the thread that finishes this one.
  template <class Lists, class Run, class Next>
  Number take_part(int thread, Number phase, const Lists& lists, Run run, Next next) {
    const std::size_t count = lists.size();
    index_t all = 0, done = 0;
    for (std::size_t list = 0; list < count; ++list) all += lists[list];
    if (threads_ == 1) {
      for (std::size_t list = 0; list < count; ++list) run(list, 0, lists[list]);
      done = all;
    } else {
      // Its own share of every list, so that what it works on stays in its caches; then what others have left.
      for (int i = 0; i < threads_; ++i) {
        const int owner = (thread + i) % threads_;
        for (std::size_t list = 0; list < count; ++list) {
          const index_t first = lists[list] * owner / threads_, last = lists[list] * (owner + 1) / threads_;
          std::atomic<std::uint64_t>& ticket = tickets_[list * static_cast<std::size_t>(threads_) + owner].next;
          for (index_t piece; (piece = take(ticket, phase, first, last)) >= 0; ++done) run(list, piece, piece + 1);
        }
      }
    }
    // Who did a piece knows that the phase is not over. Who did none may have come too late.
    if (done > 0 && done_.fetch_add(done, std::memory_order_acq_rel) + done == all) {
      done_.store(0, std::memory_order_relaxed);
      publish(next());
    } else {
      wait(thread, phase);
    }
    return present();
  }

 private:
  // The next piece of one thread's share of a list, under the number of the phase it belongs to: tickets of earlier
  // phases count as fresh, and nobody has to reset them.
  struct alignas(64) Ticket {
    std::atomic<std::uint64_t> next{0};
  };

  static index_t take(std::atomic<std::uint64_t>& ticket, Number phase, index_t first, index_t last) {
    constexpr int piece_bits = 20;
    const auto number = static_cast<std::uint64_t>(phase);
    std::uint64_t seen = ticket.load(std::memory_order_relaxed);
    while (true) {
      const std::uint64_t of = seen >> piece_bits;
      const index_t piece = of == number ? static_cast<index_t>(seen & most_pieces) : first;
      if (of > number || piece >= last) return -1;
      if (ticket.compare_exchange_weak(seen, (number << piece_bits) + static_cast<std::uint64_t>(piece) + 1,
                                       std::memory_order_relaxed)) {
        return piece;
      }
    }
  }

  void publish(Number next) {
    present_.store(next);
    if (sleepers_.load() == 0 && next < end_) return;
    const std::lock_guard lock(mutex_);
    over_.notify_all();
  }

  // Spins for longer than most pieces take; then sleeps, so that whom it waits for gets the CPU.
  void wait(int thread, Number phase) {
    const bool has_cpu = thread < usable_cpus();
    for (int turn = 0; has_cpu && turn < 4000; ++turn) {
      if (present() != phase) return;
      relax();
    }
    const auto over = [&] { return present_.load() != phase; };
    std::unique_lock lock(mutex_);
    if (!has_cpu) {
      // Waking threads past the CPUs at every phase would cost the others more than these can do.
      over_.wait_for(lock, std::chrono::milliseconds(1), over);
      return;
    }
    ++sleepers_;
    over_.wait(lock, over);
    --sleepers_;
  }

  const int threads_;
  const Number end_;
  alignas(64) std::atomic<Number> present_{1};
  alignas(64) std::atomic<index_t> done_{0};
  alignas(64) std::atomic<int> sleepers_{0};
  std::mutex mutex_;
  std::condition_variable over_;
  std::vector<Ticket> tickets_;
};

}  // namespace nnfast
