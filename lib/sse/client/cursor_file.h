#pragma once

/// \file
/// A subscriber's place in a stream, on disk, so that a crash repeats events and never loses one.
///
///     version 1
///     id 019a9a3e-...            percent-encoded
///     url http://127.0.0.1:8089/events/watch    without secrets (logged_target())
///     stream 2f1a9c0             the server's name for its log, when it gave one
///     time 2026-01-31T12:00:00Z
///     count 4711                 events since the cursor was made
///     crc 1b2c3d4e               CRC-32 of the lines above
///
/// A file with nothing but an id, written by hand, is accepted too. Beside `F` live `F.bak` (the
/// save before), `F.lock` (with the holder's pid) and, while saving, `F.RANDOM.tmp`. `F` may be a
/// link: then they live beside what it leads to. Into a device or a FIFO it is only written.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/file_replacement.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

namespace sse::client {

using sse::FileCalls;

struct Cursor {
  std::string id;
  std::string url;
  std::string stream;
  WallTime time{};
  std::uint64_t count = 0;

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

/// The text of a cursor file, both ways. Reading: kInvalid when it is damaged, kConflict when a
/// newer version wrote it.
SSE_EXPORT std::string format_cursor(const Cursor& cursor);
SSE_EXPORT Result<Cursor> parse_cursor(std::string_view text);

/// What is on disk.
struct LoadedCursor {
  enum class State {
    kFirstRun,  ///< there is none, and there was none
    kFound,
    kDamaged,  ///< there was one, and neither it nor its backup can be read: a gap
  };
  State state = State::kFirstRun;
  Cursor cursor;
  std::string warning;  ///< the file was damaged, and why; its backup may have been found
};

/// One cursor file, locked for this process. Thread-compatible.
class SSE_EXPORT CursorFile {
 public:
  CursorFile(std::string path, FileCalls& calls);

  enum class Directory {
    kMake,       ///< 0700, with those above it
    kMustExist,  ///< one that is not there may be a disk that is not mounted
  };

  /// Takes the lock. Error: kConflict when another process has it, naming its pid; kNotFound when
  /// the directory is not there; kIo when nothing can be written there: reading still works then.
  Status lock(Directory directory = Directory::kMake);

  /// Error: kConflict when a newer version wrote the file, kIo when it cannot be opened.
  Result<LoadedCursor> load() const;

  /// Replaces the file's content durably: after a crash at any moment either the old or the new
  /// cursor is found.
  Status save(const Cursor& cursor);

  /// Removes the cursor and its backup: the next load() is a first run. Error: kIo.
  Status forget();

  const std::string& path() const { return path_; }

 private:
  Error cannot(const char* what, const std::string& path, const Error& why) const;
  Status replace(const FileTarget& target, const std::string& text);

  /// Where the cursor is, its links followed; as it was given while that is not known.
  std::string place() const;

  const std::string path_;
  FileCalls& calls_;
  UniqueFd lock_;
};

}  // namespace sse::client
