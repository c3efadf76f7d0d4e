#pragma once

/// \file
/// The door to SQLite: one connection to one file, and its statements.
///
/// One connection with an exclusive lock, always: two of them that write and checkpoint at once can
/// lose what was committed (SQLite 3.7.0 to 3.51.2, the "WAL-reset bug"). Nothing else opens the
/// file while a hub runs.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/journal/buffered_vfs.h"
#include "sse/journal/failure.h"

struct sqlite3;
struct sqlite3_blob;
struct sqlite3_stmt;

namespace sse::journal {

class Database;

/// A prepared statement. Parameters are numbered from 1, columns from 0. Thread-compatible, with
/// its database, which must outlive it.
class SSE_EXPORT Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  /// Runs it to its end with these values: integers, and text or blobs as std::string_view. They
  /// are only borrowed.
  template <typename... Values>
  Try<void> run(const Values&... values) {
    bind(values...);
    return finish();
  }

  /// The same for a statement with rows: step() brings each. What was begun ends with the last row,
  /// with reset() or with the next call. Values are borrowed until then.
  template <typename... Values>
  Statement& query(const Values&... values) {
    bind(values...);
    return *this;
  }
  /// Whether there is another row.
  Try<bool> step();
  void reset();

  // Of the present row.
  std::int64_t number(int column) const;
  std::string_view blob(int column) const;  ///< or text; until the next step() or reset()

 private:
  friend class Database;
  Statement(const Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}

  template <typename... Values>
  void bind(const Values&... values) {
    reset();
    int index = 0;
    (bind_one(++index, values), ...);
  }
  template <typename Number>
  requires std::is_integral_v<Number>
  void bind_one(int index, Number number) { bind_number(index, static_cast<std::int64_t>(number)); }
  void bind_one(int index, std::string_view blob) { bind_blob(index, blob); }
  void bind_number(int index, std::int64_t number);
  void bind_blob(int index, std::string_view blob);
  Try<void> finish();

  const Database* database_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;  // the first error of binding
};

/// A blob that is read a piece at a time. While there is one nothing can be checkpointed.
/// Thread-compatible, with its database, which must outlive it.
class SSE_EXPORT Blob {
 public:
  Blob(Blob&& other) noexcept;
  Blob& operator=(Blob&&) = delete;
  ~Blob();

  /// Appends `size` bytes from `offset` on. REQUIRES: there are so many.
  Try<void> read(std::size_t offset, std::size_t size, std::string& to) const;
  std::size_t size() const;

 private:
  friend class Database;
  Blob(const Database& database, sqlite3_blob* blob) : database_(&database), blob_(blob) {}

  const Database* database_;
  sqlite3_blob* blob_;
};

/// How much of a commit is on the disk when it returns.
enum class Synchronous : std::uint8_t { kNormal, kFull };

/// Thread-compatible: threads may take turns.
class SSE_EXPORT Database {
 public:
  struct Options {
    std::string path;
    std::string vfs;  ///< of sqlite3_vfs_register(); empty: the standard one
    Synchronous synchronous = Synchronous::kFull;
    bool may_create = true;
  };

  /// Opens the file, takes the lock for as long as it is open, and reads back what the write-ahead
  /// log holds. Failures: kBusy, kDamaged (also: not a database), kRefused, kIo, kFull.
  static Try<std::unique_ptr<Database>> open(const Options& options);
  /// Closes without a checkpoint: what is in the write-ahead log stays there.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& path() const { return path_; }

  /// REQUIRES: one statement of valid SQL.
  Try<Statement> prepare(std::string_view sql);
  /// A blob of the row with this key. REQUIRES: there is such a row.
  Try<Blob> open_blob(const char* table, const char* column, std::int64_t row);
  /// Statements without rows that matter, separated by semicolons.
  Try<void> run(const char* sql);
  /// The first column of the first row; 0 when there is none.
  Try<std::int64_t> number(std::string_view sql);

  Try<void> begin();
  Try<void> commit();
  /// Ends a transaction without effect, if one is open. Failure: whether it is undone is not known.
  Try<void> roll_back();

  /// Makes the file as long as the open transaction makes the database, so that a checkpoint of it
  /// finds its room there. Failure: kFull when there is no room now.
  Try<void> claim_room();

  Try<void> set_synchronous(Synchronous synchronous);

  /// Pages in the write-ahead log since the last checkpoint.
  int wal_pages() const { return wal_pages_; }
  /// Moves them into the file and syncs both.
  Try<void> checkpoint();
  /// The same, and the log is empty after it: the file holds all there is.
  Try<void> empty_wal();

  /// Writes what is in the write-ahead log once more, as it is, and syncs it. After a sync that has
  /// failed the system gives back what it could not write, as if it were on the disk; what is
  /// written behind that would be lost with it.
  Try<void> rewrite_wal();

  /// What SQLite said last, after the words `cannot <doing> PATH: `.
  Failure failure(int code, std::string_view doing) const;

  /// For what has no word here: backup, integrity checks.
  sqlite3* handle() const { return handle_; }

 private:
  explicit Database(const Options& options) : path_(options.path), vfs_(options.vfs) {}
  Try<void> configure(const Options& options);
  Try<void> checkpoint(int mode);
  Try<void> check(int code, std::string_view doing) const;

  const std::string path_;
  const BufferedVfs vfs_;
  sqlite3* handle_ = nullptr;
  int wal_pages_ = 0;
  std::int64_t page_size_ = 0;
  Statement page_count_;
  Statement begin_;
  Statement commit_;
};

}  // namespace sse::journal
