#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>

#include "sse/base/export.h"
#include "sse/base/file_rules.h"
#include "sse/base/result.h"

namespace sse {

/// A file as it was opened: its rights and its text are of the same one.
struct OpenedFile {
  struct stat status {};
  std::string text;
};

/// Does not wait for the writer of a FIFO. Error: kIo, also for more than `most` bytes.
SSE_EXPORT Result<OpenedFile> read_opened(const std::string& path, std::size_t most);

/// The text of a file that check_file() takes for the effective user. Errors: kIo, kNotAllowed.
SSE_EXPORT Result<std::string> read_checked(const std::string& path, std::size_t most,
                                            FileSecrecy secrecy);

}  // namespace sse
