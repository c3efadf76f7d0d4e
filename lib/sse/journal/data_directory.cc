#include "sse/journal/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include "sse/base/crc32.h"
#include "sse/base/file_replacement.h"
#include "sse/base/little_endian.h"

namespace sse::journal {
namespace {

constexpr std::size_t kHeadSize = 24;  // milliseconds, epoch, sequence, checksum
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

std::string pid_in(int lock) {
  std::array<char, 24> text{};
  const ssize_t size = ::pread(lock, text.data(), text.size(), 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[static_cast<std::size_t>(i)] >= '0' &&
                      text[static_cast<std::size_t>(i)] <= '9';
       ++i) {
    pid += text[static_cast<std::size_t>(i)];
  }
  return pid;
}

void write_pid(int lock) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock, 0) == 0) {
    [[maybe_unused]] const auto written = ::pwrite(lock, text.data(), text.size(), 0);
  }
}

/// A new directory is there after a power cut only when its parent is synced.
void sync_parent(const std::string& path) {
  auto parent = path.substr(0, path.find_last_not_of('/') + 1);
  const auto slash = parent.rfind('/');
  parent = slash == std::string::npos ? "." : parent.substr(0, slash + 1);
  const UniqueFd fd(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.is_open()) ::fsync(fd.get());
}

}  // namespace

// ---- HeadFile

Try<HeadFile> HeadFile::open(const std::string& path) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd file(::open(path.c_str(), kFlags, kFileMode));
  if (!file.is_open()) return failure_of_errno("open " + path, errno);
  return HeadFile(std::move(file));
}

std::optional<wire::EventId> HeadFile::read_from(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open()) return std::nullopt;
  return HeadFile(std::move(file)).read();
}

std::optional<wire::EventId> HeadFile::read() const {
  std::array<char, kHeadSize> bytes{};
  if (::pread(file_.get(), bytes.data(), bytes.size(), 0) != ssize_t{kHeadSize}) return {};
  const std::string_view text(bytes.data(), bytes.size());
  if (crc32c(text.substr(0, 20)) != number_of(text.substr(20), 4)) return {};
  return wire::EventId::make(
      std::chrono::milliseconds(static_cast<std::int64_t>(number_of(text, 8))),
      static_cast<wire::Epoch>(number_of(text.substr(8), 4)), number_of(text.substr(12), 8));
}

void HeadFile::write(const wire::EventId& head) const {
  std::string bytes;
  append_number(bytes, static_cast<std::uint64_t>(head.unix_time().count()), 8);
  append_number(bytes, head.epoch(), 4);
  append_number(bytes, head.sequence(), 8);
  append_number(bytes, crc32c(bytes), 4);
  [[maybe_unused]] const auto written = ::pwrite(file_.get(), bytes.data(), bytes.size(), 0);
}

// ---- DataDirectory

Try<DataDirectory> DataDirectory::open(const std::string& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) == 0) {
    sync_parent(path);
  } else if (errno != EEXIST) {
    return failure_of_errno("make " + path, errno);
  }
  const std::string lock_path = path + "/lock";
  auto lock = open_lock_file(lock_path);
  if (!lock) {
    return Failure{FailureKind::kRefused, "cannot open " + lock_path + ": " + lock.error().text};
  }
  SSE_TRY(take(*lock, path));
  write_pid(lock->get());
  return DataDirectory(path, *std::move(lock));
}

Try<DataDirectory> DataDirectory::open_to_look(const std::string& path) {
  const std::string lock_path = path + "/lock";
  UniqueFd lock(::open(lock_path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!lock.is_open() && errno != ENOENT) return failure_of_errno("open " + lock_path, errno);
  if (lock.is_open()) SSE_TRY(take(lock, path));
  return DataDirectory(path, std::move(lock));
}

Try<void> DataDirectory::take(const UniqueFd& lock, const std::string& path) {
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return failure_of_errno("lock " + path + "/lock", errno);
  const std::string pid = pid_in(lock.get());
  return Failure{FailureKind::kBusy,
                 path + " is in use by another hub" + (pid.empty() ? "" : ", process " + pid)};
}

void DataDirectory::make_private(const std::string& path) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const UniqueFd file(::open(path.c_str(), kFlags, kFileMode));  // there already: as it is
}

bool DataDirectory::has_room(std::uint64_t bytes) const {
  struct statvfs room {};
  return ::statvfs(path_.c_str(), &room) == 0 &&
         std::uint64_t{room.f_bavail} * room.f_frsize >= bytes;
}

bool DataDirectory::make_reserve(std::uint64_t bytes) const {
  const std::string path = file("reserve");
  struct stat found {};
  if (bytes == 0 || ::stat(path.c_str(), &found) == 0) return bytes != 0;
  if (!has_room(2 * bytes)) return false;
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const UniqueFd reserve(::open(path.c_str(), kFlags, kFileMode));
  if (!reserve.is_open()) return false;
  if (::posix_fallocate(reserve.get(), 0, static_cast<off_t>(bytes)) == 0) return true;
  ::unlink(path.c_str());
  return false;
}

bool DataDirectory::free_reserve() const {
  return ::unlink(file("reserve").c_str()) == 0;
}

}  // namespace sse::journal
