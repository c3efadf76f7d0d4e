#include "relay.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>

#include "sse/base/logging.h"
#include "sse/base/quantities.h"
#include "sse/client/hub_json.h"

#include "text_forms.h"

namespace sse::sub {
namespace {

using Kind = client::PublishError::Kind;

constexpr std::string_view kControlType = "sse.";
constexpr std::string_view kMetricType = "metric_";
constexpr std::string_view kDefaultType = "message";

/// A key has at most 255 characters.
constexpr std::size_t kLongestId = 60;

/// FNV-1a. Not a defence against a source that wants a collision: it can leave events out anyway.
std::string digest(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16).ptr;
  return {digits.data(), end};
}

/// A hub leaves the topic of a metric's events out of the stream; it is made from the metric's id.
std::string topic_of(const wire::ReceivedEvent& event) {
  if (!event.topic.empty() || !event.type.starts_with(kMetricType)) return event.topic;
  std::string id = client::member_text(event.data, "metric_id");
  if (id.empty()) id = client::member_text(event.data, "id");
  return id.empty() ? std::string() : "metrics/" + id;
}

/// Whether the same request may succeed later.
bool may_pass(Kind kind) {
  switch (kind) {
    case Kind::kUnresolved:
    case Kind::kUnavailable:
    case Kind::kUnknown:
    case Kind::kForgotten:
    case Kind::kBusy:
    case Kind::kTimedOut:
      return true;
    default:
      return false;
  }
}

}  // namespace

Relay::Relay(client::PublishingClient::Options target, std::string source, Watch& watch,
             const Clock& clock, RandomSource& random, const client::Backoff::Limits& pauses)
    : client_(std::move(target), clock, watch, random),
      source_(std::move(source)),
      watch_(watch),
      clock_(clock),
      random_(random),
      pauses_(pauses) {
}

Relay::Outcome Relay::relay(const wire::ReceivedEvent& event) {
  if (event.type.starts_with(kControlType)) return Outcome::kAccepted;
  const client::NewEvent copy{event.type == kDefaultType ? "" : event.type, topic_of(event),
                              event.data};
  const std::string key = key_of(event);
  client::Backoff pauses(pauses_, random_);
  for (;;) {
    auto receipt = client_.publish(copy, key);
    if (receipt) {
      has_accepted_ = true;
      return Outcome::kAccepted;
    }
    failure_ = std::move(receipt).error();
    if (failure_.kind == Kind::kInterrupted || watch_.is_over()) return Outcome::kInterrupted;
    if (!may_pass(failure_.kind) || !has_accepted_) return Outcome::kFailed;
    const auto pause = pauses.next();
    log_line(LogLevel::kWarning, failure_.text + "; trying again in " + in_seconds(pause));
    if (watch_.wait(-1, clock_.now().boot + pause) == Watch::Woke::kInterrupted) {
      return Outcome::kInterrupted;
    }
  }
}

/// Another event of the same id, after a restart of the source, has another key: its content is in
/// it.
std::string Relay::key_of(const wire::ReceivedEvent& event) const {
  if (event.id.empty()) return {};  // a new one
  const std::string id =
      event.id.size() <= kLongestId ? client::percent_encode(event.id) : digest(event.id);
  return "sse-sub." + digest(source_) + "." + id + "." +
         digest(event.type + '\n' + event.topic + '\n' + event.data);
}

}  // namespace sse::sub
