#include "sse/base/file_rules.h"

namespace sse {
namespace {

Error refused(const std::string& path, const std::string& why) {
  return {ErrorCode::kNotAllowed, path + ": " + why};
}

}  // namespace

Status check_file(const std::string& path, const struct stat& file, uid_t us, FileSecrecy secrecy) {
  if (!S_ISREG(file.st_mode)) return refused(path, "it is not a regular file");
  constexpr uid_t kRoot = 0;
  if (file.st_uid != kRoot && file.st_uid != us) {
    return refused(path, "it belongs to user " + std::to_string(file.st_uid) +
                             ", who could replace it; expected root or user " + std::to_string(us));
  }
  if ((file.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return refused(path, "its group or others may write it; chmod go-w mends that");
  }
  if (secrecy == FileSecrecy::kSecrets && (file.st_mode & S_IROTH) != 0) {
    return refused(path, "it holds a secret and everyone may read it; chmod o-r mends that");
  }
  return {};
}

FileVersion FileVersion::of(const struct stat& file) {
  constexpr std::int64_t kNanosecondsASecond = 1'000'000'000;
  return {file.st_dev, file.st_ino,
          file.st_mtim.tv_sec * kNanosecondsASecond + file.st_mtim.tv_nsec, file.st_size};
}

}  // namespace sse
