#include "sse/api/series.h"

#include <array>
#include <chrono>
#include <cmath>
#include <string>

#include "sse/api/series_forms.h"
#include "sse/auth/authenticator.h"
#include "sse/base/logging.h"
#include "sse/base/process_usage.h"
#include "sse/base/version.h"
#include "sse/gate/authentication.h"
#include "sse/gate/idempotency.h"
#include "sse/gate/rate_limits.h"
#include "sse/gate/tickets.h"
#include "sse/http/server.h"
#include "sse/hub/hub.h"

namespace sse::api {
namespace {

/// The label value of a refusal.
std::string_view name_of(hub::Refusal reason) {
  switch (reason) {
    case hub::Refusal::kFull:
      return "full";
    case hub::Refusal::kPeerFull:
      return "peer";
    case hub::Refusal::kFilters:
      return "filters";
    case hub::Refusal::kPairs:
      return "pairs";
    case hub::Refusal::kRate:
      return "rate";
    case hub::Refusal::kPrincipalFull:
      return "principal";
    case hub::Refusal::kTickets:
      return "unavailable";
    case hub::Refusal::kDraining:
      return "draining";
  }
  return "";
}

void append_streams(Exposition& out, const hub::Counts& counts) {
  append_counter(out, "sse_streams_opened_total", "Streams opened.", counts.opened);
  out.counter("sse_streams_closed_total", "Streams that ended, by reason.");
  for (const auto reason : hub::kCloseReasons) {
    out.sample({{"reason", to_string(reason)}}, counts.closed_for(reason));
  }
  out.counter("sse_streams_refused_total", "Streams that were not opened, by reason.");
  for (const auto reason : hub::kRefusals) {
    out.sample({{"reason", name_of(reason)}}, counts.refused_for(reason));
  }
  out.counter("sse_replays_total", "Streams that asked for a position, by what they got.");
  out.sample({{"result", "exact"}}, counts.resumed);
  out.sample({{"result", "gap"}}, counts.all_gaps());
  out.sample({{"result", "each"}}, counts.conflated);
  out.counter("sse_gaps_total", "Streams that were sent sse.gap, by reason.");
  for (const auto reason : log::kGapReasons) {
    out.sample({{"reason", log::to_string(reason)}}, counts.gaps_for(reason));
  }
  append_counter(out, "sse_missed_events_total",
                 "Events missed in gaps, where their number is known.", counts.missed);
}

void append_delivery(Exposition& out, const hub::Counts& counts) {
  append_counter(out, "sse_deliveries_total", "Events that a stream's socket took whole.",
                 counts.deliveries);
  append_counter(out, "sse_conflated_events_total",
                 "Events that a stream with an interval was not sent: a newer one was there.",
                 counts.conflated_events);
  append_counter(out, "sse_stream_sent_bytes_total", "Bytes that streams' sockets took.",
                 counts.bytes);
  append_counter(out, "sse_stream_sends_total", "Write attempts on streams' sockets.",
                 counts.sends);
  append_counter(out, "sse_heartbeats_total", "Heartbeats sent to quiet streams.",
                 counts.heartbeats);
  out.histogram("sse_stream_lag_bytes",
                "Bytes that each open stream is behind the head, sampled once a second.");
  constexpr auto& kBounds = hub::LagHistogram::kBounds;
  const auto bounds = converted<kBounds.size()>(
      [](std::uint64_t bytes) { return static_cast<double>(bytes); }, kBounds);
  out.buckets({}, bounds, counts.lag.buckets, static_cast<double>(counts.lag.sum));
  append_counter(out, "sse_loop_turns_total", "Turns of the loops.", counts.turns);
  append_counter(out, "sse_loop_wakeups_total", "Times that a thread woke a loop.",
                 counts.wake_ups);
}

void append_turn_times(Exposition& out, const hub::TurnTimes& times) {
  out.histogram("sse_turn_cpu_seconds", "Processor time that each turn of a loop took.");
  constexpr auto& kBounds = hub::TurnTimes::kBounds;
  const auto bounds = converted<kBounds.size()>(seconds, kBounds);
  out.buckets({}, bounds, times.buckets, seconds(times.sum));
  append_gauge(out, "sse_turn_longest_cpu_seconds",
               "Processor time of the longest turn since the start.", seconds(times.longest));
}

std::string_view name_or_none(std::string_view name) {
  return name.empty() ? "none" : name;
}

void append_requests(Exposition& out, const std::vector<http::RouteCounts>& routes) {
  out.counter("sse_http_requests_total",
              "Requests answered, by route and status; route none: no route answered.");
  for (const auto& route : routes) {
    for (const auto& [status, count] : route.by_status) {
      const std::string code = status == 0 ? "other" : std::to_string(status);
      out.sample({{"method", name_or_none(route.method)},
                  {"route", name_or_none(route.path)},
                  {"status", code}},
                 count);
    }
  }
  out.histogram("sse_http_request_duration_seconds",
                "From a request's first byte to its answer's last; of a stream to its opening.");
  constexpr auto& kBounds = http::RouteCounts::kBounds;
  const auto bounds = converted<kBounds.size()>(seconds, kBounds);
  for (const auto& route : routes) {
    if (route.by_status.empty()) continue;  // never called: a dozen lines that say nothing
    out.buckets({{"method", name_or_none(route.method)}, {"route", name_or_none(route.path)}},
                bounds, route.by_duration, seconds(route.duration));
  }
}

}  // namespace

void append_hub_series(Exposition& out, hub::Hub& hub) {
  const hub::Counts counts = hub.counts();
  append_gauge(out, "sse_streams_open", "Streams open now.",
               static_cast<double>(hub.stream_count()));
  append_gauge(out, "sse_streams_limit", "Streams that may be open (--max-clients).",
               static_cast<double>(hub.options().max_clients));
  append_streams(out, counts);
  append_delivery(out, counts);
  append_turn_times(out, counts.turn_times);
  append_gauge(out, "sse_polls_waiting", "Requests that wait for an event (GET /events).",
               static_cast<double>(hub.waiting()));
  append_gauge(out, "sse_draining",
               "1 while nothing can be published: the hub drains, or its journal has failed.",
               hub.publisher().is_open() ? 0 : 1);
}

void append_server_series(Exposition& out, const http::ServerCounts& counts) {
  append_gauge(out, "sse_connections_open", "Open connections that are not streams.",
               static_cast<double>(counts.open));
  append_gauge(out, "sse_connections_awaiting", "Open connections whose answer is still to come.",
               static_cast<double>(counts.awaiting));
  append_counter(out, "sse_connections_accepted_total", "Connections accepted.", counts.accepted);
  append_counter(out, "sse_connections_refused_total",
                 "Connections that found no room (--max-connections).", counts.refused);
  append_counter(out, "sse_connections_evicted_total", "Connections that gave way to another.",
                 counts.evicted);
  append_counter(out, "sse_connections_timed_out_total",
                 "Requests that did not arrive in time (--request-timeout).", counts.timed_out);
  append_counter(out, "sse_connections_without_proxy_header_total",
                 "Connections of proxies that were closed without a PROXY header "
                 "(--proxy-protocol).",
                 counts.without_proxy_head);
  append_gauge(out, "sse_http_held_bytes", "Memory of requests and answers on their way.",
               static_cast<double>(counts.held_bytes));
  append_gauge(out, "sse_http_limit_bytes",
               "Memory that requests and answers may have (--max-http-bytes).",
               static_cast<double>(counts.limit_bytes));
  append_counter(out, "sse_http_refused_for_bytes_total",
                 "Requests that found no room in --max-http-bytes.", counts.refused_for_bytes);
  append_counter(out, "sse_http_cut_for_bytes_total",
                 "Answers that were cut since their peer did not read them and others needed room.",
                 counts.cut_for_bytes);
  append_requests(out, counts.requests);
}

void append_http2_series(Exposition& out, const http::Http2Counts& counts) {
  append_gauge(out, "sse_http2_connections_open", "Connections that speak HTTP/2 now.",
               static_cast<double>(counts.connections_open));
  append_counter(out, "sse_http2_connections_total", "Connections that have spoken HTTP/2.",
                 counts.connections);
  append_gauge(out, "sse_http2_streams_open",
               "Streams of HTTP/2 now: requests, and streams of events.",
               static_cast<double>(counts.streams));
  append_counter(out, "sse_http2_streams_total", "Streams of HTTP/2 that were opened.",
                 counts.requests);
  out.counter("sse_http2_resets_total", "Streams of HTTP/2 that were reset, by reason.");
  out.sample({{"reason", "peer"}}, counts.reset_by_peer);
  out.sample({{"reason", "slow"}}, counts.reset_slow);
  out.sample({{"reason", "cut"}}, counts.reset_cut);
  out.sample({{"reason", "malformed"}}, counts.reset_malformed);
  out.sample({{"reason", "refused"}}, counts.reset_refused);
  append_counter(out, "sse_http2_floods_total",
                 "Connections that were closed since their peer asked for work only.",
                 counts.flooded);
}

void append_idempotency_series(Exposition& out, const gate::IdempotencyCounts& counts) {
  append_gauge(out, "sse_idempotency_keys", "Keys of POSTs whose answers are kept now.",
               static_cast<double>(counts.answers));
  append_gauge(out, "sse_idempotency_bytes", "Memory of these keys and their answers.",
               static_cast<double>(counts.bytes));
  out.counter("sse_idempotency_repeats_total", "Repeats of a key, by what they got.");
  out.sample({{"result", "replayed"}}, counts.replayed);
  out.sample({{"result", "conflict"}}, counts.conflicts);
  out.sample({{"result", "mismatch"}}, counts.mismatches);
  append_counter(out, "sse_idempotency_pushed_out_total",
                 "Answers dropped before their window was over (--max-idempotency-bytes).",
                 counts.pushed_out);
}

void append_access_series(Exposition& out, const gate::AuthenticationCounts& answers,
                          const auth::AuthenticatorCounts& tokens,
                          const gate::TicketCounts& tickets) {
  out.counter("sse_auth_refused_total", "Requests refused for their credential, by what they got.");
  out.sample({{"reason", "none"}}, answers.no_credentials);
  out.sample({{"reason", "bad"}}, answers.bad_credentials);
  out.sample({{"reason", "forbidden"}}, answers.forbidden);
  out.sample({{"reason", "wait"}}, answers.waits);
  append_counter(out, "sse_auth_signatures_checked_total",
                 "Signed tokens whose signature was checked.", tokens.checked);
  append_counter(out, "sse_auth_signatures_cached_total",
                 "Signed tokens that were found among those checked before.", tokens.cached);
  append_gauge(out, "sse_tickets", "Tickets that may be used now.",
               static_cast<double>(tickets.open));
  append_gauge(out, "sse_sessions", "Sessions that are open.",
               static_cast<double>(tickets.sessions));
  append_counter(out, "sse_tickets_made_total", "Tickets made.", tickets.made);
  append_counter(out, "sse_tickets_taken_total", "Tickets that were used.", tickets.taken);
  append_counter(out, "sse_tickets_pushed_out_total",
                 "Tickets and sessions that gave way to newer ones (--max-tickets).",
                 tickets.pushed_out);
}

void append_rate_series(Exposition& out, const gate::RateCounts& counts,
                        std::uint64_t streams_refused) {
  out.counter("sse_rate_refused_total", "Requests past a limit of their principal or address.");
  out.sample({{"limit", "publish"}}, counts.publish_refused);
  out.sample({{"limit", "open"}}, counts.open_refused);
  out.sample({{"limit", "token"}}, streams_refused);
  append_gauge(out, "sse_rate_keys", "Principals and addresses whose rate is known now.",
               static_cast<double>(counts.buckets));
}

void append_process_series(Exposition& out, const Clock& clock) {
  out.gauge("sse_build_info", "Always 1; the version is a label.");
  out.sample({{"version", version()}}, 1.0);
  append_counter(out, "sse_dropped_log_lines_total",
                 "Diagnostics dropped because stderr was read too slowly.", dropped_log_lines());
  const auto usage = process_usage(clock);
  if (!usage) return;
  out.counter("process_cpu_seconds_total", "User and system CPU time.");
  out.sample(seconds(usage->cpu));
  append_gauge(out, "process_start_time_seconds", "When the process started, since 1970.",
               seconds(usage->started.time_since_epoch()));
  append_gauge(out, "process_resident_memory_bytes", "Resident memory.",
               static_cast<double>(usage->resident_bytes));
  append_gauge(out, "process_virtual_memory_bytes", "Virtual memory.",
               static_cast<double>(usage->virtual_bytes));
  if (usage->open_descriptors) {
    append_gauge(out, "process_open_fds", "Open file descriptors.",
                 static_cast<double>(*usage->open_descriptors));
  }
  append_gauge(out, "process_max_fds", "Descriptors that may be open (ulimit -n).",
               limit_of(usage->max_descriptors.value_or(0)));
}

}  // namespace sse::api
