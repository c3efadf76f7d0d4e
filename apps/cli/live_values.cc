#include "cli/live_values.h"

#include <optional>
#include <set>
#include <string_view>
#include <variant>

#include "sse/base/clock.h"
#include "sse/client/fetch.h"
#include "sse/client/http_transport.h"
#include "sse/client/hub_json.h"
#include "sse/client/waiter.h"

namespace sse::cli {
namespace {

constexpr std::string_view kStreamPath = "/events/watch";
constexpr std::string_view kMetricTopics = "metrics/";
constexpr std::string_view kMetricTypes = "metric_";

/// How many events are searched.
constexpr const char* kMostEvents = "500";

/// What the hub of this stream, or of these publications, has at `path`.
client::Endpoint at(const client::Endpoint& hub, std::string_view path) {
  std::string base = hub.path();
  if (base.ends_with(kStreamPath)) base.resize(base.size() - kStreamPath.size());
  if (base == "/") base.clear();
  return hub.with_path(base + std::string(path));
}

/// The body of its answer.
std::optional<std::string> body_of(const client::Endpoint& url, const LiveHub& hub) {
  const SystemClock clock;
  client::PollWaiter waiter(clock);
  client::HttpTransport transport;
  client::StreamRequest request;
  request.url = url;
  request.headers = hub.headers;
  request.connect_timeout = hub.within;
  auto answer = client::fetch(std::move(request), transport, waiter, clock, hub.within);
  auto* const fetched = std::get_if<client::Fetched>(&answer);
  if (fetched == nullptr || fetched->head.status != 200) return std::nullopt;
  return std::move(fetched->body);
}

/// Events that this filter lets through, for which the hub has an index; without a pattern the
/// newest of all.
std::vector<client::PolledEvent> some_events(const LiveHub& hub, std::string_view filter,
                                             const std::string& pattern) {
  const auto url = client::Endpoint::parse(hub.url);
  if (!url) return {};
  client::Endpoint poll = at(*url, "/events");
  poll.add_query("since", pattern.empty() ? std::string("-") + kMostEvents : "earliest");
  poll.add_query("limit", kMostEvents);
  if (!pattern.empty()) poll.add_query(filter, pattern);
  const auto body = body_of(poll, hub);
  if (!body) return {};
  auto events = client::read_polled_events(*body);
  return events ? std::move(events->events) : std::vector<client::PolledEvent>();
}

std::vector<Candidate> in_order(const std::set<std::string>& texts, const char* description) {
  std::vector<Candidate> candidates;
  for (const auto& text : texts) candidates.push_back({text, description});
  return candidates;
}

}  // namespace

std::vector<Candidate> live_metrics(const LiveHub& hub) {
  const auto url = client::Endpoint::parse(hub.url);
  if (!url) return {};
  const auto body = body_of(at(*url, "/metrics"), hub);
  if (!body) return {};
  const auto metrics = client::read_metrics(*body);
  if (!metrics) return {};
  std::vector<Candidate> candidates;
  for (const auto& metric : *metrics) candidates.push_back({metric.name, metric.id});
  return candidates;
}

std::vector<Candidate> live_types(const LiveHub& hub, const std::string& start) {
  const bool is_plain = start.find_first_of("*?[\\") == std::string::npos;
  std::set<std::string> types;
  for (auto& event : some_events(hub, "type", is_plain && !start.empty() ? start + "*" : "")) {
    if (!event.type.starts_with(kMetricTypes)) types.insert(std::move(event.type));
  }
  return in_order(types, "of an event");
}

std::vector<Candidate> live_topics(const LiveHub& hub, const std::string& start) {
  // Topics are filtered by whole levels.
  const bool is_plain = start.find_first_of("+#") == std::string::npos;
  const auto slash = start.rfind('/');
  const bool has_level = is_plain && slash != std::string::npos;
  std::set<std::string> topics;
  for (auto& event : some_events(hub, "topic", has_level ? start.substr(0, slash) + "/#" : "")) {
    if (event.topic.empty() || event.topic.starts_with(kMetricTopics)) continue;
    topics.insert(std::move(event.topic));
  }
  return in_order(topics, "of an event");
}

}  // namespace sse::cli
