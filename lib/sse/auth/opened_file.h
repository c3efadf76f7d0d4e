#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::auth {

/// A file as it was opened: its rights and its text are of the same one.
struct OpenedFile {
  struct stat status {};
  std::string text;
};

/// Does not wait for the writer of a FIFO. Error: kIo, also for more than `most` bytes.
SSE_EXPORT Result<OpenedFile> read_opened(const std::string& path, std::size_t most);

}  // namespace sse::auth
