#include "sse/journal/failure.h"

#include <cerrno>
#include <system_error>

namespace sse::journal {
namespace {

ErrorCode code_of(FailureKind kind) {
  switch (kind) {
    case FailureKind::kFull:
      return ErrorCode::kFull;
    case FailureKind::kSync:
      return ErrorCode::kUnknown;
    case FailureKind::kBusy:
      return ErrorCode::kConflict;
    case FailureKind::kDamaged:
      return ErrorCode::kInvalid;
    case FailureKind::kNewer:
      return ErrorCode::kUnavailable;
    case FailureKind::kRefused:
      return ErrorCode::kNotAllowed;
    case FailureKind::kIo:
      break;
  }
  return ErrorCode::kIo;
}

FailureKind kind_of_errno(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return FailureKind::kFull;
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
    case ENOTDIR:
      return FailureKind::kRefused;
    default:
      return FailureKind::kIo;
  }
}

}  // namespace

Error error_of(const Failure& failure) {
  return {code_of(failure.kind), failure.text};
}

Failure of_database(Failure failure, const std::string& path) {
  if (failure.kind == FailureKind::kDamaged) {
    failure.text += "; what can be read of it: sqlite3 " + path + " .recover";
  }
  if (failure.kind == FailureKind::kFull) {
    failure.text += "; nothing is lost: free space on that file system, and start again";
  }
  return failure;
}

Failure failure_of_errno(const std::string& doing, int number) {
  return {kind_of_errno(number),
          "cannot " + doing + ": " + std::generic_category().message(number)};
}

}  // namespace sse::journal
