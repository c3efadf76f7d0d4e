#include "sse/base/file_replacement.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>
#include <thread>

#include "sse/base/random.h"

namespace sse {
namespace {

/// As the kernel has it.
constexpr int kMostLinks = 40;

Error failed(int error) {
  return {ErrorCode::kIo, std::generic_category().message(error)};
}
Error failed(const char* why) {
  return {ErrorCode::kIo, why};
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

/// Whether the kernel would refuse to follow this link (protected_symlinks): in a directory in
/// which all may write, and where files stay their owner's.
bool is_trap(const struct stat& link, const std::string& path) {
  struct stat directory {};
  const std::string name = directory_of(path) + ".";
  if (::stat(name.c_str(), &directory) != 0) return false;
  const bool is_shared = (directory.st_mode & S_ISVTX) != 0 && (directory.st_mode & S_IWOTH) != 0;
  return is_shared && link.st_uid != ::geteuid() && link.st_uid != directory.st_uid;
}

Result<std::string> read_link(const std::string& path) {
  std::array<char, 4096> target{};
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return failed(errno);
  if (static_cast<std::size_t>(size) == target.size()) return failed(ENAMETOOLONG);
  const std::string text(target.data(), static_cast<std::size_t>(size));
  return text.starts_with('/') ? text : directory_of(path) + text;
}

Status write_all(int fd, std::string_view text, FileCalls& calls) {
  while (!text.empty()) {
    const ssize_t size = calls.write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return failed(size < 0 ? errno : EIO);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

/// Waits for a reader as long as the program runs: it may come late, or never.
Status write_once_read(const std::string& path, std::string_view text) {
  sigset_t all;
  sigfillset(&all);
  sigset_t before;
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals, SIGPIPE too, are not for this thread
  Status started;
  try {
    std::thread([path, text = std::string(text)] {
      const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
      FileCalls calls;
      if (fd.is_open()) [[maybe_unused]]
        const auto written = write_all(fd.get(), text, calls);
    }).detach();
  } catch (const std::system_error& failure) {
    started = failed(failure.what());
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

Status write_into(const FileTarget& target, std::string_view text, const ReplacementRules& rules,
                  FileCalls& calls) {
  const bool is_fifo = target.kind == FileTarget::Kind::kFifo;
  const int wait = is_fifo ? O_NONBLOCK : 0;
  const UniqueFd fd(::open(target.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | wait));
  if (fd.is_open()) return write_all(fd.get(), text, calls);
  if (!is_fifo || errno != ENXIO) return failed(errno);
  return rules.waits_for_reader ? write_once_read(target.path, text) : Status();
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

Result<FileTarget> find_target(const std::string& path) {
  FileTarget target{FileTarget::Kind::kFile, path};
  for (int links = 0; links <= kMostLinks; ++links) {
    struct stat found {};
    if (::lstat(target.path.c_str(), &found) != 0) {
      if (errno == ENOENT) return target;
      return failed(errno);
    }
    if (S_ISREG(found.st_mode)) return target;
    if (S_ISDIR(found.st_mode)) return failed(EISDIR);
    if (S_ISSOCK(found.st_mode)) return failed("it is a socket");
    if (!S_ISLNK(found.st_mode)) {
      target.kind = S_ISFIFO(found.st_mode) ? FileTarget::Kind::kFifo : FileTarget::Kind::kDevice;
      return target;
    }
    if (is_trap(found, target.path)) return failed("the link is another user's");
    target.path = SSE_TRY(read_link(target.path));
  }
  return failed(ELOOP);
}

Result<std::string> write_beside(const std::string& path, std::string_view text,
                                 const ReplacementRules& rules, FileCalls& calls) {
  SystemRandom random;
  std::array<char, 24> suffix{};
  std::snprintf(suffix.data(), suffix.size(), ".%016llx.tmp",
                static_cast<unsigned long long>(random.next()));
  std::string name = path + suffix.data();
  Status written;
  {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const UniqueFd fd(::open(name.c_str(), flags, rules.mode));
    if (!fd.is_open()) return failed(errno);
    written = write_all(fd.get(), text, calls);
    if (written && rules.is_durable && calls.fdatasync(fd.get()) != 0) written = failed(errno);
  }
  if (written) return name;
  ::unlink(name.c_str());
  return written.error();
}

Status replace_file(const FileTarget& target, std::string_view text, const ReplacementRules& rules,
                    FileCalls& calls) {
  if (target.kind != FileTarget::Kind::kFile) return write_into(target, text, rules, calls);
  const std::string name = SSE_TRY(write_beside(target.path, text, rules, calls));
  if (calls.rename(name.c_str(), target.path.c_str()) == 0) return {};
  const Error error = failed(errno);
  ::unlink(name.c_str());
  return error;
}

Result<UniqueFd> open_lock_file(const std::string& path) {
  constexpr mode_t kMode = 0600;
  // O_NONBLOCK: a FIFO of that name would wait for its other end.
  UniqueFd lock(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, kMode));
  struct stat found {};
  if (!lock.is_open() || ::fstat(lock.get(), &found) != 0) return failed(errno);
  if (!S_ISREG(found.st_mode)) return failed("it is not a regular file");
  return lock;
}

Result<std::optional<std::string>> read_regular_file(const std::string& path, std::size_t most) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!file.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return failed(errno);
  }
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) return failed(errno);
  if (S_ISDIR(found.st_mode)) return failed(EISDIR);
  if (!S_ISREG(found.st_mode)) return std::optional<std::string>();
  std::string text;
  std::array<char, 4096> piece{};
  while (text.size() <= most) {
    const ssize_t size = ::read(file.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed(errno);
    if (size == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
  return std::optional<std::string>(std::move(text));
}

}  // namespace sse
