#pragma once

/// \file
/// The files of a database, with fewer and larger reads and writes.
///
/// SQLite writes each frame of its write-ahead log with two calls, and each page of a checkpoint
/// with one. Here a write is held, in memory, while the next ones follow it in the file, and what
/// was gathered is one write to the file below:
///
///     - with the last frame of a commit, before COMMIT returns: a process that is killed then has
///       lost nothing, however rarely it syncs;
///     - before a sync, a truncation, a question for the size, and a read of what is held;
///     - before a write somewhere else, and when the room is full.
///
/// Where reads follow each other, as in a checkpoint, some pages are read at one time.
///
/// What cannot be written is held no longer, and the call that found it fails. All of that is of
/// one transaction or one checkpoint, which SQLite then takes for not made.

#include <memory>
#include <string>

#include "sse/base/export.h"

struct sqlite3_vfs;

namespace sse::journal {

/// An sqlite3_vfs before another one, registered while it lives. It buffers database files and
/// write-ahead logs; what is still held when one is closed was never committed, and is dropped.
/// Thread-safe; each file is thread-compatible. Files that are open must be closed before it goes.
class SSE_EXPORT BufferedVfs {
 public:
  /// `below`: the name of the other; empty: the standard one.
  explicit BufferedVfs(const std::string& below);
  ~BufferedVfs();
  BufferedVfs(const BufferedVfs&) = delete;
  BufferedVfs& operator=(const BufferedVfs&) = delete;

  /// For sqlite3_open_v2(). It is unknown to SQLite when `below` is.
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace sse::journal
