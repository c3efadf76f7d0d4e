#include "durable/scratch_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "sse/base/unique_fd.h"

namespace sse::bench {
namespace {

Error io_error(const std::string& path) {
  return {ErrorCode::kIo, path + ": " + std::generic_category().message(errno)};
}

Status sync_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const bool is_synced = fd.is_open() && ::fsync(fd.get()) == 0;
  return is_synced ? Status() : io_error(path);
}

}  // namespace

Result<ScratchDirectory> ScratchDirectory::make(const std::string& parent) {
  std::string path = parent + "/sse-durable-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return io_error(parent);
  return ScratchDirectory(std::move(path));
}

ScratchDirectory::~ScratchDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Status ScratchDirectory::sync(const std::string& name) const {
  const std::string path = file(name);
  if (!std::filesystem::is_directory(path)) return sync_file(path);
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.is_regular_file()) SSE_TRY(sync_file(entry.path().string()));
  }
  return {};
}

}  // namespace sse::bench
