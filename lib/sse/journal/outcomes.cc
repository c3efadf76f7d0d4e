#include "sse/journal/outcomes.h"

namespace sse::journal {

void fail_all(log::Append& append, const Error& error) {
  append.forget_judgements();
  append.fail_pending(error);
}

bool is_final(const Failure& failure) {
  return failure.kind == FailureKind::kSync || failure.kind == FailureKind::kDamaged;
}

Error outcome_of(const Failure& failure) {
  switch (failure.kind) {
    case FailureKind::kFull:
      return {ErrorCode::kFull, "the event was not taken, the disk is full: " + failure.text};
    case FailureKind::kSync:
      return {ErrorCode::kUnknown,
              "the event may have been taken; ask again with the same key once the hub is back: " +
                  failure.text};
    default:
      return {ErrorCode::kIo, "the event was not taken: " + failure.text};
  }
}

Error failed_refusal(const std::string& why) {
  return {ErrorCode::kUnavailable,
          "the hub takes no more events until it is started again: " + why};
}

Error stopped_refusal() {
  return {ErrorCode::kUnavailable, "the hub stopped before it took the event"};
}

Error too_late() {
  return {ErrorCode::kUnavailable,
          "the event was not taken: the hub's disk is too slow (--commit-timeout)"};
}

Error not_known() {
  return {ErrorCode::kUnknown,
          "the event may have been taken: the hub's disk has not answered in time "
          "(--commit-timeout); ask again with the same key"};
}

log::JournalFailure reason_of(const Failure& failure) {
  switch (failure.kind) {
    case FailureKind::kFull:
      return log::JournalFailure::kFull;
    case FailureKind::kSync:
      return log::JournalFailure::kSync;
    default:
      return log::JournalFailure::kIo;
  }
}

}  // namespace sse::journal
