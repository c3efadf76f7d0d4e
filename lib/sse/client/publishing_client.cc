#include "sse/client/publishing_client.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "sse/base/escape.h"
#include "sse/base/logging.h"
#include "sse/base/quantities.h"
#include "sse/base/uuid.h"
#include "sse/client/answer.h"

namespace sse::client {
namespace {

/// SSE_URL may be what a subscriber follows.
constexpr std::string_view kStreamPath = "/events/watch";

using Kind = PublishError::Kind;

/// What the hub says is wrong; else the status.
std::string complaint(const HttpReply& reply) {
  auto said = member_text(reply.body, "error");
  if (!said.empty()) return said;
  std::string text = "the hub answered " + std::to_string(reply.head.status);
  const auto location = reply.head.header("Location");
  if (reply.head.status / 100 != 3 || location.empty()) return text;
  return text + " and names " + sse::quoted(location) + "; what is published is not redirected";
}

/// The first try is still being answered: how it ends is not known yet.
bool is_in_flight(const ResponseHead& head) {
  return head.status == 409 && !head.header("Retry-After").empty();
}

/// The event was published by an earlier try, on another hub of a cluster that has not kept its
/// answer: what there is of it is the id.
bool was_published(const HttpRequest& request, const HttpReply& reply) {
  return reply.kind == HttpReply::Kind::kAnswered && reply.head.status == 409 &&
         !is_in_flight(reply.head) && request.content_type == "application/json" &&
         !request.idempotency_key.empty() && request.target.ends_with("/events") &&
         !reply.head.header("SSE-Event-Id").empty();
}

/// The hub refused a repeat, because it may have answered an earlier try and forgotten it.
bool is_forgotten(const HttpReply& reply) {
  return reply.kind == HttpReply::Kind::kAnswered && reply.head.status == 412;
}

/// Whether it may have been acted upon. 502 and 504 are also those of a proxy that lost the hub.
bool is_in_doubt(const HttpReply& reply) {
  if (reply.kind == HttpReply::Kind::kNoAnswer) return true;
  if (reply.kind != HttpReply::Kind::kAnswered) return false;
  return reply.head.status == 502 || reply.head.status == 504 || is_in_flight(reply.head);
}

/// `name` of `Idempotency-Keys: window=600, whole=583`.
std::optional<std::chrono::seconds> key_seconds(const ResponseHead& head, std::string name) {
  const std::string text(head.header("Idempotency-Keys"));
  const auto at = text.find(name += '=');
  std::uint32_t seconds = 0;
  if (at == std::string::npos ||
      std::from_chars(text.data() + at + name.size(), text.data() + text.size(), seconds).ec !=
          std::errc()) {
    return std::nullopt;
  }
  return std::chrono::seconds(seconds);
}

/// Whether a repeat was done although the hub may have forgotten the first try, so long ago: a
/// proxy held it back until the hub was there again, and it arrived younger than it was.
bool is_perhaps_twice(const HttpReply& reply, std::chrono::nanoseconds ago) {
  constexpr std::chrono::seconds kRounding{1};
  const auto whole = key_seconds(reply.head, "whole");
  return whole && reply.head.header("Idempotency-Replayed").empty() && ago > *whole + kRounding;
}

/// Worth another try: the hub did not act upon it, or its key keeps it from acting twice.
bool is_for_now(const ResponseHead& head) {
  switch (head.status) {
    case 408:
    case 425:
    case 429:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return is_in_flight(head);
  }
}

Kind kind_of(int status) {
  switch (status) {
    case 400:
    case 422:
      return Kind::kInvalid;
    case 413:
      return Kind::kTooLarge;
    case 401:
    case 403:
      return Kind::kForbidden;
    case 429:
      return Kind::kBusy;
    case 408:
    case 425:
      return Kind::kUnavailable;
    default:
      return status >= 500 ? Kind::kUnavailable : Kind::kProtocol;
  }
}

Kind kind_of(const HttpReply& reply) {
  switch (reply.kind) {
    case HttpReply::Kind::kAnswered:
      return is_in_flight(reply.head) ? Kind::kUnknown : kind_of(reply.head.status);
    case HttpReply::Kind::kNotSent:
      return Kind::kUnavailable;
    case HttpReply::Kind::kUnresolved:
      return Kind::kUnresolved;
    case HttpReply::Kind::kTls:
      return Kind::kProtocol;
    case HttpReply::Kind::kTimedOut:
      return Kind::kTimedOut;
    case HttpReply::Kind::kNoAnswer:
      break;
  }
  return Kind::kUnknown;
}

bool is_success(const HttpReply& reply) {
  return reply.kind == HttpReply::Kind::kAnswered && reply.head.status / 100 == 2;
}

/// `was_in_doubt`: an earlier try may have been acted upon.
PublishError error_of(const HttpReply& reply, unsigned tries, bool was_in_doubt) {
  PublishError error{kind_of(reply), reply.text.empty() ? complaint(reply) : reply.text};
  if (was_in_doubt && is_forgotten(reply)) error.kind = Kind::kForgotten;
  if (error.kind == Kind::kUnknown || error.kind == Kind::kTimedOut ||
      error.kind == Kind::kForgotten) {
    error.text += "; it may have been published";
  } else if (was_in_doubt && (error.kind == Kind::kUnavailable || error.kind == Kind::kBusy)) {
    error.text += "; an earlier try may have been published";
  }
  if (tries > 1) error.text += " (tried " + std::to_string(tries) + " times)";
  return error;
}

PublishError invalid(Error error) {
  return {Kind::kInvalid, std::move(error.text)};
}

PublishError not_a_hub() {
  return {Kind::kProtocol, "the answer is not one of a hub"};
}

}  // namespace

std::string target_at(const Endpoint& hub, std::string_view path) {
  std::string target = hub.has_path() ? hub.path() : std::string();
  if (target.ends_with(kStreamPath)) target.resize(target.size() - kStreamPath.size());
  return target.append(path);
}

PublishingClient::PublishingClient(Options options, const Clock& clock, Waiter& waiter,
                                   RandomSource& random)
    : options_(std::move(options)),
      clock_(clock),
      waiter_(waiter),
      random_(random),
      connection_(options_.connection, clock) {
}

std::string PublishingClient::target(std::string_view path) const {
  return target_at(options_.connection.hub, path);
}

// The token had worked: it may be renewed in its file only now.
bool PublishingClient::is_worth_asking_again(const HttpReply& reply) {
  return reply.kind == HttpReply::Kind::kAnswered && reply.head.status == 401 &&
         std::exchange(may_ask_again_, false);
}

Published<HttpReply> PublishingClient::call(HttpRequest request,
                                            std::optional<BootTime> in_doubt_since) {
  const BootTime deadline = clock_.now().boot + options_.timeout;
  Backoff backoff(options_.pauses, random_);
  for (unsigned tries = 1;; ++tries) {
    const BootTime began = clock_.now().boot;
    if (in_doubt_since) request.key_age = began - *in_doubt_since;
    HttpReply reply = connection_.exchange(request, deadline);
    if (const auto window = key_seconds(reply.head, "window")) key_window_ = window;
    log_line(LogLevel::kDebug,
             request.method + " " + request.target + ": " +
                 (reply.text.empty() ? std::to_string(reply.head.status) : reply.text));
    if (is_success(reply)) {
      may_ask_again_ = static_cast<bool>(options_.connection.fresh_headers);
      if (in_doubt_since && is_perhaps_twice(reply, clock_.now().boot - *in_doubt_since)) {
        ++perhaps_twice_;
        log_line(LogLevel::kWarning,
                 "it may have been published twice: the hub forgot an earlier try meanwhile");
      }
      return reply;
    }

    if (was_published(request, reply)) {
      reply.body = "{\"id\":\"" + std::string(reply.head.header("SSE-Event-Id")) + "\"}";
      return reply;
    }

    // A resolver that is not there yet and a name that does not exist look the same to libcurl.
    const bool may_repeat = reply.kind == HttpReply::Kind::kNotSent ||
                            reply.kind == HttpReply::Kind::kNoAnswer ||
                            reply.kind == HttpReply::Kind::kUnresolved ||
                            (reply.kind == HttpReply::Kind::kAnswered && is_for_now(reply.head)) ||
                            is_worth_asking_again(reply);
    PublishError error = error_of(reply, tries, in_doubt_since.has_value());
    if (!in_doubt_since && is_in_doubt(reply)) in_doubt_since = began;
    if (!may_repeat || tries > options_.retries) return error;

    const auto asked = retry_after(reply.head, clock_.now().wall);
    const auto pause = backoff.next(asked.value_or(std::chrono::seconds(0)));
    const auto again_at = clock_.now().boot + pause;
    if (again_at >= deadline) {
      error.text += "; no time is left for another try";
      return error;
    }
    log_line(LogLevel::kInfo,
             error.text + "; trying again in " +
                 format_duration(std::chrono::floor<std::chrono::milliseconds>(pause)));
    if (waiter_.wait(-1, again_at) == Waiter::Woke::kInterrupted) {
      return PublishError{Kind::kInterrupted, "interrupted: " + error.text};
    }
  }
}

Published<HttpReply> PublishingClient::post(std::string_view path, std::string_view type,
                                            std::string body, std::string key,
                                            std::optional<BootTime> sent_since) {
  if (key.empty()) key = to_string(make_uuid_v7(clock_.now().wall, random_));
  return call({"POST", target(path), std::string(type), std::move(body), std::move(key)},
              sent_since);
}

// ---- one

Published<PublishingClient::Receipt> PublishingClient::post_one(std::string_view path,
                                                                Result<std::string> json,
                                                                const std::string& key) {
  if (!json) return invalid(std::move(json).error());
  auto reply = SSE_TRY(post(path, "application/json", std::move(*json), key));
  return Receipt{std::string(reply.head.header("SSE-Event-Id")), std::move(reply.body)};
}

Published<PublishingClient::Receipt> PublishingClient::publish(const NewReading& reading) {
  return post_one("/metrics/readings", reading_json(reading));
}

Published<PublishingClient::Receipt> PublishingClient::publish(const NewEvent& event) {
  return publish(event, {});
}

Published<PublishingClient::Receipt> PublishingClient::publish(const NewEvent& event,
                                                               const std::string& key) {
  return post_one("/events", event_json(event), key);
}

Published<PublishingClient::Receipt> PublishingClient::create_metric(
    std::string_view name, std::string_view input_frequency, IfMissing if_missing,
    std::string_view unit) {
  return post_one("/metrics",
                  metric_json(name, input_frequency, if_missing == IfMissing::kYes, unit));
}

// ---- many

Published<std::vector<ItemResult>> PublishingClient::post_lines(
    std::string_view path, std::span<const Result<std::string>> lines) {
  std::string body;
  std::size_t sent = 0;
  for (const auto& line : lines) {
    if (!line) continue;
    body.append(*line).append("\n");
    ++sent;
  }
  std::vector<ItemResult> answered;
  if (sent > 0) answered = SSE_TRY(publish_lines(path, std::move(body), sent, {}));
  std::vector<ItemResult> results;
  auto next = answered.begin();
  for (const auto& line : lines) {
    results.push_back(line ? std::move(*next++) : ItemResult{"", line.error().text});
  }
  return results;
}

Published<std::vector<ItemResult>> PublishingClient::publish_lines(
    std::string_view path, std::string lines, std::size_t count, const std::string& key,
    std::optional<BootTime> sent_since) {
  const auto reply = SSE_TRY(post(path, "application/x-ndjson", std::move(lines), key, sent_since));
  auto results = read_results(reply.body);
  if (!results || results->size() != count) return not_a_hub();
  return *std::move(results);
}

Published<std::vector<ItemResult>> PublishingClient::publish(std::span<const NewReading> readings) {
  std::vector<Result<std::string>> lines;
  for (const NewReading& reading : readings) lines.push_back(reading_json(reading));
  return post_lines("/metrics/readings", lines);
}

Published<std::vector<ItemResult>> PublishingClient::publish(std::span<const NewEvent> events) {
  std::vector<Result<std::string>> lines;
  for (const NewEvent& event : events) lines.push_back(event_json(event));
  return post_lines("/events", lines);
}

// ---- metrics

Published<std::vector<KnownMetric>> PublishingClient::metrics(Newest newest) {
  const std::string path =
      newest == Newest::kYes ? "/metrics?with_readings=true&limit=1" : "/metrics";
  const auto reply = SSE_TRY(call({"GET", target(path), "", "", ""}));
  auto metrics = read_metrics(reply.body);
  if (!metrics) return not_a_hub();
  return *std::move(metrics);
}

Published<PublishingClient::Receipt> PublishingClient::delete_metric(std::string_view id) {
  const auto path = target("/metrics/" + percent_encode(id));
  auto reply = SSE_TRY(call({"DELETE", path, "", "", ""}));
  return Receipt{std::string(reply.head.header("SSE-Event-Id")), std::move(reply.body)};
}

Published<std::vector<KnownReading>> PublishingClient::readings(std::string_view id,
                                                                std::string_view query) {
  std::string path = target("/metrics/" + percent_encode(id) + "/readings");
  if (!query.empty()) path.append("?").append(query);
  const auto reply = SSE_TRY(call({"GET", path, "", "", ""}));
  auto readings = read_readings(reply.body);
  if (!readings) return not_a_hub();
  return *std::move(readings);
}

Published<std::string> PublishingClient::rights() {
  auto reply = call({"GET", target("/session"), "", "", ""});
  if (reply) return std::move(reply->body);
  return std::move(reply).error();
}

Published<PolledEvents> PublishingClient::poll(std::string_view query) {
  const std::string path = target("/events") + "?" + std::string(query);
  const auto reply = SSE_TRY(call({"GET", path, "", "", ""}));
  auto polled = read_polled_events(reply.body);
  if (!polled) return not_a_hub();
  return *std::move(polled);
}

Published<std::string> PublishingClient::metric_id(std::string_view name_or_id,
                                                   const std::optional<std::string>& create) {
  if (parse_uuid(name_or_id)) return std::string(name_or_id);
  const std::string name(name_or_id);
  if (const auto known = metric_ids_.find(name); known != metric_ids_.end()) return known->second;

  std::string body;
  if (create) {
    body = SSE_TRY(create_metric(name, *create, IfMissing::kYes)).body;
  } else {
    const auto path = target("/metrics?name=" + percent_encode(name));
    body = SSE_TRY(call({"GET", path, "", "", ""})).body;
  }
  const auto metrics = read_metrics(body);
  if (!metrics) return not_a_hub();
  if (metrics->empty()) {
    return PublishError{Kind::kInvalid, "there is no metric " + sse::quoted(name) +
                                            "; sse-pub metric or --create makes it"};
  }
  if (metrics->size() > 1) {
    std::string text = "there are several metrics " + sse::quoted(name) + "; say which by its id:";
    for (const KnownMetric& metric : *metrics) text += " " + metric.id;
    return PublishError{Kind::kInvalid, std::move(text)};
  }
  return metric_ids_[name] = metrics->front().id;
}

}  // namespace sse::client
