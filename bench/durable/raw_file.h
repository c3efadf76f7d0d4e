#pragma once

/// \file
/// A file of records, written round and round: what a data directory is measured against.
///
///     u32 size of the record | u32 zero | the record
///
/// A size of zero ends it: nothing was written from there on.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

namespace sse::bench {

/// Thread-compatible.
class RawFile {
 public:
  /// Makes the file, `bytes` long and written once, so that a sync has no blocks to allocate.
  /// Error: kIo.
  static Result<RawFile> make(const std::string& path, std::uint64_t bytes);

  /// Takes a record for the next write().
  void add(std::string_view record);
  /// Writes what was added with one pwrite(): behind what was written before, or at the beginning
  /// when the end of the file is reached. Error: kIo.
  Status write();
  /// fdatasync(). Error: kIo.
  Status sync();

  /// Reads the file at `path` from its beginning; `take` is given each record. Error: kIo, or that
  /// of `take`, which ends it.
  static Status read(const std::string& path, FunctionRef<Status(std::string_view)> take);

 private:
  RawFile(UniqueFd fd, std::uint64_t bytes) : fd_(std::move(fd)), bytes_(bytes) {}

  UniqueFd fd_;
  std::uint64_t bytes_ = 0;
  std::uint64_t at_ = 0;
  std::string pending_;
};

}  // namespace sse::bench
