#pragma once

/// \file
/// `sse-serve check`: whether everything in a data directory, or in a copy that `sse-serve backup`
/// has made, is as it was written.

#include <cstdint>
#include <string>
#include <vector>

#include "sse/base/export.h"
#include "sse/journal/failure.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// What is there, and what is wrong with it.
struct CheckReport {
  static constexpr std::size_t kMostProblems = 100;  ///< that are reported; all are counted

  std::uint64_t chunks = 0;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;   ///< of the chunks
  wire::Sequence first = 0;  ///< of the oldest event; 0 when there is none
  wire::Sequence last = 0;   ///< of the newest
  std::uint64_t epochs = 0;
  std::uint64_t rows = 0;
  std::uint64_t members = 0;  ///< of the rows' series
  std::uint64_t answers = 0;  ///< to requests that may be repeated
  bool is_copy = false;       ///< a backup that no hub has used yet
  bool is_clean = false;      ///< the hub was stopped, not killed
  std::uint64_t problem_count = 0;
  std::vector<std::string> problems;  ///< a line each

  bool is_in_order() const { return problem_count == 0; }
};

/// Reads all of it: SQLite's own structure, the checksum of each chunk, list, row and list of
/// answers, that the sequences are dense and that rows and answers lie within them. Changes
/// nothing. `path`: a directory that no hub uses now, or a copy. Failures: kBusy, with the hub's
/// pid; kNewer; kDamaged where it cannot be read at all; kRefused; kIo.
SSE_EXPORT Try<CheckReport> check_directory(const std::string& path);

}  // namespace sse::journal
