#include "sse/journal/database.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include <sqlite3.h>

#include "sse/base/check.h"

namespace sse::journal {
namespace {

FailureKind kind_of(int code, int system_errno) {
  switch (code) {
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
      return FailureKind::kSync;
    case SQLITE_CANTOPEN_SYMLINK:
    case SQLITE_READONLY_DIRECTORY:
      return FailureKind::kRefused;
    default:
      break;
  }
  const int primary = code & 0xFF;
  const bool has_errno = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  if (has_errno && (system_errno == ENOSPC || system_errno == EDQUOT)) return FailureKind::kFull;
  switch (primary) {
    case SQLITE_FULL:
      return FailureKind::kFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return FailureKind::kBusy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return FailureKind::kDamaged;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return FailureKind::kRefused;
    default:
      return FailureKind::kIo;
  }
}

const char* sql_of(Synchronous synchronous) {
  switch (synchronous) {
    case Synchronous::kNormal:
      return "PRAGMA synchronous=NORMAL";
    case Synchronous::kFull:
      break;
  }
  return "PRAGMA synchronous=FULL";
}

}  // namespace

// ---- Statement

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      bound_(other.bound_) {
}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(database_, other.database_);
  std::swap(statement_, other.statement_);
  std::swap(bound_, other.bound_);
  return *this;
}

Statement::~Statement() {
  ::sqlite3_finalize(statement_);
}

void Statement::reset() {
  ::sqlite3_reset(statement_);  // repeats the failure of the last step
  bound_ = SQLITE_OK;
}

void Statement::bind_number(int index, std::int64_t number) {
  const int code = ::sqlite3_bind_int64(statement_, index, number);
  if (bound_ == SQLITE_OK) bound_ = code;
}

void Statement::bind_blob(int index, std::string_view blob) {
  // A null pointer would be NULL, not an empty blob.
  const char* const bytes = blob.data() == nullptr ? "" : blob.data();
  const int code = ::sqlite3_bind_blob64(statement_, index, bytes, blob.size(), SQLITE_STATIC);
  if (bound_ == SQLITE_OK) bound_ = code;
}

Try<bool> Statement::step() {
  const int code = bound_ != SQLITE_OK ? bound_ : ::sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return reset(), false;
  const Failure failure = database_->failure(code, "use");
  reset();
  return failure;
}

Try<void> Statement::finish() {
  while (SSE_TRY(step())) {
  }
  return {};
}

std::int64_t Statement::number(int column) const {
  return ::sqlite3_column_int64(statement_, column);
}

std::string_view Statement::blob(int column) const {
  const void* const bytes = ::sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string_view()
                          : std::string_view(static_cast<const char*>(bytes), size);
}

// ---- Blob

Blob::Blob(Blob&& other) noexcept
    : database_(other.database_), blob_(std::exchange(other.blob_, nullptr)) {
}

Blob::~Blob() {
  ::sqlite3_blob_close(blob_);
}

std::size_t Blob::size() const {
  return static_cast<std::size_t>(::sqlite3_blob_bytes(blob_));
}

Try<void> Blob::read(std::size_t offset, std::size_t size, std::string& to) const {
  const std::size_t end = to.size();
  to.resize(end + size);
  const int code =
      ::sqlite3_blob_read(blob_, to.data() + end, static_cast<int>(size), static_cast<int>(offset));
  if (code == SQLITE_OK) return {};
  to.resize(end);
  return database_->failure(code, "read from");
}

// ---- Database

Try<std::unique_ptr<Database>> Database::open(const Options& options) {
  std::unique_ptr<Database> database(new Database(options));
  const int create = options.may_create ? SQLITE_OPEN_CREATE : 0;
  const int flags = SQLITE_OPEN_READWRITE | create | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int opened = ::sqlite3_open_v2(options.path.c_str(), &database->handle_, flags,
                                       database->vfs_.name().c_str());
  if (opened != SQLITE_OK) return database->failure(opened, "open");
  SSE_TRY(database->configure(options));
  return database;
}

Try<void> Database::configure(const Options& options) {
  // Closing must not write: after a failed sync nothing more is synced, and a clean end has made
  // its checkpoint before.
  ::sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  // The lock comes first: with it the index of the write-ahead log stays in memory of our own. Our
  // checkpoints are made between commits, by checkpoint(). Debian builds SQLite with secure_delete.
  SSE_TRY(
      run("PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY; "
          "PRAGMA cell_size_check=ON; PRAGMA secure_delete=OFF; PRAGMA cache_size=-8192"));
  SSE_TRY(run(sql_of(options.synchronous)));
  Statement mode = SSE_TRY(prepare("PRAGMA journal_mode=WAL"));
  const bool has_mode = SSE_TRY(mode.step());
  if (!has_mode || mode.blob(0) != "wal") {
    return Failure{FailureKind::kIo, "cannot use " + path_ + ": it takes no write-ahead log"};
  }
  mode.reset();
  SSE_TRY(run("PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864"));
  // wal_autocheckpoint=0 takes a hook away, so it comes now.
  ::sqlite3_wal_hook(
      handle_,
      [](void* self, sqlite3* /*handle*/, const char* /*schema*/, int pages) {
        static_cast<Database*>(self)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  SSE_TRY(run("BEGIN IMMEDIATE; ROLLBACK"));  // takes the lock now
  page_size_ = SSE_TRY(number("PRAGMA page_size"));
  page_count_ = SSE_TRY(prepare("PRAGMA page_count"));
  begin_ = SSE_TRY(prepare("BEGIN IMMEDIATE"));
  commit_ = SSE_TRY(prepare("COMMIT"));
  return {};
}

Database::~Database() {
  page_count_ = Statement();
  begin_ = Statement();
  commit_ = Statement();
  // With statements that others still have, the handle would live on.
  SSE_CHECK(::sqlite3_close(handle_) == SQLITE_OK);
}

Try<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = ::sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure(code, "read");
  return Statement(*this, statement);
}

Try<Blob> Database::open_blob(const char* table, const char* column, std::int64_t row) {
  sqlite3_blob* blob = nullptr;
  const int code = ::sqlite3_blob_open(handle_, "main", table, column, row, 0, &blob);
  if (code != SQLITE_OK) return failure(code, "read from");
  return Blob(*this, blob);
}

Try<void> Database::run(const char* sql) {
  return check(::sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr), "use");
}

Try<std::int64_t> Database::number(std::string_view sql) {
  Statement statement = SSE_TRY(prepare(sql));
  const bool has_row = SSE_TRY(statement.step());
  return has_row ? statement.number(0) : 0;
}

Try<void> Database::begin() {
  return begin_.run();
}

Try<void> Database::commit() {
  return commit_.run();
}

Try<void> Database::roll_back() {
  if (::sqlite3_get_autocommit(handle_) != 0) return {};
  return check(::sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr), "roll back in");
}

// The zeros are above the end of the database: nothing reads them before a checkpoint has written
// over them.
Try<void> Database::claim_room() {
  SSE_TRY(page_count_.query().step());
  const sqlite3_int64 needed = page_count_.number(0) * page_size_;
  page_count_.reset();
  sqlite3_file* file = nullptr;
  const int found =
      ::sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
  if (found != SQLITE_OK) return failure(found, "find the file of");
  sqlite3_int64 size = 0;
  int code = file->pMethods->xFileSize(file, &size);
  if (code != SQLITE_OK || size >= needed) return check(code, "measure");
  const std::string zeros(std::size_t{64} << 10U, '\0');
  while (code == SQLITE_OK && size < needed) {
    const auto length =
        static_cast<int>(std::min(needed - size, static_cast<sqlite3_int64>(zeros.size())));
    code = file->pMethods->xWrite(file, zeros.data(), length, size);
    size += length;
  }
  // A sync would come too late to fail.
  if (code == SQLITE_OK) code = file->pMethods->xFileSize(file, &size);
  if (code == SQLITE_OK) return {};
  int number = 0;  // SQLite does not know of the call
  ::sqlite3_file_control(handle_, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
  return Failure{kind_of(code, number), "cannot extend " + path_ + ": " + ::sqlite3_errstr(code)};
}

Try<void> Database::set_synchronous(Synchronous synchronous) {
  return run(sql_of(synchronous));
}

Try<void> Database::checkpoint() {
  return checkpoint(SQLITE_CHECKPOINT_PASSIVE);
}

Try<void> Database::empty_wal() {
  return checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
}

Try<void> Database::checkpoint(int mode) {
  const int code = ::sqlite3_wal_checkpoint_v2(handle_, "main", mode, nullptr, nullptr);
  if (code == SQLITE_OK) wal_pages_ = 0;
  return check(code, "checkpoint");
}

Try<void> Database::rewrite_wal() {
  sqlite3_file* file = nullptr;
  const int found = ::sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                           static_cast<void*>(&file));
  if (found != SQLITE_OK) return failure(found, "find the log of");
  if (file == nullptr || file->pMethods == nullptr) return {};
  sqlite3_int64 size = 0;
  int code = file->pMethods->xFileSize(file, &size);
  if (code == SQLITE_OK && size == 0) return {};
  std::string piece(std::size_t{64} << 10U, '\0');
  for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size;) {
    const auto length =
        static_cast<int>(std::min(size - at, static_cast<sqlite3_int64>(piece.size())));
    code = file->pMethods->xRead(file, piece.data(), length, at);
    if (code == SQLITE_OK) code = file->pMethods->xWrite(file, piece.data(), length, at);
    at += length;
  }
  if (code == SQLITE_OK) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  return check(code, "rewrite the log of");
}

Try<void> Database::check(int code, std::string_view doing) const {
  if (code == SQLITE_OK) return {};
  return failure(code, doing);
}

Failure Database::failure(int code, std::string_view doing) const {
  const int number = handle_ != nullptr ? ::sqlite3_system_errno(handle_) : 0;
  std::string text = "cannot ";
  text.append(doing).append(" ").append(path_).append(": ");
  const bool is_own = handle_ != nullptr && ::sqlite3_extended_errcode(handle_) == code;
  text += is_own ? ::sqlite3_errmsg(handle_) : ::sqlite3_errstr(code);
  return {kind_of(code, number), std::move(text)};
}

}  // namespace sse::journal
