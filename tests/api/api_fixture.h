#pragma once

#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "sse/api/event_routes.h"
#include "sse/http/call.h"
#include "sse/hub/publisher.h"
#include "sse/log/event_log.h"
#include "sse/log/log_follower.h"
#include "sse/log/memory_journal.h"
#include "sse/metrics/metric_events.h"
#include "sse/metrics/metric_routes.h"
#include "sse/metrics/reading_routes.h"
#include "sse/storage/memory_store.h"

#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/test_call.h"

namespace sse::test {

/// An answer as a peer would read it.
struct Answer {
  int status = 0;
  http::Fields fields;
  std::string body;
  std::size_t pieces = 0;  ///< 0: it was not produced in pieces

  std::string header(const char* name) const { return std::string(fields.get(name)); }
  nlohmann::json json() const { return nlohmann::json::parse(body); }
  std::string error() const { return json().at("error").get<std::string>(); }
};

inline http::Request request_with(std::string body, const char* content_type = nullptr) {
  http::Request request;
  request.method = "POST";
  request.body = std::move(body);
  if (content_type != nullptr) request.fields.set("Content-Type", content_type);
  return request;
}

inline http::Request request_for(Params params) {
  http::Request request;
  request.method = "GET";
  request.params = std::move(params);
  return request;
}

/// What a handler left in `response`, its pieces put together.
inline Answer read_answer(const http::Response& response) {
  Answer answer{response.status, response.fields, response.body, 0};
  if (!response.pieces) return answer;
  for (auto piece = http::Piece::kMore; piece == http::Piece::kMore; ++answer.pieces) {
    std::string bytes;
    piece = response.pieces(bytes, []() -> http::Resume { std::abort(); });
    answer.body += bytes;
    REQUIRE((piece == http::Piece::kMore || piece == http::Piece::kLast));
  }
  return answer;
}

inline log::EventLog::Options log_options(std::size_t max_event_size) {
  log::EventLog::Options options;
  options.max_event_size = max_event_size;
  return options;
}

/// The API over a real log and store, without sockets.
struct Api {
  explicit Api(const log::RowLimits& limits = {}, std::size_t max_event_size = 256U << 10U)
      : log(log_options(max_event_size), clock),
        journal({1, limits}, clock),
        publisher(journal, log.limits()),
        store(limits, forms, journal, log) {
    follower.attach(store);
    REQUIRE(journal.start(follower));
  }

  template <typename Routes, typename Handler>
  static Answer call(const Routes& routes, Handler handler, const http::Request& request) {
    TestCall one(request);
    (routes.*handler)(one);
    return read_answer(one.response());
  }

  Answer create(const http::Request& request) {
    return call(metrics, &metrics::MetricRoutes::create, request);
  }
  Answer create(const std::string& body) { return create(request_with(body)); }
  /// The id of a new metric.
  std::string created(const std::string& name) {
    return create(R"({"name":")" + name + "\"}").json().at("id");
  }
  Answer list(Params params = {}) {
    return call(metrics, &metrics::MetricRoutes::list, request_for(std::move(params)));
  }
  Answer show(Params params) {
    return call(metrics, &metrics::MetricRoutes::show, request_for(std::move(params)));
  }
  Answer remove(const std::string& id) {
    return call(metrics, &metrics::MetricRoutes::remove, request_for({{"id", id}}));
  }
  Answer list_readings(Params params) {
    return call(metrics, &metrics::MetricRoutes::list_readings, request_for(std::move(params)));
  }
  Answer record(const std::string& body, const char* content_type = nullptr) {
    return call(readings, &metrics::ReadingRoutes::record, request_with(body, content_type));
  }
  Answer publish(const std::string& body, const char* content_type = nullptr) {
    return call(events, &api::EventRoutes::publish, request_with(body, content_type));
  }

  /// The newest event, as it goes on the wire.
  std::string last_block() {
    view = log.view();
    return std::string(view->event(view->head()).block);
  }
  log::StoredEvent last_event() {
    view = log.view();
    return view->event(view->head());
  }

  const storage::EventForms forms{metrics::metric_created_event, metrics::metric_deleted_event,
                                  metrics::reading_created_event};
  ManualClock clock;
  FixedRandom random;
  log::EventLog log;
  log::LogFollower follower{log, [] {}};
  log::MemoryJournal journal;
  hub::Publisher publisher;
  storage::MemoryStore store;
  domain::Ports ports{store, clock, random};
  metrics::MetricRoutes metrics{ports};
  metrics::ReadingRoutes readings{ports};
  api::ReservedEvents reserved;
  api::EventRoutes events{publisher, [] { return std::size_t{7}; }, reserved};
  std::optional<log::View> view;  // keeps what last_event() returned
};

}  // namespace sse::test
