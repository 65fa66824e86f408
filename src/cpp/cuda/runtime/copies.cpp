#include "cuda/runtime/copies.h"

#include <utility>

namespace nnfast::cuda {

namespace {

// Tells this module's copies from those of another device's module.
const char owner_mark = 0;

class VariableCopy : public NumbersElsewhere {
 public:
  explicit VariableCopy(std::size_t bytes) : memory_(bytes) {}
  const void* owner() const override { return &owner_mark; }

  void fetch(std::byte* host) override {
    const std::lock_guard lock(mutex_);
    if (newest_ != Newest::device) return;
    const std::lock_guard device(device_mutex());
    driver::copy_to_host(host, memory_.data(), memory_.bytes());
    newest_ = Newest::both;
  }
  void forget() override {
    const std::lock_guard lock(mutex_);
    newest_ = Newest::host;
  }
  // With the device's mutex held.
  std::byte* refreshed(const std::byte* host, bool changes) {
    if (newest_ == Newest::host) driver::copy_to_device(memory_.data(), host, memory_.bytes());
    if (newest_ == Newest::host) newest_ = Newest::both;
    if (changes) newest_ = Newest::device;
    return memory_.data();
  }
  bool is_newest() const { return newest_ == Newest::device; }

 private:
  enum class Newest : std::uint8_t { host, both, device };
  DeviceMemory memory_;
  Newest newest_ = Newest::host;
  std::mutex mutex_;
};

DeviceMemory copied(const void* from, std::size_t bytes) {
  DeviceMemory memory(bytes);
  if (bytes > 0) driver::copy_to_device(memory.data(), static_cast<const std::byte*>(from), bytes);
  return memory;
}

}  // namespace

std::shared_mutex& device_mutex() {
  static const ForkSafeMutex mutex;
  return mutex.get();
}

std::byte* numbers_of(Variable& variable, bool changes) {
  const bool is_ours = variable.elsewhere() != nullptr && variable.elsewhere()->owner() == &owner_mark;
  if (!is_ours) {
    variable.data();  // brings back what another device has
    variable.set_elsewhere(std::make_unique<VariableCopy>(static_cast<std::size_t>(variable.bytes())));
  }
  auto& copy = static_cast<VariableCopy&>(*variable.elsewhere());
  return copy.refreshed(copy.is_newest() ? nullptr : variable.data(), changes);
}

FeedCopy::FeedCopy(const Feed& feed) {
  const auto samples = static_cast<std::size_t>(feed.samples());
  const auto keep = [&](const void* from, std::size_t bytes) {
    memories_.push_back(copied(from, bytes));
    return memories_.back().data();
  };
  for (const Feed::Array& array : feed.arrays()) {
    const auto size = static_cast<std::size_t>(size_of(array.dtype));
    Source source{nullptr, nullptr, nullptr, nullptr, array.dtype};
    if (array.starts == nullptr) {
      source.data = keep(array.data, samples * static_cast<std::size_t>(array.row_elements) * size);
    } else {
      const auto count = static_cast<std::size_t>(array.starts[samples]);
      source.data = keep(array.data, count * size);
      source.columns = reinterpret_cast<const std::int64_t*>(keep(array.columns, count * sizeof(std::int64_t)));
      source.starts = reinterpret_cast<const std::int64_t*>(keep(array.starts, (samples + 1) * sizeof(std::int64_t)));
    }
    sources_.push_back(source);
  }
}

const void* FeedCopy::owner() const { return &owner_mark; }

const std::vector<Source>& FeedCopy::sources(const Feed& feed) {
  if (ordered_ == feed.order()) return sources_;
  const auto& order = feed.order();
  if (order && order_.data() == nullptr) order_ = DeviceMemory(order->size() * sizeof(index_t));
  if (order) order_.fill(*order);
  for (Source& source : sources_) source.order = order ? order_.as<index_t>() : nullptr;
  ordered_ = order;  // last, for copying may fail
  return sources_;
}

FeedCopy& copy_of(const Feed& feed, std::shared_ptr<Elsewhere>& place) {
  if (!place || place->owner() != &owner_mark) place = std::make_shared<FeedCopy>(feed);
  return static_cast<FeedCopy&>(*place);
}

}  // namespace nnfast::cuda
