#pragma once

/// \file
/// What sse-durable measures, a function for each command. Each adds what it found to the report.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sse/base/result.h"

#include "load/report.h"

namespace sse::bench {

enum class JournalKind {
  kOurs,  ///< a data directory
  kRaw,   ///< RawJournal: the limit
};

/// What the command line says. Each command reads what it declares.
struct Options {
  std::string directory;  ///< on the disk that is measured
  bool json = false;

  JournalKind journal = JournalKind::kOurs;
  std::size_t in_flight = 32;
  std::chrono::nanoseconds warm_up = std::chrono::seconds(2);
  std::chrono::nanoseconds duration = std::chrono::seconds(3);
  std::chrono::nanoseconds sync_duration = std::chrono::seconds(1);
  std::size_t max_log_bytes = std::size_t{32} << 20U;
  std::chrono::nanoseconds ttl = std::chrono::seconds(1);
  std::uint64_t events = 1'000'000;
};

/// Events a second with a number of appends under way, once what comes in is matched by what goes.
Status measure_publish(const Options& options, Report& report);
/// How long one fdatasync() behind one page takes.
Status measure_sync(const Options& options, Report& report);
/// How long a start takes that reads back a history.
Status measure_start(const Options& options, Report& report);

}  // namespace sse::bench
