#pragma once

/// \file
/// A directory that one hub keeps its history in:
///
///     log.db, log.db-wal   the database (schema.h)
///     lock                 has the pid of the hub that runs
///     head                 the newest id that was ever visible, not synced (HeadFile)
///     reserve              bytes that are freed when the disk is full

#include <cstdint>
#include <optional>
#include <string>

#include "sse/base/export.h"
#include "sse/base/unique_fd.h"
#include "sse/journal/failure.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// The newest id that this directory has shown, so that damage that takes the end of the log away
/// is seen. Written after each commit and never synced: a killed hub has it, a power cut may not.
/// Thread-compatible.
class SSE_EXPORT HeadFile {
 public:
  static Try<HeadFile> open(const std::string& path);

  /// The same without making or changing anything: what a file says, if it is there.
  static std::optional<wire::EventId> read_from(const std::string& path);

  /// What the file says; nullopt when it says nothing whole.
  std::optional<wire::EventId> read() const;
  /// Best effort: it is a second witness, not the record.
  void write(const wire::EventId& head) const;

 private:
  explicit HeadFile(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

/// Thread-compatible.
class SSE_EXPORT DataDirectory {
 public:
  /// Makes the directory if it is not there (mode 0700, not its parents) and locks it. Failures:
  /// kBusy, with the pid of the hub that has it; kRefused; kIo.
  static Try<DataDirectory> open(const std::string& path);
  /// The same for one that is only looked at: makes nothing, and says no pid. Locks it only where
  /// it has a lock, as after any hub.
  static Try<DataDirectory> open_to_look(const std::string& path);

  const std::string& path() const { return path_; }
  std::string file(const char* name) const { return path_ + "/" + name; }
  std::string database() const { return file("log.db"); }

  /// Makes an empty file that only its owner may read, if there is none: SQLite gives its own to
  /// all that the umask lets.
  static void make_private(const std::string& path);

  /// Whether the file system has so much left.
  bool has_room(std::uint64_t bytes) const;
  /// Makes the reserve of `bytes`, if it is not there and there is room for it and as much again.
  /// Whether it is there.
  bool make_reserve(std::uint64_t bytes) const;
  /// Frees the reserve. Whether there was one.
  bool free_reserve() const;

 private:
  static Try<void> take(const UniqueFd& lock, const std::string& path);
  DataDirectory(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  UniqueFd lock_;
};

}  // namespace sse::journal
