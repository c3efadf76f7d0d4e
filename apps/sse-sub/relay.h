#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/random.h"
#include "sse/client/publishing_client.h"
#include "sse/wire/event.h"

#include "cli/exit_code.h"
#include "watch.h"

namespace sse::sub {

/// `--to`: the hub that gets each event.
struct RelayOptions {
  std::optional<std::string> url;  ///< nullopt: no relaying
  std::string token_file;
  std::optional<client::Header> token;  ///< what that says, or SSE_TO_TOKEN
};

/// Publishes each event at another hub, one at a time, with type, topic and data, and in order. The
/// idempotency key is made from source, id and content, so an event that is sent again (a lost
/// response, a place that was not saved) is not published again. Thread-compatible.
class Relay {
 public:
  enum class Outcome {
    kAccepted,
    kFailed,       ///< for good, as failure() says
    kInterrupted,  ///< the watch is over, and whether the event was accepted is unknown
  };

  /// `source` tells streams apart that may have the same ids.
  Relay(client::PublishingClient::Options target, std::string source, Watch& watch,
        const Clock& clock, RandomSource& random, const client::Backoff::Limits& pauses);

  /// Waits for a target that is away, without end once it has accepted an event. Events of the
  /// stream itself (`sse.*`) are accepted, and go nowhere.
  Outcome relay(const wire::ReceivedEvent& event);

  const client::PublishError& failure() const { return failure_; }

 private:
  std::string key_of(const wire::ReceivedEvent& event) const;

  client::PublishingClient client_;
  const std::string source_;
  Watch& watch_;
  const Clock& clock_;
  RandomSource& random_;
  const client::Backoff::Limits pauses_;
  bool has_accepted_ = false;
  client::PublishError failure_;
};

}  // namespace sse::sub
