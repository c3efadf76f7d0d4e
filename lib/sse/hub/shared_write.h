#pragma once

#include <cstddef>

#include "sse/log/known_run.h"
#include "sse/net/socket.h"

namespace sse::hub {

/// What one stream of a loop is written, looked up and framed once: the streams after it that stand
/// at the same place are written the same. Of one View. Loop-affine.
struct SharedWrite {
  /// What one subscriber may send in one turn, so that a long replay takes turns with the others.
  static constexpr std::size_t kBytesPerTurn = 256U << 10U;

  void forget() {
    found.forget();
    framed.forget();
  }

  log::KnownRun found{kBytesPerTurn};
  net::SharedRun framed;
};

}  // namespace sse::hub
