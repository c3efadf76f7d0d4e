#include "sse/client/cursor_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>

namespace sse::client {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

/// More than any cursor has; what is larger is not one.
constexpr std::size_t kMaxFileSize = std::size_t{64} * 1024;

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

Error io_error(std::string_view what, const std::string& path, int error) {
  return {ErrorCode::kIo, std::string(what) + " " + path + ": " + reason_of(error)};
}

/// The directory and those above it that do not exist yet.
Status make_directory(const std::filesystem::path& directory) {
  if (directory.empty()) return {};
  struct stat found {};
  if (::stat(directory.c_str(), &found) == 0) return {};
  if (directory.has_parent_path() && directory.parent_path() != directory) {
    if (auto made = make_directory(directory.parent_path()); !made) return made;
  }
  if (::mkdir(directory.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return {};
  return io_error("cannot make the directory", directory, errno);
}

/// The file's text; nullopt when there is no such file.
Result<std::optional<std::string>> read_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return io_error("cannot read the cursor", path, errno);
  }
  std::string text;
  std::array<char, 4096> piece{};
  while (text.size() <= kMaxFileSize) {
    const ssize_t size = ::read(file.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return io_error("cannot read the cursor", path, errno);
    if (size == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
  return std::optional<std::string>(std::move(text));
}

std::string holder_of(int lock) {
  std::array<char, 32> pid{};
  const ssize_t size = ::pread(lock, pid.data(), pid.size(), 0);
  std::string text(pid.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return text.substr(0, text.find('\n'));
}

}  // namespace

ssize_t FileCalls::write(int fd, const void* bytes, std::size_t size) {
  return ::write(fd, bytes, size);
}

int FileCalls::fdatasync(int fd) {
  return ::fdatasync(fd);
}

int FileCalls::rename(const char* from, const char* to) {
  return std::rename(from, to);
}

CursorFile::CursorFile(std::string path, FileCalls& calls) : path_(std::move(path)), calls_(calls) {
}

Status CursorFile::lock() {
  if (auto made = make_directory(std::filesystem::path(path_).parent_path()); !made) return made;
  const std::string path = path_ + ".lock";
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  if (!lock.is_open()) return io_error("cannot lock the cursor with", path, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return io_error("cannot lock the cursor with", path, errno);
    return Error{ErrorCode::kConflict,
                 "the cursor " + path_ + " is in use by process " + holder_of(lock.get()) +
                     "; give this subscriber another name with --resume=NAME"};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // Only a hint for people: a full disk must not keep a subscriber from reading.
  if (::ftruncate(lock.get(), 0) == 0) {
    [[maybe_unused]] const auto written = ::pwrite(lock.get(), pid.data(), pid.size(), 0);
  }
  lock_ = std::move(lock);
  return {};
}

Result<LoadedCursor> CursorFile::load() const {
  LoadedCursor loaded;
  bool exists = false;
  for (const std::string& path : {path_, path_ + ".bak"}) {
    const auto text = SSE_TRY(read_file(path));
    if (!text) continue;
    exists = true;
    auto cursor = parse_cursor(*text);
    if (cursor) {
      loaded.state = LoadedCursor::State::kFound;
      loaded.cursor = *std::move(cursor);
      return loaded;
    }
    const std::string why = "the cursor " + path + " cannot be used: " + cursor.error().text;
    if (cursor.error().code == ErrorCode::kConflict) return Error{ErrorCode::kConflict, why};
    loaded.warning += (loaded.warning.empty() ? "" : "; ") + why;
  }
  if (exists) loaded.state = LoadedCursor::State::kDamaged;
  return loaded;
}

Status CursorFile::save(const Cursor& cursor) {
  const std::string temporary = path_ + ".tmp";
  const std::string backup = path_ + ".bak";
  if (auto written = write_temporary(temporary, format_cursor(cursor)); !written) {
    ::unlink(temporary.c_str());
    return written;
  }
  // Between the two renames only the backup exists, which load() takes too.
  if (calls_.rename(path_.c_str(), backup.c_str()) != 0 && errno != ENOENT) {
    return io_error("cannot keep the old cursor as", backup, errno);
  }
  if (calls_.rename(temporary.c_str(), path_.c_str()) != 0) {
    return io_error("cannot write the cursor", path_, errno);
  }
  return {};
}

Status CursorFile::forget() {
  for (const std::string& path : {path_, path_ + ".bak"}) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
      return io_error("cannot remove the cursor", path, errno);
    }
  }
  return {};
}

Status CursorFile::write_temporary(const std::string& path, std::string_view text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
  if (!file.is_open()) return io_error("cannot write the cursor", path, errno);
  while (!text.empty()) {
    const ssize_t size = calls_.write(file.get(), text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return io_error("cannot write the cursor", path, size < 0 ? errno : EIO);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  if (calls_.fdatasync(file.get()) != 0) return io_error("cannot write the cursor", path, errno);
  return {};
}

}  // namespace sse::client
