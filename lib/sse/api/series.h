#pragma once

/// \file
/// The series of `/-/metrics`, by whose they are. docs/operations.md lists them all; a test
/// compares.

#include <cstdint>

namespace sse {
class Clock;
}

namespace sse::auth {
struct AuthenticatorCounts;
}

namespace sse::gate {
struct AuthenticationCounts;
struct IdempotencyCounts;
struct RateCounts;
struct TicketCounts;
}  // namespace sse::gate

namespace sse::http {
struct Http2Counts;
struct ServerCounts;
}  // namespace sse::http

namespace sse::hub {
class Hub;
}

namespace sse::log {
struct ArchiveCounts;
struct ClusterCounts;
class EventLog;
struct JournalCounts;
}  // namespace sse::log

namespace sse::api {

class Exposition;

void append_hub_series(Exposition& out, hub::Hub& hub);
void append_log_series(Exposition& out, log::EventLog& log);
/// For a journal that keeps its events; `is_up`: it takes more of them.
void append_journal_series(Exposition& out, const log::JournalCounts& counts, bool is_up);
/// For a journal that keeps more than is in memory. `waiting_streams`: hub::Counts::parked.
void append_archive_series(Exposition& out, const log::ArchiveCounts& counts,
                           std::uint64_t waiting_streams);
/// For a hub that shares its log with others.
void append_cluster_series(Exposition& out, const log::ClusterCounts& counts);
void append_server_series(Exposition& out, const http::ServerCounts& counts);
void append_http2_series(Exposition& out, const http::Http2Counts& counts);
void append_idempotency_series(Exposition& out, const gate::IdempotencyCounts& counts);
/// Of a hub that asks for credentials.
void append_access_series(Exposition& out, const gate::AuthenticationCounts& answers,
                          const auth::AuthenticatorCounts& tokens,
                          const gate::TicketCounts& tickets);
/// Of a hub with limits of a principal or an address. `streams_refused`: by --max-per-token.
void append_rate_series(Exposition& out, const gate::RateCounts& counts,
                        std::uint64_t streams_refused);
void append_process_series(Exposition& out, const Clock& clock);

}  // namespace sse::api
