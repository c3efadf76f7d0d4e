#pragma once

/// \file
/// How access to a data directory fails. The kind decides what the journal does next; the text is
/// for people.

#include <cstdint>
#include <string>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::journal {

enum class FailureKind : std::uint8_t {
  kIo,       ///< reading or writing failed; what was begun is rolled back, the next may work
  kFull,     ///< no space; the same
  kSync,     ///< a sync failed: what the file holds is not known any more
  kBusy,     ///< another process has it
  kDamaged,  ///< it is not a database, or not in order
  kNewer,    ///< a newer version of this program made it
  kRefused,  ///< the operating system does not permit it, or there is no such directory
};

/// A failure, with what was tried on which file.
struct Failure {
  FailureKind kind = FailureKind::kIo;
  std::string text;
};

template <typename T>
using Try = Result<T, Failure>;

/// The same as errors of the other rooms: kBusy is kConflict, kDamaged kInvalid, kFull kFull,
/// kNewer kUnavailable, kRefused kNotAllowed, kSync kUnknown.
SSE_EXPORT Error error_of(const Failure& failure);

/// The same, of a start; kDamaged also names how what can be read of the database at `path` is got
/// out of it, kFull what to do.
Failure of_database(Failure failure, const std::string& path);

/// `cannot <doing>: <reason of errno>`; ENOSPC and EDQUOT are kFull, EACCES and EROFS kRefused.
Failure failure_of_errno(const std::string& doing, int number);

}  // namespace sse::journal
