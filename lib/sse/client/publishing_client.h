#pragma once

/// \file
/// Publishes to a hub over HTTP, with retries that do not publish twice.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/client/backoff.h"
#include "sse/client/http_connection.h"
#include "sse/client/hub_json.h"
#include "sse/client/publish_json.h"
#include "sse/client/waiter.h"

namespace sse::client {

/// Why something was not published, or may not have been.
struct PublishError {
  enum class Kind {
    kInvalid,      ///< against a rule: ours, or the server's (400, 422)
    kTooLarge,     ///< 413
    kUnresolved,   ///< the host name has no address
    kUnavailable,  ///< refused, unreachable, 5xx: after all retries nothing was published
    kUnknown,      ///< sent, but no answer came to any try: it may have been published
    kForgotten,    ///< as kUnknown, and the hub has forgotten what it answered: no try can tell
    kBusy,         ///< 429 after all retries
    kForbidden,    ///< 401, 403
    kProtocol,     ///< another 4xx, an answer that no hub gives; TLS
    kTimedOut,     ///< no answer within the time for one call: it may have been published
    kInterrupted,  ///< the waiter was interrupted between two tries
  };
  Kind kind = Kind::kUnavailable;
  std::string text;
};

template <typename T>
using Published = Result<T, PublishError>;

/// The target of a request for `path` at a hub, which may itself be under a path, and may be named
/// by its stream.
SSE_EXPORT std::string target_at(const Endpoint& hub, std::string_view path);

/// A publisher of one hub. Every POST has an Idempotency-Key of its own, the same in all its tries,
/// so that a hub that has acted upon one of them answers the others without acting again. A request
/// is repeated when no whole answer came, and after 408, 425, 429, 502, 503 and 504. A repeat says
/// how long ago the first try was that the hub may have acted upon, so that a hub that has
/// forgotten its keys since (it was restarted) refuses it instead of acting again.
/// Thread-compatible.
class SSE_EXPORT PublishingClient {
 public:
  struct Options {
    HttpConnection::Options connection;
    unsigned retries = 5;
    std::chrono::nanoseconds timeout = std::chrono::seconds(10);  ///< one call, retries included
    Backoff::Limits pauses{std::chrono::milliseconds(100), std::chrono::seconds(5)};
  };

  /// The answer to something single.
  struct Receipt {
    std::string event_id;
    std::string body;  ///< the JSON that the hub answered
  };

  PublishingClient(Options options, const Clock& clock, Waiter& waiter, RandomSource& random);

  Published<Receipt> publish(const NewReading& reading);
  Published<Receipt> publish(const NewEvent& event);

  /// The same under a `key` of the caller's, which may outlive this process; empty: a new one.
  Published<Receipt> publish(const NewEvent& event, const std::string& key);

  /// One request; one result for each item, in order. The caller keeps it below what the hub takes.
  Published<std::vector<ItemResult>> publish(std::span<const NewReading> readings);
  Published<std::vector<ItemResult>> publish(std::span<const NewEvent> events);

  /// The same for `count` lines of NDJSON that the caller has made, to `path`. Under a `key`
  /// another process can send them again: the hub answers as it did the first time. Empty: a new
  /// key. `sent_since`: when that other process first sent them, by our clock.
  Published<std::vector<ItemResult>> publish_lines(
      std::string_view path, std::string lines, std::size_t count, const std::string& key,
      std::optional<BootTime> sent_since = std::nullopt);

  /// How long the hub keeps keys; nullopt while it has not said so.
  std::optional<std::chrono::seconds> key_window() const { return key_window_; }

  /// Repeats that the hub took although it may have forgotten their first try; each is a warning.
  std::uint64_t perhaps_twice() const { return perhaps_twice_; }

  enum class IfMissing { kNo, kYes };

  /// `input_frequency` is a duration (`1s`), `unit` what the values are in (`bytes`); empty: not
  /// said. kYes: the metric of that name when there is one, as it is.
  Published<Receipt> create_metric(std::string_view name, std::string_view input_frequency,
                                   IfMissing if_missing, std::string_view unit = {});

  enum class Newest { kNo, kYes };

  /// All metrics, in order of creation; with the newest reading of each when that is asked for.
  Published<std::vector<KnownMetric>> metrics(Newest newest = Newest::kNo);

  /// Deletes the metric of this id, and its readings.
  Published<Receipt> delete_metric(std::string_view id);

  /// Those of the metric of this id, oldest first; `query` is what the API takes: `limit=5`.
  Published<std::vector<KnownReading>> readings(std::string_view id, std::string_view query);

  /// Who the hub says that we are, and what we may do: the JSON of `GET /session`.
  Published<std::string> rights();

  /// Events that the hub keeps; `query` is what `GET /events` takes: `since=earliest`.
  Published<PolledEvents> poll(std::string_view query);

  /// The id of the metric that `name_or_id` means; asked once and remembered. With `create`, a
  /// metric that is not there is created with that input frequency. Error: kInvalid when there is
  /// none, or several: the text names their ids.
  Published<std::string> metric_id(std::string_view name_or_id,
                                   const std::optional<std::string>& create);

  /// Asks again the next time: the hub said that it does not know the metric (any more).
  void forget_metric(std::string_view name) { metric_ids_.erase(std::string(name)); }

 private:
  Published<HttpReply> call(HttpRequest request, std::optional<BootTime> in_doubt_since = {});
  Published<HttpReply> post(std::string_view path, std::string_view type, std::string body,
                            std::string key = {}, std::optional<BootTime> sent_since = {});
  Published<Receipt> post_one(std::string_view path, Result<std::string> json,
                              const std::string& key = {});
  Published<std::vector<ItemResult>> post_lines(std::string_view path,
                                                std::span<const Result<std::string>> lines);
  std::string target(std::string_view path) const;
  bool is_worth_asking_again(const HttpReply& reply);

  const Options options_;
  const Clock& clock_;
  Waiter& waiter_;
  RandomSource& random_;
  HttpConnection connection_;
  std::optional<std::chrono::seconds> key_window_;
  std::uint64_t perhaps_twice_ = 0;
  bool may_ask_again_ = false;  // after a 401: a request has succeeded since the last one
  std::map<std::string, std::string> metric_ids_;  // by name
};

}  // namespace sse::client
