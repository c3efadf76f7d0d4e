#include "sse/journal/buffered_vfs.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#include <sqlite3.h>

namespace sse::journal {
namespace {

// Of each file: 31 pages, or 30 frames. SQLite's unix VFS takes the size of a write modulo 128 KiB.
constexpr int kRoom = 31 * 4096;

// What is read at one time where reads follow each other.
constexpr int kAhead = 64 << 10;
// So many in a row: what is read and not wanted costs as much as the calls that it saves.
constexpr int kLeastRun = 3;

// Of SQLite's "WAL File Format": a frame is its header and a page. The header of the last frame of
// a commit says how many pages the database has then; all others have 0 there.
constexpr int kFrameHeaderSize = 24;
constexpr std::size_t kPagesAfterCommit = 4;
constexpr std::size_t kPagesAfterCommitSize = 4;

bool ends_commit(const char* frame_header) {
  constexpr std::array<char, kPagesAfterCommitSize> kNone{};
  return std::memcmp(frame_header + kPagesAfterCommit, kNone.data(), kNone.size()) != 0;
}

enum class Contents : std::uint8_t { kPages, kFrames };

/// A file, and what is held of it. Functions return codes of SQLite.
class BufferedFile {
 public:
  BufferedFile(sqlite3_file& below, Contents contents) : below_(below), contents_(contents) {}

  /// False: there is no memory for it.
  bool has_room() const { return room_ != nullptr && ahead_ != nullptr; }
  sqlite3_file& below() const { return below_; }

  int write(const char* bytes, int size, sqlite3_int64 offset) {
    forget_ahead();
    const bool follows = offset == begin_ + held_ && size <= kRoom - held_;
    if (held_ != 0 && !follows) {
      if (const int code = flush(); code != SQLITE_OK) return code;
    }
    if (size > kRoom) return below_.pMethods->xWrite(&below_, bytes, size, offset);
    if (held_ == 0) begin_ = offset;
    std::memcpy(room_.get() + held_, bytes, static_cast<std::size_t>(size));
    held_ += size;
    return contents_ == Contents::kFrames && is_due(bytes, size) ? flush() : SQLITE_OK;
  }

  int read(void* to, int size, sqlite3_int64 offset) {
    if (offset < begin_ + held_ && begin_ < offset + size) {
      if (const int code = flush(); code != SQLITE_OK) return code;
    }
    const bool is_ahead = has_ahead(size, offset) || read_more(size, offset);
    last_read_ = {offset, offset + size};
    if (!is_ahead) return below_.pMethods->xRead(&below_, to, size, offset);
    std::memcpy(to, ahead_.get() + (offset - ahead_begin_), static_cast<std::size_t>(size));
    return SQLITE_OK;
  }

  int flush() {
    const int size = std::exchange(held_, 0);
    return size == 0 ? SQLITE_OK : below_.pMethods->xWrite(&below_, room_.get(), size, begin_);
  }

  void forget_ahead() { ahead_size_ = 0; }

 private:
  bool has_ahead(int size, sqlite3_int64 offset) const {
    return offset >= ahead_begin_ && offset + size <= ahead_begin_ + ahead_size_;
  }

  /// Reads these bytes with what is behind them, or with what is before them: a blob's pages often
  /// lie backwards. False: the last reads do not lead there. A failure is met again by a read of
  /// just these bytes, or was of others.
  bool read_more(int size, sqlite3_int64 offset) {
    const sqlite3_int64 gap = offset - last_read_.end;
    const bool follows = gap == 0 || (gap == kFrameHeaderSize && contents_ == Contents::kFrames);
    const bool precedes = offset + size == last_read_.begin;
    run_ = follows || precedes ? run_ + 1 : 0;
    if (run_ < kLeastRun || held_ != 0 || size >= kAhead) return false;
    sqlite3_int64 begin = std::max<sqlite3_int64>(offset + size - kAhead, 0);
    sqlite3_int64 end = offset + size;
    if (follows) {
      if (below_.pMethods->xFileSize(&below_, &end) != SQLITE_OK) return false;
      begin = offset;
      end = std::min(end, begin + kAhead);
      if (end < offset + size) return false;
    }
    forget_ahead();
    const auto length = static_cast<int>(end - begin);
    if (below_.pMethods->xRead(&below_, ahead_.get(), length, begin) != SQLITE_OK) return false;
    ahead_begin_ = begin;
    ahead_size_ = length;
    return true;
  }

  /// Whether a commit ends with these bytes, which are held by now.
  bool is_due(const char* bytes, int size) {
    if (size != kFrameHeaderSize) return std::exchange(ends_commit_, false);
    ends_commit_ = ends_commit(bytes);
    // Its page follows. Where the page is there already, and the header is written once more with
    // another checksum, it is alone.
    return ends_commit_ && held_ == size;
  }

  sqlite3_file& below_;
  const Contents contents_;
  const std::unique_ptr<char[]> room_{new (std::nothrow) char[kRoom]};
  const std::unique_ptr<char[]> ahead_{new (std::nothrow) char[kAhead]};
  int held_ = 0;
  sqlite3_int64 begin_ = 0;  // of what is held, in the file
  int ahead_size_ = 0;
  sqlite3_int64 ahead_begin_ = 0;
  struct {
    sqlite3_int64 begin = -1;
    sqlite3_int64 end = -1;
  } last_read_;
  int run_ = 0;               // of reads, each beside the one before it
  bool ends_commit_ = false;  // the frame whose header was written last
};

std::string unique_name() {
  static std::atomic<unsigned> next = 0;
  return "sse-buffered-" + std::to_string(next++);
}

// ---- The functions that SQLite calls.

/// The memory that SQLite has for a file: this, and behind it the file below.
struct Open : sqlite3_file {
  BufferedFile* file;
};

constexpr std::size_t kOpenSize = (sizeof(Open) + alignof(std::max_align_t) - 1) /
                                  alignof(std::max_align_t) * alignof(std::max_align_t);

sqlite3_file& below_of(sqlite3_file* file) {
  return *reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kOpenSize);
}

BufferedFile& of(sqlite3_file* file) {
  return *static_cast<Open*>(file)->file;
}

sqlite3_vfs* below_of(sqlite3_vfs* vfs) {
  return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

template <typename... Arguments, typename... Given>
int pass(int (*sqlite3_io_methods::*method)(sqlite3_file*, Arguments...), sqlite3_file* file,
         Given... given) {
  sqlite3_file& below = of(file).below();
  return (below.pMethods->*method)(&below, given...);
}

/// The same for what needs to see all that was written.
template <typename... Arguments, typename... Given>
int flush_and_pass(int (*sqlite3_io_methods::*method)(sqlite3_file*, Arguments...),
                   sqlite3_file* file, Given... given) {
  const int code = of(file).flush();
  return code == SQLITE_OK ? pass(method, file, given...) : code;
}

int close(sqlite3_file* file) {
  const int code = pass(&sqlite3_io_methods::xClose, file);
  delete static_cast<Open*>(file)->file;
  return code;
}
int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  return of(file).read(to, size, offset);
}
int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  return of(file).write(static_cast<const char*>(from), size, offset);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  of(file).forget_ahead();
  return flush_and_pass(&sqlite3_io_methods::xTruncate, file, size);
}
int sync(sqlite3_file* file, int flags) {
  return flush_and_pass(&sqlite3_io_methods::xSync, file, flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return flush_and_pass(&sqlite3_io_methods::xFileSize, file, size);
}
int lock(sqlite3_file* file, int level) {
  return pass(&sqlite3_io_methods::xLock, file, level);
}
int unlock(sqlite3_file* file, int level) {
  return pass(&sqlite3_io_methods::xUnlock, file, level);
}
int check_reserved_lock(sqlite3_file* file, int* is_reserved) {
  return pass(&sqlite3_io_methods::xCheckReservedLock, file, is_reserved);
}
int control(sqlite3_file* file, int what, void* argument) {
  return pass(&sqlite3_io_methods::xFileControl, file, what, argument);
}
int sector_size(sqlite3_file* file) {
  return pass(&sqlite3_io_methods::xSectorSize, file);
}
int characteristics(sqlite3_file* file) {
  return pass(&sqlite3_io_methods::xDeviceCharacteristics, file);
}

// Version 1: without shared memory and memory maps. A database whose one connection has locked it
// exclusively needs neither.
constexpr sqlite3_io_methods kMethods = {1,
                                         close,
                                         read,
                                         write,
                                         truncate,
                                         sync,
                                         file_size,
                                         lock,
                                         unlock,
                                         check_reserved_lock,
                                         control,
                                         sector_size,
                                         characteristics,
                                         nullptr,
                                         nullptr,
                                         nullptr,
                                         nullptr,
                                         nullptr,
                                         nullptr};

int open_buffered(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags,
                  Contents contents) {
  sqlite3_file& below = below_of(file);
  below.pMethods = nullptr;
  const int code = below_of(vfs)->xOpen(below_of(vfs), path, &below, flags, out_flags);
  if (code != SQLITE_OK) {
    if (below.pMethods != nullptr) below.pMethods->xClose(&below);
    return code;
  }
  auto* const buffered = new (std::nothrow) BufferedFile(below, contents);
  if (buffered == nullptr || !buffered->has_room()) {
    delete buffered;
    below.pMethods->xClose(&below);
    return SQLITE_NOMEM;
  }
  auto* const open = new (file) Open{};
  open->file = buffered;
  open->pMethods = &kMethods;
  return SQLITE_OK;
}

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if ((flags & SQLITE_OPEN_WAL) != 0) {
    return open_buffered(vfs, path, file, flags, out_flags, Contents::kFrames);
  }
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
    return open_buffered(vfs, path, file, flags, out_flags, Contents::kPages);
  }
  return below_of(vfs)->xOpen(below_of(vfs), path, file, flags, out_flags);
}

template <auto kFunction, typename... Arguments>
auto pass_on(sqlite3_vfs* vfs, Arguments... arguments) {
  return (below_of(vfs)->*kFunction)(below_of(vfs), arguments...);
}

}  // namespace

BufferedVfs::BufferedVfs(const std::string& below)
    : name_(unique_name()), vfs_(std::make_unique<sqlite3_vfs>()) {
  sqlite3_vfs* const other = ::sqlite3_vfs_find(below.empty() ? nullptr : below.c_str());
  if (other == nullptr) return;
  *vfs_ = {};
  vfs_->iVersion = 1;
  vfs_->szOsFile = static_cast<int>(kOpenSize) + other->szOsFile;
  vfs_->mxPathname = other->mxPathname;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = other;
  vfs_->xOpen = open;
  vfs_->xDelete = pass_on<&sqlite3_vfs::xDelete>;
  vfs_->xAccess = pass_on<&sqlite3_vfs::xAccess>;
  vfs_->xFullPathname = pass_on<&sqlite3_vfs::xFullPathname>;
  vfs_->xRandomness = pass_on<&sqlite3_vfs::xRandomness>;
  vfs_->xSleep = pass_on<&sqlite3_vfs::xSleep>;
  vfs_->xCurrentTime = pass_on<&sqlite3_vfs::xCurrentTime>;
  vfs_->xGetLastError = pass_on<&sqlite3_vfs::xGetLastError>;
  constexpr int kNotTheDefault = 0;
  ::sqlite3_vfs_register(vfs_.get(), kNotTheDefault);
}

BufferedVfs::~BufferedVfs() {
  ::sqlite3_vfs_unregister(vfs_.get());
}

}  // namespace sse::journal
