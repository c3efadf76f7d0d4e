#include "checkpoint_file.h"

#include <sys/file.h>

#include <cerrno>
#include <cstring>

#include "sse/base/escape.h"

namespace sse::pub {
namespace {

/// More than any checkpoint has.
constexpr std::size_t kMaxFileSize = std::size_t{16} << 20U;

Error cannot(const char* what, const std::string& path, const std::string& why) {
  return {ErrorCode::kIo,
          std::string("cannot ") + what + " the checkpoint " + sse::quoted(path) + ": " + why};
}

}  // namespace

Result<CheckpointFile> CheckpointFile::open(const std::string& path) {
  auto target = find_target(path);
  if (!target) return cannot("write", path, target.error().text);
  if (target->kind != FileTarget::Kind::kFile) {
    return cannot("keep", path, "it is not a regular file");
  }
  auto opened = open_lock_file(target->path + ".lock");
  if (!opened) return cannot("lock", path, opened.error().text);
  UniqueFd lock = *std::move(opened);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) {
    return CheckpointFile(path, *std::move(target), std::move(lock));
  }
  if (errno != EWOULDBLOCK) return cannot("lock", path, std::strerror(errno));
  return Error{ErrorCode::kUnavailable, "the checkpoint " + sse::quoted(path) +
                                            " is in use by another sse-pub; wait for it to end"};
}

Result<std::optional<Checkpoint>> CheckpointFile::load() const {
  const auto text = read_regular_file(target_.path, kMaxFileSize);
  if (!text) return cannot("read", path_, text.error().text);
  if (!*text) return std::optional<Checkpoint>();
  auto checkpoint = parse_checkpoint(**text);
  if (!checkpoint) {
    return Error{ErrorCode::kInvalid, "the checkpoint " + sse::quoted(path_) +
                                          " cannot be used: " + checkpoint.error().text};
  }
  return std::optional<Checkpoint>(*std::move(checkpoint));
}

Status CheckpointFile::save(const Checkpoint& checkpoint) const {
  ReplacementRules rules;
  rules.is_durable = true;
  FileCalls calls;
  auto saved = replace_file(target_, format_checkpoint(checkpoint), rules, calls);
  if (!saved) return cannot("write", path_, saved.error().text);
  return saved;
}

}  // namespace sse::pub
