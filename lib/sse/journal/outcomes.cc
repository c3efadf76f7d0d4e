#include "sse/journal/outcomes.h"

#include <exception>
#include <string_view>

#include "sse/base/logging.h"

namespace sse::journal {
namespace {

// Short enough that a string holds it in itself.
constexpr char kNoMemory[] = "out of memory";

std::string joined(std::string_view begin, std::string_view end = {}) noexcept {
  try {
    std::string text(begin);
    return text.append(end);
  } catch (const std::exception&) {
    return kNoMemory;
  }
}

}  // namespace

void fail_all(log::Append& append, const Error& error) noexcept {
  append.forget_judgements();
  try {
    append.fail_pending(error);
  } catch (const std::exception&) {
    append.fail_pending({error.code, kNoMemory});
  }
}

void call_guarded(FunctionRef<void()> callback) noexcept {
  try {
    try {
      callback();
    } catch (const std::exception& failure) {
      log_line(LogLevel::kError,
               std::string("the journal goes on after an exception: ") + failure.what());
    }
  } catch (...) {  // an unknown exception, or no memory to tell of one
  }
}

std::string copied(const std::string& text) noexcept {
  return joined(text);
}

bool is_final(const Failure& failure) {
  return failure.kind == FailureKind::kSync || failure.kind == FailureKind::kDamaged;
}

Error outcome_of(const Failure& failure) noexcept {
  switch (failure.kind) {
    case FailureKind::kFull:
      return {ErrorCode::kFull,
              joined("the event was not taken, the disk is full: ", failure.text)};
    case FailureKind::kSync:
      return {ErrorCode::kUnknown,
              joined("the event may have been taken; ask again with the same key once the hub is "
                     "back: ",
                     failure.text)};
    default:
      return {ErrorCode::kIo, joined("the event was not taken: ", failure.text)};
  }
}

Error failed_refusal(const std::string& why) noexcept {
  return {ErrorCode::kUnavailable,
          joined("the hub takes no more events until it is started again: ", why)};
}

Error stopped_refusal() noexcept {
  return {ErrorCode::kUnavailable, joined("the hub stopped before it took the event")};
}

Error too_late() noexcept {
  return {ErrorCode::kUnavailable,
          joined("the event was not taken: the hub's disk is too slow (--commit-timeout)")};
}

Error not_known() noexcept {
  return {ErrorCode::kUnknown,
          joined("the event may have been taken: the hub's disk has not answered in time "
                 "(--commit-timeout); ask again with the same key")};
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
