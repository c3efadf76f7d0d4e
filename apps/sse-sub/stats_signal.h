#pragma once

#include "sse/base/unique_fd.h"

namespace sse::sub {

/// SIGUSR1 as a descriptor, unless our parent has us ignore it; without this it would end the
/// program. Made before threads start. Thread-compatible.
class StatsSignal {
 public:
  StatsSignal();

  /// Readable when the signal has come; -1 when there is none.
  int fd() const { return fd_.get(); }

  /// Takes what has come.
  void take() const;

 private:
  UniqueFd fd_;
};

}  // namespace sse::sub
