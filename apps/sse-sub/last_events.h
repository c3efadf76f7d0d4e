#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "sse/wire/event.h"

namespace sse::sub {

/// The last N events of a replay that match, kept until it is known that no more come: only then do
/// they go out, and may a position move behind them. Thread-compatible.
class LastEvents {
 public:
  /// nullopt or 0: nothing is kept.
  explicit LastEvents(std::optional<std::uint64_t> most) : most_(most.value_or(0)) {}

  /// A replay begins; only the first one may be kept.
  void begin() { is_keeping_ = most_ > 0; }
  bool is_keeping() const { return is_keeping_; }

  /// `place`: the id to go on from behind it.
  void keep(const wire::ReceivedEvent& event, std::string_view place);

  /// The stream is at this id.
  void pass(std::string_view id) { id_.assign(id); }

  /// The end of the replay: what was kept, oldest first. Nothing is kept from here on.
  std::deque<wire::ReceivedEvent> take();

  /// Where the stream was then.
  const std::string& id() const { return id_; }

 private:
  const std::uint64_t most_;
  bool is_keeping_ = false;
  std::deque<wire::ReceivedEvent> events_;
  std::string id_;
};

}  // namespace sse::sub
