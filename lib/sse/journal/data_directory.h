#pragma once

/// \file
/// A directory that one hub keeps its history in:
///
///     log.db, log.db-wal   the database (schema.h)
///     lock                 has the pid of the hub that runs
///     head                 the newest id that was ever visible (HeadFile)
///     reserve              space that is freed when the disk is full
///     tickets              not the journal's: server::TicketKeeper

#include <cstdint>
#include <optional>
#include <string>

#include "sse/base/export.h"
#include "sse/base/unique_fd.h"
#include "sse/journal/failure.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// A file with the newest id that subscribers may have seen. A log that ends before it has lost its
/// end. Written after each commit and never synced: it survives a kill, and not always a power cut.
/// Thread-compatible.
class SSE_EXPORT HeadFile {
 public:
  static Try<HeadFile> open(const std::string& path);

  /// What the file says, if it is there; makes and changes nothing.
  static std::optional<wire::EventId> read_from(const std::string& path);

  /// The id; nullopt when the file has none, or a torn one.
  std::optional<wire::EventId> read() const;
  /// Ignores failures: the database is the record, this is a second witness.
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
  /// Opens a directory to read it: makes nothing, and writes no pid. Takes the lock if there is a
  /// lock file, which every hub leaves.
  static Try<DataDirectory> open_to_look(const std::string& path);

  const std::string& path() const { return path_; }
  std::string file(const char* name) const { return path_ + "/" + name; }
  std::string database() const { return file("log.db"); }

  /// Makes an empty file that only its owner can read, if there is none: SQLite would leave that to
  /// the umask.
  static void make_private(const std::string& path);

  /// Whether the file system has this much left.
  bool has_room(std::uint64_t bytes) const;
  /// Makes the reserve if there is none, and room for twice as much. Returns whether there is one.
  bool make_reserve(std::uint64_t bytes) const;
  /// Deletes the reserve. Returns whether there was one.
  bool free_reserve() const;

 private:
  static Try<void> take(const UniqueFd& lock, const std::string& path);
  DataDirectory(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  UniqueFd lock_;
};

}  // namespace sse::journal
