#pragma once

/// \file
/// How failures travel: a Result holds a value or an Error, and nothing throws across a room.
/// The member names are those of std::expected, so that Result can become an alias of it.

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace sse {

/// What kind of "no" it is; decides the HTTP status and the exit code, never the text.
enum class ErrorCode {
  kInvalid,      ///< malformed, or against a stated rule
  kNotFound,     ///< names something that is not there
  kConflict,     ///< exists already, or is busy
  kTooLarge,     ///< past a size limit
  kFull,         ///< a bounded table has no room; the text names its flag
  kUnavailable,  ///< not now: draining, refused, unreachable
  kUnknown,      ///< whether it was done is not known: it may have been
  kNotAllowed,   ///< the operating system does not permit it
  kForbidden,    ///< what was given does not permit it: a credential, or an option that is missing
  kIo,           ///< the operating system said no; the text carries its reason
};

/// A failure: what was tried, on what, why, in one line that a person can act on.
struct Error {
  ErrorCode code = ErrorCode::kInvalid;
  std::string text;
};

/// A value or an Error (or, where a room needs to say more, an error of its own type `E`).
/// Thread-compatible.
template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  /// The value. A Result that holds an Error has none: asking for it is a bug.
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  T value_or(T fallback) const& { return has_value() ? value() : std::move(fallback); }

  const E& error() const& { return *std::get_if<1>(&state_); }
  E&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, E> state_;
};

/// Success or an Error.
template <typename E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(E error) : error_(std::move(error)) {}

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  void value() const {}

  const E& error() const& { return *error_; }
  E&& error() && { return std::move(*error_); }

 private:
  std::optional<E> error_;
};

using Status = Result<void>;

}  // namespace sse

/// The value of an expression that is a Result, or return its Error from this function:
/// `auto id = SSE_TRY(parse(text));`
#define SSE_TRY(...)                                               \
  __extension__({                                                  \
    auto sse_try_result = (__VA_ARGS__);                           \
    if (!sse_try_result) return std::move(sse_try_result).error(); \
    std::move(sse_try_result).value();                             \
  })
