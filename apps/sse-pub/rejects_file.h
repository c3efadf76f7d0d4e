#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

namespace sse::pub {

/// `--rejects F`: the records that were not published, byte for byte. Thread-compatible.
class RejectsFile {
 public:
  /// A regular file keeps its first `keep` bytes, and anything else (a pipe) all it has had. Error:
  /// kIo when it cannot be opened, kConflict when it is shorter than that: it is another one.
  static Result<RejectsFile> open(const std::string& path, std::uint64_t keep);

  /// A last line that had no end gets one, or the next would be glued to it.
  Status write(std::string_view record, bool ends_record);

  /// After this a crash of the machine takes nothing.
  Status sync();

  std::uint64_t size() const { return size_; }

 private:
  RejectsFile(std::string path, UniqueFd file, std::uint64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {}

  std::string path_;
  UniqueFd file_;
  std::uint64_t size_ = 0;
  bool is_synced_ = true;
};

}  // namespace sse::pub
