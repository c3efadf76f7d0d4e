#include "support/recording_vfs.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include <sqlite3.h>

namespace sse::test {
namespace {

constexpr std::uint64_t kBlock = 4096;
constexpr int kJournals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;

std::uint64_t blocks(std::uint64_t bytes) {
  return (bytes + kBlock - 1) / kBlock * kBlock;
}

std::string unique_name() {
  static std::atomic<unsigned> next = 0;
  return "recording-" + std::to_string(next++);
}

}  // namespace

/// The functions that SQLite calls.
struct RecordingVfsMethods {
  struct Open : sqlite3_file {
    RecordingVfs* disk;
    RecordingVfs::FilePtr file;
    std::string path_to_delete;  // at the close; empty: none
  };

  static Open& of(sqlite3_file* file) { return *static_cast<Open*>(file); }
  static RecordingVfs& of(sqlite3_vfs* vfs) { return *static_cast<RecordingVfs*>(vfs->pAppData); }

  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* to, int flags, int* out_flags) {
    to->pMethods = nullptr;
    const std::string name = path != nullptr ? path : unique_name();
    auto file = of(vfs).open(name, flags);
    if (!file) return SQLITE_CANTOPEN;
    auto* const made = new (to) Open{{}, &of(vfs), std::move(file), {}};
    if ((flags & SQLITE_OPEN_DELETEONCLOSE) != 0) made->path_to_delete = name;
    made->pMethods = &kFile;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
  }

  static int close(sqlite3_file* file) {
    Open& one = of(file);
    if (!one.path_to_delete.empty()) one.disk->remove(one.path_to_delete, false);
    one.~Open();
    return SQLITE_OK;
  }
  static int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    return of(file).disk->read(*of(file).file, to, static_cast<std::size_t>(size),
                               static_cast<std::uint64_t>(offset));
  }
  static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
    return of(file).disk->write(*of(file).file, bytes, static_cast<std::uint64_t>(offset));
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    return of(file).disk->truncate(*of(file).file, static_cast<std::uint64_t>(size));
  }
  static int sync(sqlite3_file* file, int /*flags*/) { return of(file).disk->sync(*of(file).file); }
  static int size(sqlite3_file* file, sqlite3_int64* out) {
    *out = static_cast<sqlite3_int64>(of(file).disk->size(*of(file).file));
    return SQLITE_OK;
  }
  static int lock(sqlite3_file* /*file*/, int /*level*/) { return SQLITE_OK; }
  static int is_reserved(sqlite3_file* /*file*/, int* out) {
    *out = 0;
    return SQLITE_OK;
  }
  static int control(sqlite3_file* /*file*/, int /*what*/, void* /*argument*/) {
    return SQLITE_NOTFOUND;
  }
  // As of a disk with 4 KiB blocks on unix: a torn write leaves its neighbours alone.
  static int sector_size(sqlite3_file* /*file*/) { return static_cast<int>(kBlock); }
  static int characteristics(sqlite3_file* /*file*/) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static int remove(sqlite3_vfs* vfs, const char* path, int sync_directory) {
    return of(vfs).remove(path, sync_directory != 0);
  }
  static int access(sqlite3_vfs* vfs, const char* path, int /*flags*/, int* out) {
    *out = of(vfs).exists(path) ? 1 : 0;
    return SQLITE_OK;
  }
  static int full_path(sqlite3_vfs* /*vfs*/, const char* path, int size, char* out) {
    const char* const slash = std::strrchr(path, '/');
    const char* const name = slash == nullptr ? path : slash + 1;
    const bool fits = std::snprintf(out, static_cast<std::size_t>(size), "%s", name) < size;
    return fits ? SQLITE_OK : SQLITE_CANTOPEN;
  }
  static int randomness(sqlite3_vfs* /*vfs*/, int size, char* out) {
    sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
    return real->xRandomness(real, size, out);
  }
  static int sleep(sqlite3_vfs* /*vfs*/, int microseconds) { return microseconds; }
  static int time_of_day(sqlite3_vfs* /*vfs*/, double* out) {
    sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
    return real->xCurrentTime(real, out);
  }
  static int last_error(sqlite3_vfs* vfs, int /*size*/, char* /*out*/) {
    return of(vfs).last_errno();
  }

  static const sqlite3_io_methods kFile;
};

const sqlite3_io_methods RecordingVfsMethods::kFile = {
    1,       close,       read,    write,       truncate,        sync,    size,    lock,
    lock,    is_reserved, control, sector_size, characteristics, nullptr, nullptr, nullptr,
    nullptr, nullptr,     nullptr};

RecordingVfs::RecordingVfs(DiskFiles files)
    : at_start_(std::move(files)), name_(unique_name()), vfs_(std::make_unique<sqlite3_vfs>()) {
  for (const auto& [path, content] : at_start_) {
    files_[path] = std::make_shared<File>(File{next_file_++, content, false});
  }
  using Methods = RecordingVfsMethods;
  *vfs_ = {};
  vfs_->iVersion = 1;
  vfs_->szOsFile = sizeof(Methods::Open);
  vfs_->mxPathname = 512;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = Methods::open;
  vfs_->xDelete = Methods::remove;
  vfs_->xAccess = Methods::access;
  vfs_->xFullPathname = Methods::full_path;
  vfs_->xRandomness = Methods::randomness;
  vfs_->xSleep = Methods::sleep;
  vfs_->xCurrentTime = Methods::time_of_day;
  vfs_->xGetLastError = Methods::last_error;
  constexpr int kNotTheDefault = 0;
  sqlite3_vfs_register(vfs_.get(), kNotTheDefault);
}

RecordingVfs::~RecordingVfs() {
  sqlite3_vfs_unregister(vfs_.get());
}

DiskFiles RecordingVfs::files() const {
  const MutexLock lock(mutex_);
  DiskFiles files;
  for (const auto& [path, file] : files_) files[path] = file->content;
  return files;
}

std::size_t RecordingVfs::position() const {
  const MutexLock lock(mutex_);
  return recording_.size();
}

std::vector<DiskOperation> RecordingVfs::recording() const {
  const MutexLock lock(mutex_);
  return recording_;
}

std::size_t RecordingVfs::syncs() const {
  const MutexLock lock(mutex_);
  return syncs_;
}

std::size_t RecordingVfs::writes_to(const std::string& path) const {
  const MutexLock lock(mutex_);
  const auto found = files_.find(path);
  if (found == files_.end()) return 0;
  return static_cast<std::size_t>(
      std::count_if(recording_.begin(), recording_.end(), [&](const DiskOperation& one) {
        return one.kind == Kind::kWrite && one.file == found->second->number;
      }));
}

std::size_t RecordingVfs::attempts() const {
  const MutexLock lock(mutex_);
  return attempts_;
}

void RecordingVfs::fail(std::size_t attempt, DiskFault fault) {
  const MutexLock lock(mutex_);
  faults_[attempt] = fault;
}

void RecordingVfs::fail_next_sync() {
  const MutexLock lock(mutex_);
  sync_fails_ = true;
}

void RecordingVfs::fail_reads_from(std::optional<std::size_t> read) {
  const MutexLock lock(mutex_);
  failing_read_ = read;
}

std::size_t RecordingVfs::reads() const {
  const MutexLock lock(mutex_);
  return reads_;
}

void RecordingVfs::fail_next_write() {
  const MutexLock lock(mutex_);
  write_fails_ = true;
}

void RecordingVfs::fail_writes_to(const std::string& path) {
  const MutexLock lock(mutex_);
  failing_path_ = path;
}

void RecordingVfs::set_room(std::function<std::uint64_t()> bytes) {
  const MutexLock lock(mutex_);
  room_ = std::move(bytes);
}

std::uint64_t RecordingVfs::used() const {
  const MutexLock lock(mutex_);
  return used_bytes();
}

void RecordingVfs::before_sync(std::function<void()> action) {
  const MutexLock lock(mutex_);
  before_sync_ = std::move(action);
}

void RecordingVfs::before_read(std::function<void()> action) {
  const MutexLock lock(mutex_);
  before_read_ = std::move(action);
}

RecordingVfs::FilePtr RecordingVfs::open(const std::string& path, int flags) {
  const MutexLock lock(mutex_);
  if (const auto found = files_.find(path); found != files_.end()) return found->second;
  last_errno_ = ENOENT;
  if ((flags & SQLITE_OPEN_CREATE) == 0) return nullptr;
  if (const auto fault = next_attempt()) {
    last_errno_ = *fault == DiskFault::kIo ? EIO : ENOSPC;
    return nullptr;
  }
  auto file = std::make_shared<File>(File{next_file_++, {}, (flags & kJournals) != 0});
  files_[path] = file;
  recording_.push_back({Kind::kCreate, file->number, path, 0, {}});
  return file;
}

bool RecordingVfs::exists(const std::string& path) const {
  const MutexLock lock(mutex_);
  return files_.contains(path);
}

int RecordingVfs::read(const File& file, void* to, std::size_t size, std::uint64_t offset) {
  std::function<void()> action;
  {
    const MutexLock lock(mutex_);
    action = before_read_;
  }
  if (action) action();
  const MutexLock lock(mutex_);
  const std::size_t number = reads_++;
  if (failing_read_ && number >= *failing_read_) {
    last_errno_ = EIO;
    return SQLITE_IOERR_READ;
  }
  const std::string_view content = file.content;
  const std::string_view bytes =
      offset < content.size() ? content.substr(offset, size) : std::string_view();
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  if (bytes.size() == size) return SQLITE_OK;
  std::memset(static_cast<char*>(to) + bytes.size(), 0, size - bytes.size());
  return SQLITE_IOERR_SHORT_READ;
}

int RecordingVfs::write(File& file, std::string_view bytes, std::uint64_t offset) {
  const MutexLock lock(mutex_);
  auto fault = next_attempt();
  if (!fault && (fails(file) || std::exchange(write_fails_, false))) fault = DiskFault::kIo;
  if (!fault && !has_room(file, offset + bytes.size())) fault = DiskFault::kNoSpace;
  if (fault == DiskFault::kShortWrite) bytes = bytes.substr(0, bytes.size() / 2);
  if (!fault || fault == DiskFault::kShortWrite) {
    write_at(file.content, offset, bytes);
    record_write(file, bytes, offset);
  }
  if (!fault) return SQLITE_OK;
  last_errno_ = fault == DiskFault::kIo ? EIO : ENOSPC;
  return fault == DiskFault::kIo ? SQLITE_IOERR_WRITE : SQLITE_FULL;
}

// The pages of a long write come to the disk each by itself.
void RecordingVfs::record_write(const File& file, std::string_view bytes, std::uint64_t offset) {
  for (std::size_t done = 0; done < bytes.size(); done += kBlock) {
    const std::string_view page = bytes.substr(done, kBlock);
    recording_.push_back({Kind::kWrite, file.number, {}, offset + done, std::string(page)});
  }
}

int RecordingVfs::truncate(File& file, std::uint64_t size) {
  const MutexLock lock(mutex_);
  if (next_attempt()) {
    last_errno_ = EIO;
    return SQLITE_IOERR_TRUNCATE;
  }
  file.content.resize(size);
  recording_.push_back({Kind::kTruncate, file.number, {}, size, {}});
  return SQLITE_OK;
}

int RecordingVfs::sync(File& file) {
  std::function<void()> action;
  {
    const MutexLock lock(mutex_);
    action = before_sync_;
  }
  if (action) action();
  const MutexLock lock(mutex_);
  const bool fails = next_attempt().has_value() || std::exchange(sync_fails_, false);
  if (fails) {
    last_errno_ = EIO;
    recording_.push_back({Kind::kFailedSync, file.number, {}, 0, {}});
    return SQLITE_IOERR_FSYNC;
  }
  ++syncs_;
  recording_.push_back({Kind::kSync, file.number, {}, 0, {}});
  if (std::exchange(file.syncs_directory, false)) {
    recording_.push_back({Kind::kSyncDirectory, 0, {}, 0, {}});
  }
  return SQLITE_OK;
}

int RecordingVfs::remove(const std::string& path, bool syncs_directory) {
  const MutexLock lock(mutex_);
  const auto found = files_.find(path);
  last_errno_ = ENOENT;
  if (found == files_.end()) return SQLITE_IOERR_DELETE_NOENT;
  if (next_attempt()) {
    last_errno_ = EIO;
    return SQLITE_IOERR_DELETE;
  }
  recording_.push_back({Kind::kDelete, found->second->number, path, 0, {}});
  if (syncs_directory) recording_.push_back({Kind::kSyncDirectory, 0, {}, 0, {}});
  files_.erase(found);
  return SQLITE_OK;
}

std::uint64_t RecordingVfs::size(const File& file) const {
  const MutexLock lock(mutex_);
  return file.content.size();
}

std::optional<DiskFault> RecordingVfs::next_attempt() {
  const auto found = faults_.find(attempts_++);
  if (found == faults_.end()) return std::nullopt;
  return found->second;
}

bool RecordingVfs::fails(const File& file) const {
  const auto failing = files_.find(failing_path_);
  return failing != files_.end() && failing->second.get() == &file;
}

bool RecordingVfs::has_room(const File& file, std::uint64_t end) const {
  if (!room_ || end <= file.content.size()) return true;
  return used_bytes() - blocks(file.content.size()) + blocks(end) <= room_();
}

std::uint64_t RecordingVfs::used_bytes() const {
  std::uint64_t used = 0;
  for (const auto& [path, file] : files_) used += blocks(file->content.size());
  return used;
}

int RecordingVfs::last_errno() const {
  const MutexLock lock(mutex_);
  return last_errno_;
}

}  // namespace sse::test
