#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sse/base/escape.h"

#include "checkpoint.h"
#include "cli/read_file.h"

namespace sse::pub {
namespace {

constexpr mode_t kFileMode = 0600;

Error cannot(const char* what, const std::string& path, ErrorCode code = ErrorCode::kIo) {
  return {code, std::string("cannot ") + what + " the checkpoint " + sse::quoted(path) + ": " +
                    std::strerror(errno)};
}

}  // namespace

Result<CheckpointFile> CheckpointFile::open(const std::string& path) {
  const std::string lock_path = path + ".lock";
  UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  if (!lock.is_open()) return cannot("lock", path);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return CheckpointFile(path, std::move(lock));
  if (errno != EWOULDBLOCK) return cannot("lock", path);
  return Error{ErrorCode::kUnavailable, "the checkpoint " + sse::quoted(path) +
                                            " is in use by another sse-pub; wait for it to end"};
}

Result<std::optional<Checkpoint>> CheckpointFile::load() const {
  if (::access(path_.c_str(), F_OK) != 0) {
    if (errno == ENOENT) return std::optional<Checkpoint>();
    return cannot("read", path_);
  }
  const std::string text = SSE_TRY(cli::read_file(path_));
  auto checkpoint = parse_checkpoint(text);
  if (!checkpoint) {
    return Error{ErrorCode::kInvalid, "the checkpoint " + sse::quoted(path_) +
                                          " cannot be used: " + checkpoint.error().text};
  }
  return std::optional<Checkpoint>(*std::move(checkpoint));
}

Status CheckpointFile::save(const Checkpoint& checkpoint) const {
  const std::string temporary = path_ + ".tmp";
  const UniqueFd file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
  if (!file.is_open()) return cannot("write", path_);
  const std::string text = format_checkpoint(checkpoint);
  const ssize_t count = ::write(file.get(), text.data(), text.size());
  if (count >= 0 && static_cast<std::size_t>(count) < text.size()) errno = ENOSPC;
  if (count < 0 || static_cast<std::size_t>(count) < text.size() || ::fdatasync(file.get()) != 0 ||
      std::rename(temporary.c_str(), path_.c_str()) != 0) {
    const Error error = cannot("write", path_);
    ::unlink(temporary.c_str());
    return error;
  }
  return {};
}

}  // namespace sse::pub
