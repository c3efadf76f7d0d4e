#pragma once

#include <string>
#include <string_view>

#include "sse/wire/event.h"

namespace sse::sub {

enum class Format {
  kData,  ///< the data and a line end
  kJson,  ///< one object a line
  kSse,   ///< text/event-stream again
  kNone,
};

enum class Replay { kNo, kYes };

/// Turns events into text, appended to a buffer; a kept buffer makes it free of allocations.
/// Thread-compatible.
class Printer {
 public:
  /// On a terminal, control characters from the network are shown as escapes.
  enum class Target { kFile, kTerminal };

  Printer(Format format, Target target) : format_(format), target_(target) {}

  void print(const wire::ReceivedEvent& event, Replay replay, std::string& out);

 private:
  void print_sse(const wire::ReceivedEvent& event, std::string& out) const;
  void append_text(std::string_view text, std::string& out) const;

  const Format format_;
  const Target target_;
  std::string scratch_;
};

/// When the event of this id was published, as RFC 3339; empty when the id does not say (it is not
/// a UUIDv7).
std::string time_of(std::string_view id);

}  // namespace sse::sub
