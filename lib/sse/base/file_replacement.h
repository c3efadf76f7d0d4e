#pragma once

/// \file
/// Files that are replaced as a whole, so that a reader sees the old or the new text and never a
/// part, and that another user cannot turn against us by links or files of a known name.

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

namespace sse {

/// The system calls that can fail for lack of space or permission; a test makes them fail.
class SSE_EXPORT FileCalls {
 public:
  virtual ~FileCalls() = default;
  virtual ssize_t write(int fd, const void* bytes, std::size_t size);
  virtual int fdatasync(int fd);
  virtual int rename(const char* from, const char* to);
};

/// Where a name leads once symbolic links are followed.
struct FileTarget {
  enum class Kind {
    kFile,    ///< a regular file, or nothing yet
    kDevice,  ///< a device is written into, never replaced
    kFifo,    ///< the same
  };
  Kind kind = Kind::kFile;
  std::string path;
};

/// Follows the links of `path`. Error: kIo for a directory or a socket, for links that form a loop,
/// and for a link that another user has put into a directory like /tmp.
SSE_EXPORT Result<FileTarget> find_target(const std::string& path);

struct ReplacementRules {
  mode_t mode = 0600;             ///< of a new file, before the umask
  bool is_durable = false;        ///< a crash after the call finds the new text
  bool waits_for_reader = false;  ///< of a FIFO, on a thread of its own; else it may get nothing
};

/// Makes `target` hold `text`: a file by a rename, a device or a FIFO by writing into it. Error:
/// kIo.
SSE_EXPORT Status replace_file(const FileTarget& target, std::string_view text,
                               const ReplacementRules& rules, FileCalls& calls);

/// The first half: `text` in a new file beside `path`, of a name that cannot be guessed. Returns
/// the name. Error: kIo, and no file is left.
SSE_EXPORT Result<std::string> write_beside(const std::string& path, std::string_view text,
                                            const ReplacementRules& rules, FileCalls& calls);

/// A file for flock(), made if it is not there. Does not follow a link, and is a regular file.
/// Error: kIo.
SSE_EXPORT Result<UniqueFd> open_lock_file(const std::string& path);

/// The text of a regular file, up to `most` bytes and one more; nullopt when there is none, or
/// something else that may never end. Does not block. Error: kIo.
SSE_EXPORT Result<std::optional<std::string>> read_regular_file(const std::string& path,
                                                                std::size_t most);

}  // namespace sse
