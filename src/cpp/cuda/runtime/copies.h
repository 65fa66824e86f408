// What the device keeps of the host's Variables and Feeds, for as long as those live.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "base/lock.h"
#include "cuda/runtime/memory.h"
#include "runtime/feed.h"
#include "runtime/variable.h"

namespace nnfast::cuda {

// Held alone for a run, and to read what one made: the device does one thing at a time.
std::shared_mutex& device_mutex();

// The device's numbers of a Variable that is locked alone: the newest ones. `changes`: they are about to change there.
std::byte* numbers_of(Variable& variable, bool changes);

// The device's copy of a Feed's arrays and of their order.
class FeedCopy : public Elsewhere {
 public:
  explicit FeedCopy(const Feed& feed);
  const void* owner() const override;
  // Of a Feed with the same arrays, the order being what it is now.
  const std::vector<Source>& sources(const Feed& feed);

 private:
  std::vector<DeviceMemory> memories_;
  std::vector<Source> sources_;
  DeviceMemory order_;
  std::shared_ptr<const std::vector<index_t>> ordered_;  // what order_ is a copy of
};

// The copy that belongs to a Feed, made where there is none of this device.
FeedCopy& copy_of(const Feed& feed, std::shared_ptr<Elsewhere>& place);

}  // namespace nnfast::cuda
