#include "rejects_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sse/base/escape.h"

namespace sse::pub {
namespace {

constexpr mode_t kFileMode = 0666;  // and the umask

Error io_error(const char* what, const std::string& path) {
  return {ErrorCode::kIo,
          std::string(what) + " " + sse::quoted(path) + ": " + std::strerror(errno)};
}

}  // namespace

Result<RejectsFile> RejectsFile::open(const std::string& path, std::uint64_t keep) {
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kFileMode));
  struct stat found {};
  if (!file.is_open() || ::fstat(file.get(), &found) != 0) return io_error("cannot open", path);
  if (S_ISREG(found.st_mode)) {
    if (static_cast<std::uint64_t>(found.st_size) < keep) {
      return Error{ErrorCode::kConflict, sse::quoted(path) +
                                             " is shorter than it was when the checkpoint was "
                                             "written; expected the same file of rejects"};
    }
    if (::ftruncate(file.get(), static_cast<off_t>(keep)) != 0) {
      return io_error("cannot truncate", path);
    }
  }
  return RejectsFile(path, std::move(file), keep);
}

Status RejectsFile::write(std::string_view record, bool ends_record) {
  const bool lacks_end = ends_record && !record.ends_with('\n');
  std::string text(record);
  if (lacks_end) text += '\n';
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t count = ::write(file_.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error("cannot write", path_);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  size_ += text.size();
  is_synced_ = false;
  return {};
}

Status RejectsFile::sync() {
  // EINVAL: a pipe or a terminal, which has nothing to keep.
  if (!is_synced_ && ::fdatasync(file_.get()) != 0 && errno != EINVAL && errno != EROFS) {
    return io_error("cannot write", path_);
  }
  is_synced_ = true;
  return {};
}

}  // namespace sse::pub
