#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sse/wire/event_id.h"

namespace sse::test {

/// Reads a stream more strictly than a client would: every block must be one of those that
/// docs/wire.md says a hub writes, down to the order of its lines. What a client forgives, an
/// injection could hide in. Give it the body, without head and framing.
class StrictStream {
 public:
  /// False when this or anything before was not as written there: fault() says what.
  bool take(std::string_view bytes);

  const std::string& fault() const { return fault_; }
  bool is_between_blocks() const { return line_.empty() && block_.empty(); }

  wire::Sequence last() const { return last_; }   ///< of the last id, 0 before the first
  std::size_t events() const { return events_; }  ///< with data and an id
  bool is_gapless() const { return gapless_; }    ///< each event followed the one before it

 private:
  void end_line();
  void take_comment();
  void end_block();
  char kind_of(std::string_view line);
  void take_id(std::string_view id, bool is_event);
  void fail(std::string_view what, std::string_view where);

  std::string line_;
  std::vector<std::string> block_;
  std::string fault_;
  wire::Sequence last_ = 0;
  std::size_t events_ = 0;
  bool gapless_ = true;
  bool greeted_ = false;  // what comes after the first comment has no `retry:` of its own
};

}  // namespace sse::test
