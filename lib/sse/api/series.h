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
}

namespace sse::api {

class Exposition;

void append_hub_series(Exposition& out, hub::Hub& hub);
void append_log_series(Exposition& out, log::EventLog& log);
void append_server_series(Exposition& out, const http::ServerCounts& counts);
void append_idempotency_series(Exposition& out, const gate::IdempotencyCounts& counts);
void append_process_series(Exposition& out, const Clock& clock);

}  // namespace sse::api
