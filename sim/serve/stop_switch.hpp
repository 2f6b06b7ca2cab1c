// Tells threads that wait for something else as well that they should stop.
#pragma once
#include <sys/eventfd.h>

#include "base/descriptor.hpp"

namespace aifsim {

class StopSwitch {
 public:
  StopSwitch() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  // For good; from any thread.
  void turn() const { eventfd_write(event_.number(), 1); }
  // Can be read once it is turned: for poll.
  int number() const { return event_.number(); }

 private:
  Descriptor event_;
};

}  // namespace aifsim
