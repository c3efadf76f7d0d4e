#pragma once

/// \file
/// The series of `/-/metrics`, by whose they are. docs/operations.md lists them all; a test
/// compares.

namespace sse {
class Clock;
}

namespace sse::gate {
struct IdempotencyCounts;
}

namespace sse::http {
struct ServerCounts;
}

namespace sse::hub {
class Hub;
}

namespace sse::log {
class EventLog;
struct JournalCounts;
}  // namespace sse::log

namespace sse::api {

class Exposition;

void append_hub_series(Exposition& out, hub::Hub& hub);
void append_log_series(Exposition& out, log::EventLog& log);
/// For a journal that keeps its events; `is_up`: it takes more of them.
void append_journal_series(Exposition& out, const log::JournalCounts& counts, bool is_up);
void append_server_series(Exposition& out, const http::ServerCounts& counts);
void append_idempotency_series(Exposition& out, const gate::IdempotencyCounts& counts);
void append_process_series(Exposition& out, const Clock& clock);

}  // namespace sse::api
