#pragma once

/// \file
/// A file system in memory for SQLite, which records what is done to it, and fails when told to.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/mutex.h"

#include "support/disk_recording.h"

struct sqlite3_vfs;

namespace sse::test {

/// How an operation fails.
enum class DiskFault : std::uint8_t {
  kIo,          ///< EIO, nothing was done; a sync that fails so loses what it was to keep
  kNoSpace,     ///< ENOSPC, nothing was done
  kShortWrite,  ///< ENOSPC after half of the bytes; of what writes nothing: kNoSpace
};

/// An sqlite3_vfs of its own name, registered while it lives. It has one directory, so paths are
/// names: what is before the last slash does not count. Locks are granted always: it is a disk of
/// one process. Thread-safe; files that are open must be closed before it goes.
class RecordingVfs {
 public:
  /// The files are there, and durable.
  explicit RecordingVfs(DiskFiles files = {});
  ~RecordingVfs();
  RecordingVfs(const RecordingVfs&) = delete;
  RecordingVfs& operator=(const RecordingVfs&) = delete;

  const std::string& name() const { return name_; }

  /// What a process reads now: what kill -9 leaves.
  DiskFiles files() const SSE_EXCLUDES(mutex_);
  const DiskFiles& files_at_start() const { return at_start_; }

  /// How many operations there were: what is true now holds of every cut at this or later.
  std::size_t position() const SSE_EXCLUDES(mutex_);
  /// All of them. The copy is for PowerCut.
  std::vector<DiskOperation> recording() const SSE_EXCLUDES(mutex_);
  std::size_t syncs() const SSE_EXCLUDES(mutex_);
  /// In pages: a long write is recorded as one for each 4 KiB of it.
  std::size_t writes_to(const std::string& path) const SSE_EXCLUDES(mutex_);

  // Faults. Attempts are counted from 0: creations, writes, truncations, syncs, deletions.

  std::size_t attempts() const SSE_EXCLUDES(mutex_);
  /// Attempt number `attempt` fails, once.
  void fail(std::size_t attempt, DiskFault fault) SSE_EXCLUDES(mutex_);
  /// The next sync fails with EIO, whatever is done before it.
  void fail_next_sync() SSE_EXCLUDES(mutex_);
  /// The next write fails with EIO, whatever is synced before it.
  void fail_next_write() SSE_EXCLUDES(mutex_);
  /// From now on each write to this file fails with EIO; empty: none does.
  void fail_writes_to(const std::string& path) SSE_EXCLUDES(mutex_);
  /// Read number `read` and all behind it fail with EIO; nullopt: none does.
  void fail_reads_from(std::optional<std::size_t> read) SSE_EXCLUDES(mutex_);
  std::size_t reads() const SSE_EXCLUDES(mutex_);
  /// What all files may take together, in blocks of 4 KiB each, asked for before each write that
  /// makes one longer; past it writes fail as on a full disk. Null: no limit.
  void set_room(std::function<std::uint64_t()> bytes) SSE_EXCLUDES(mutex_);
  std::uint64_t used() const SSE_EXCLUDES(mutex_);
  /// Called by each sync before it takes effect, on the thread that syncs, without a lock.
  void before_sync(std::function<void()> action) SSE_EXCLUDES(mutex_);
  /// The same of each read.
  void before_read(std::function<void()> action) SSE_EXCLUDES(mutex_);

 private:
  friend struct RecordingVfsMethods;

  struct File {
    std::size_t number = 0;
    std::string content;
    bool syncs_directory = false;  // with its next sync
  };
  using FilePtr = std::shared_ptr<File>;  // one that is open outlives its name
  using Kind = DiskOperation::Kind;

  /// Null: there is none, and it was not to be created, or that failed. As unix does it, the first
  /// sync of a new journal syncs the directory too; that of another file does not.
  FilePtr open(const std::string& path, int flags) SSE_EXCLUDES(mutex_);
  bool exists(const std::string& path) const SSE_EXCLUDES(mutex_);
  // Codes of SQLite.
  int read(const File& file, void* to, std::size_t size, std::uint64_t offset) SSE_EXCLUDES(mutex_);
  int write(File& file, std::string_view bytes, std::uint64_t offset) SSE_EXCLUDES(mutex_);
  int truncate(File& file, std::uint64_t size) SSE_EXCLUDES(mutex_);
  int sync(File& file) SSE_EXCLUDES(mutex_);
  int remove(const std::string& path, bool syncs_directory) SSE_EXCLUDES(mutex_);
  std::uint64_t size(const File& file) const SSE_EXCLUDES(mutex_);

  void record_write(const File& file, std::string_view bytes, std::uint64_t offset)
      SSE_REQUIRES(mutex_);
  std::optional<DiskFault> next_attempt() SSE_REQUIRES(mutex_);
  bool fails(const File& file) const SSE_REQUIRES(mutex_);
  bool has_room(const File& file, std::uint64_t end) const SSE_REQUIRES(mutex_);
  std::uint64_t used_bytes() const SSE_REQUIRES(mutex_);
  int last_errno() const SSE_EXCLUDES(mutex_);

  const DiskFiles at_start_;
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;

  mutable Mutex mutex_;
  std::map<std::string, FilePtr> files_ SSE_GUARDED_BY(mutex_);
  std::size_t next_file_ SSE_GUARDED_BY(mutex_) = 0;
  std::vector<DiskOperation> recording_ SSE_GUARDED_BY(mutex_);
  std::size_t syncs_ SSE_GUARDED_BY(mutex_) = 0;
  std::size_t attempts_ SSE_GUARDED_BY(mutex_) = 0;
  std::size_t reads_ SSE_GUARDED_BY(mutex_) = 0;
  std::map<std::size_t, DiskFault> faults_ SSE_GUARDED_BY(mutex_);
  bool sync_fails_ SSE_GUARDED_BY(mutex_) = false;
  bool write_fails_ SSE_GUARDED_BY(mutex_) = false;
  std::string failing_path_ SSE_GUARDED_BY(mutex_);
  std::optional<std::size_t> failing_read_ SSE_GUARDED_BY(mutex_);
  std::function<std::uint64_t()> room_ SSE_GUARDED_BY(mutex_);
  std::function<void()> before_sync_ SSE_GUARDED_BY(mutex_);
  std::function<void()> before_read_ SSE_GUARDED_BY(mutex_);
  int last_errno_ SSE_GUARDED_BY(mutex_) = 0;
};

}  // namespace sse::test
