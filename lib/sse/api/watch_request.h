#pragma once

/// \file
/// What a subscriber asks for: where to start, and which events.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sse/api/topic_parameter.h"
#include "sse/auth/grants.h"
#include "sse/base/clock.h"
#include "sse/base/result.h"
#include "sse/hub/filter.h"
#include "sse/hub/stream_opening.h"
#include "sse/log/start.h"

namespace sse::gate {
class Rights;
}

namespace sse::http {
struct Request;
struct Response;
}  // namespace sse::http

namespace sse::api {

struct WatchRequest {
  log::StartRequest start;
  /// A last event id says that the stream was read to its end (wire::is_done_id()). `start` is
  /// behind it.
  bool is_done = false;
  std::unique_ptr<const hub::Filter> filter;  ///< null: everything, without end
  /// What is left of the topics that were asked for, when rights took some of it: patterns, and
  /// grants by the names of metrics. The subscriber is sent them. Else empty.
  std::vector<std::string> cut_topics;
};

/// Reads the inputs of docs/stream.md: the header `Last-Event-ID` wins, being what a browser sends
/// when it comes back; then the query's last event id, or `after`; then `since`; then the latest.
/// `since=each` goes with an id: it is the newest of each after it. `type`, `topic` and the
/// parameters that are short for topics filter, and `until_type` ends. The filter is cut to
/// `rights`, of which those by the names of metrics are judged by `name_of`. Errors: kInvalid,
/// naming the parameter and what was expected; those of gate::Rights::cut().
Result<WatchRequest> read_watch_request(const http::Request& request, const Now& now,
                                        const TopicParameters& parameters,
                                        const gate::Rights& rights,
                                        const auth::NameOfTopic& name_of);

/// `SSE-Topics`, where rights have cut what was asked for: the patterns, percent-encoded, at most
/// 1 KiB of them and then `...`.
void set_cut_topics(http::Response& response, const std::vector<std::string>& topics);
/// The same as comment lines of a stream, whole.
std::string comments_of_cut(const std::vector<std::string>& topics);

/// Error, kFull with the flag: the newest of each is asked for, and not known in this view from the
/// start on, since the log has had more than `max_pairs`.
Status check_pairs(const log::View& view, const log::Start& start, std::size_t max_pairs);

/// `ids`: whether the stream has blocks that hold an id alone. Errors: as above.
Result<hub::Ids> read_ids(const http::Request& request);

/// `every`: how seldom the stream is sent what is new, 10 ms to 60 s; 0 when it is not there.
/// Errors: as above; also with Ids::kEvents, since a conflated stream resumes from ids alone.
Result<std::chrono::nanoseconds> read_every(const http::Request& request, hub::Ids ids);

/// Whether the `Accept` header names `text/event-stream` (and not only by a wildcard): then the
/// subscriber is an EventSource, which gives up for ever after any status but 200.
bool names_event_stream(const http::Request& request);

}  // namespace sse::api
