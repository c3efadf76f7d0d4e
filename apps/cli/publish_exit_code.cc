#include "cli/publish_exit_code.h"

namespace sse::cli {

ExitCode exit_code_of(client::PublishError::Kind kind) {
  using Kind = client::PublishError::Kind;
  switch (kind) {
    case Kind::kInvalid:
    case Kind::kTooLarge:
      return ExitCode::kBadInput;
    case Kind::kUnresolved:
      return ExitCode::kNoHost;
    case Kind::kUnavailable:
    case Kind::kUnknown:
    case Kind::kForgotten:
    case Kind::kInterrupted:
      return ExitCode::kUnavailable;
    case Kind::kBusy:
      return ExitCode::kTryLater;
    case Kind::kForbidden:
      return ExitCode::kNotAllowed;
    case Kind::kProtocol:
      return ExitCode::kProtocol;
    case Kind::kTimedOut:
      return ExitCode::kTimeout;
  }
  return ExitCode::kInternal;
}

}  // namespace sse::cli
