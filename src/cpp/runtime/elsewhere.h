// What a device keeps of something that the host has too: rooms above know which device.
#pragma once

#include <cstddef>

namespace nnfast {

class Elsewhere {
 public:
  virtual ~Elsewhere() = default;
  // Who made it.
  virtual const void* owner() const = 0;
};

// Numbers of a Variable. Safe to call from several threads.
class NumbersElsewhere : public Elsewhere {
 public:
  // Copies them to the host, where the device's are newer.
  virtual void fetch(std::byte* host) = 0;
  // The host's are newer from now on.
  virtual void forget() = 0;
};

}  // namespace nnfast
