#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "timeline.h"

namespace sse::bench {

/// What the streams of a set have in common.
struct Witness {
  Seen seen;
  std::size_t open = 0;  ///< streams whose head has come
  std::string refusal;   ///< the first head that was not a stream's, or why a connection broke

  /// A head has come. `refused`: it is not a stream's, and this is what it says.
  void note_head(std::string_view refused = {}) {
    if (refusal.empty()) refusal = refused;
    ++open;
  }
};

/// The text of one stream as it comes, cut into events, which its timeline checks.
/// Thread-compatible.
class CheckedStream {
 public:
  explicit CheckedStream(Timeline& timeline) : timeline_(&timeline) {}

  void take(std::string_view bytes, std::int64_t now_ns);

 private:
  Timeline* timeline_;
  Timeline::Place place_ = 0;
  std::string partial_;  // of an event
};

}  // namespace sse::bench
