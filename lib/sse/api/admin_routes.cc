#include "sse/api/admin_routes.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sse/api/cluster_json.h"
#include "sse/api/exposition.h"
#include "sse/api/series.h"
#include "sse/base/escape.h"
#include "sse/gate/idempotency.h"
#include "sse/http/call.h"
#include "sse/http/deferred_answer.h"
#include "sse/http/error_response.h"
#include "sse/http/router.h"
#include "sse/hub/hub.h"
#include "sse/json/writer.h"
#include "sse/log/archive.h"
#include "sse/web/answer.h"
#include "sse/web/pieces.h"
#include "sse/web/query.h"

namespace sse::api {
namespace {

void append_field(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(",\"").append(name).append("\":").append(std::to_string(value));
}

void append_strings(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (const auto& text : texts) {
    if (&text != &texts.front()) out += ',';
    json::append_string(out, text);
  }
  out += ']';
}

void append_stream(std::string& out, const hub::ListedStream& stream) {
  out += R"({"id":)";
  json::append_string(out, stream.id);
  out += R"(,"peer":)";
  json::append_string(out, stream.peer);
  if (!stream.principal.empty()) {
    out += R"(,"principal":)";
    json::append_string(out, stream.principal);
  }
  append_field(out, "loop", stream.loop);
  append_field(out, "age_seconds", static_cast<std::uint64_t>(stream.age.count()));
  append_field(out, "lag_events", stream.lag_events);
  append_field(out, "lag_bytes", stream.lag_bytes);
  append_field(out, "sent_bytes", stream.bytes_sent);
  out += stream.is_blocked ? R"(,"blocked":true)" : R"(,"blocked":false)";
  out += stream.is_parked ? R"(,"parked":true,"filter":)" : R"(,"parked":false,"filter":)";
  if (stream.patterns == 0) {
    out += "null}";
    return;
  }
  out += R"({"types":)";
  append_strings(out, stream.types);
  out += R"(,"topics":)";
  append_strings(out, stream.topics);
  append_field(out, "patterns", stream.patterns);
  out += "}}";
}

using Streams = std::shared_ptr<const std::vector<hub::ListedStream>>;

void answer_closed(http::Response& response, std::size_t closed) {
  web::answer_json(response, 200, R"({"closed":)" + std::to_string(closed) + '}');
  response.fields.set("Cache-Control", "no-store");
}

/// A thousand streams with their patterns are megabytes.
web::PieceSource streams_in_pieces(std::size_t open, Streams streams) {
  return [open, streams = std::move(streams), next = std::size_t{0}](std::string& out) mutable {
    if (next == 0) out += R"({"open":)" + std::to_string(open) + R"(,"streams":[)";
    for (; next < streams->size() && out.size() < web::kPieceSize; ++next) {
      if (next > 0) out += ',';
      append_stream(out, (*streams)[next]);
    }
    if (next < streams->size()) return http::Piece::kMore;
    out += "]}";
    return http::Piece::kLast;
  };
}

}  // namespace

AdminRoutes::AdminRoutes(hub::Hub& hub, const Clock& clock, const gate::Idempotency& idempotency,
                         std::function<http::ServerCounts()> server_counts,
                         gate::AdminAccess access)
    : hub_(hub),
      clock_(clock),
      idempotency_(idempotency),
      server_counts_(std::move(server_counts)),
      access_(std::move(access)) {
}

void AdminRoutes::add_series(std::function<void(Exposition&)> append) {
  more_series_.push_back(std::move(append));
}

void AdminRoutes::add_to(http::Router& router) {
  using http::RouteNeeds;
  router.add(
      "GET", "/-/metrics", [this](http::Call& call) { show_metrics(call); }, RouteNeeds::observe());
  router.add(
      "GET", "/-/streams", [this](http::Call& call) { list_streams(call); }, RouteNeeds::admin());
  router.add(
      "GET", "/-/cluster", [this](http::Call& call) { show_cluster(call); }, RouteNeeds::admin());
  router.add(
      "DELETE", "/-/streams", [this](http::Call& call) { close_streams(call); },
      RouteNeeds::admin());
  router.add(
      "DELETE", "/-/streams/{id}", [this](http::Call& call) { close_stream(call); },
      RouteNeeds::admin());
}

void AdminRoutes::add_backup(http::Router& router, Backup backup) {
  backup_ = std::move(backup);
  router.add(
      "POST", "/-/backup", [this](http::Call& call) { back_up(call); }, http::RouteNeeds::admin());
}

// A hub that asks for credentials has judged the head already (http::RouteNeeds).
bool AdminRoutes::refuse_others(http::Call& call) const {
  if (call.identity() != nullptr) return false;
  const char* const refusal = access_.refusal(call.request());
  if (refusal == nullptr) return false;
  http::error_response(call.response(), 403, refusal);
  return true;
}

void AdminRoutes::show_metrics(http::Call& call) const {
  if (refuse_others(call)) return;
  http::Response& response = call.response();
  Exposition out;
  append_hub_series(out, hub_);
  append_log_series(out, hub_.log());
  const log::Journal& journal = hub_.journal();
  if (const auto counts = journal.counts()) {
    append_journal_series(out, *counts, journal.state() == log::JournalState::kReady);
  }
  if (const log::Archive* archive = hub_.archive()) {
    append_archive_series(out, archive->counts(), hub_.counts().parked);
  }
  const http::ServerCounts server = server_counts_();
  append_server_series(out, server);
  append_http2_series(out, server.http2);
  append_idempotency_series(out, idempotency_.counts());
  append_process_series(out, clock_);
  for (const auto& append : more_series_) append(out);
  response.status = 200;
  response.body = out.text();
  response.fields.set("Content-Type", kExpositionType);
  response.fields.add("Vary", "Accept-Encoding");  // it may be compressed
  response.fields.set("Cache-Control", "no-store");
}

// Each loop is asked for its streams; the last one answers.
void AdminRoutes::list_streams(http::Call& call) const {
  if (refuse_others(call)) return;
  const auto answer = call.defer(nullptr);
  hub_.list_streams(kMostListedStreams, [this, answer](std::vector<hub::ListedStream> streams) {
    const auto listed = std::make_shared<const std::vector<hub::ListedStream>>(std::move(streams));
    answer.send([this, listed](http::Response& late) {
      web::answer_in_pieces(late, streams_in_pieces(hub_.stream_count(), listed));
      late.fields.set("Cache-Control", "no-store");
      late.fields.add("Vary", "Accept-Encoding");  // it may be compressed
    });
  });
}

void AdminRoutes::show_cluster(http::Call& call) const {
  if (refuse_others(call)) return;
  if (cluster_ == nullptr) {
    return web::answer_error(
        call.response(),
        {ErrorCode::kNotFound, "this hub shares its log with no other: it has no --cluster"});
  }
  const auto answer = call.defer(nullptr);
  cluster_([answer](log::ClusterStatus status) {
    answer.send([status = std::move(status)](http::Response& late) {
      web::answer_json(late, 200, cluster_json(status));
      late.fields.set("Cache-Control", "no-store");
    });
  });
}

void AdminRoutes::close_stream(http::Call& call) const {
  if (refuse_others(call)) return;
  const std::string* id = call.request().param("id");
  const auto answer = call.defer(nullptr);
  hub_.close_streams({*id}, [answer, id = *id](std::size_t closed) {
    answer.send([closed, id](http::Response& late) {
      if (closed > 0) return answer_closed(late, closed);
      web::answer_error(late, {ErrorCode::kNotFound, "there is no open stream " + quoted(id)});
    });
  });
}

void AdminRoutes::close_streams(http::Call& call) const {
  if (refuse_others(call)) return;
  const auto principal = web::query_text(call.request(), "principal");
  if (!principal || principal->empty()) {
    return web::answer_error(
        call.response(), {ErrorCode::kInvalid,
                          "expected the parameter principal, as /-/streams lists it; one stream "
                          "is closed by DELETE /-/streams/ID"});
  }
  const auto answer = call.defer(nullptr);
  hub_.close_streams({std::nullopt, *principal}, [answer](std::size_t closed) {
    answer.send([closed](http::Response& late) { answer_closed(late, closed); });
  });
}

void AdminRoutes::back_up(http::Call& call) const {
  if (refuse_others(call)) return;
  const auto answer = call.defer(nullptr);
  backup_([answer](Result<std::string> made) {
    answer.send([made = std::move(made)](http::Response& late) {
      if (!made) return web::answer_error(late, made.error());
      late.status = 200;
      late.body = *made;
      late.fields.set("Content-Type", "application/json");
      late.fields.set("Cache-Control", "no-store");
    });
  });
}

}  // namespace sse::api
