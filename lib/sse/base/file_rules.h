#pragma once

/// \file
/// Who may have written a file of tokens, keys or certificates, who may read it, and whether it has
/// changed: all of what stat() says, and no file is opened here.

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <string>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse {

/// What a reader of the file learns.
enum class FileSecrecy : std::uint8_t {
  kHashes,   ///< hashes, public keys, certificates: nothing to sign in with
  kSecrets,  ///< private keys, and those of HS256: with them anyone signs
};

/// `file`: of the target, links followed. `us`: the effective user. Refused: what is not a regular
/// file, what group or others may write, what neither root nor we own; with kSecrets what others
/// may read. The group may read: a unit's file is root:sse 0640. Error: kNotAllowed, with the
/// command that mends it.
SSE_EXPORT Status check_file(const std::string& path, const struct stat& file, uid_t us,
                             FileSecrecy secrecy);

/// Differs when a file was replaced or written. A value.
struct FileVersion {
  dev_t device = 0;
  ino_t inode = 0;
  std::int64_t modified = 0;  ///< nanoseconds
  std::int64_t size = 0;

  static FileVersion of(const struct stat& file);

  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

}  // namespace sse
