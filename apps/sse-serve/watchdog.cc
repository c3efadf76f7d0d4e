#include "watchdog.h"

namespace sse::serve {

bool Watchdog::all_loops_turn() {
  if (*unanswered_ != 0) return false;
  *unanswered_ = loops_.size();
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    loops_[i].post([unanswered = unanswered_] { --*unanswered; });
  }
  return true;
}

}  // namespace sse::serve
