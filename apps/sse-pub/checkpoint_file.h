#pragma once

#include <optional>
#include <string>
#include <utility>

#include "sse/base/file_replacement.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

#include "checkpoint.h"

namespace sse::pub {

/// One checkpoint file, locked for this process. Thread-compatible.
class CheckpointFile {
 public:
  /// Error: kUnavailable when another process has it, kIo when nothing can be written there.
  static Result<CheckpointFile> open(const std::string& path);

  /// nullopt when there is none yet. Error: kInvalid when it is damaged.
  Result<std::optional<Checkpoint>> load() const;

  /// After a crash at any moment either the old or the new one is found.
  Status save(const Checkpoint& checkpoint) const;

  const std::string& path() const { return path_; }

 private:
  CheckpointFile(std::string path, FileTarget target, UniqueFd lock)
      : path_(std::move(path)), target_(std::move(target)), lock_(std::move(lock)) {}

  std::string path_;
  FileTarget target_;
  UniqueFd lock_;
};

}  // namespace sse::pub
