#pragma once

/// \file
/// JSON in: the server's reading door to nlohmann/json. Input is checked, not guessed.

#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/json/object.h"

namespace sse::json {

/// A body must not make the reader keep a level for each of a million brackets.
inline constexpr std::size_t kMaxDepth = 64;
/// More fields than any request has; what is looked up in order stays short.
inline constexpr std::size_t kMaxFields = 64;

enum class Outcome {
  kObject,
  kNotJson,  ///< syntax, invalid UTF-8, a lone surrogate, or nested too deep to tell
  kRefused,  ///< JSON, but not an object, with a key twice (at any level), or 1e999
};

/// Reads objects, one after the other, into the same memory. Thread-compatible.
class SSE_EXPORT Reader {
 public:
  /// `text` must outlive the use of object().
  Outcome read(std::string_view text);

  /// After kObject.
  const Object& object() const { return object_; }
  /// After anything else: why, as kInvalid.
  const Error& error() const { return error_; }

 private:
  Object object_;
  Error error_;
};

/// `text` without JSON's white space around it.
SSE_EXPORT std::string_view trim_space(std::string_view text);

}  // namespace sse::json
