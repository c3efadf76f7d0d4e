#pragma once

#include <string>
#include <utility>

#include "sse/base/result.h"

namespace sse::bench {

/// A directory for one measurement, removed with everything in it. Thread-compatible.
class ScratchDirectory {
 public:
  /// In `parent`. Error: kIo.
  static Result<ScratchDirectory> make(const std::string& parent);
  ScratchDirectory(ScratchDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~ScratchDirectory();

  std::string file(const std::string& name) const { return path_ + "/" + name; }

  /// Syncs every file in the directory `name` in it, or the file of that name: what follows does
  /// not share the disk with what was written before. Error: kIo.
  Status sync(const std::string& name) const;

 private:
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;  // empty: moved away
};

}  // namespace sse::bench
