#pragma once

/// \file
/// Looks one value up in a JSON text and gives it as it stands there: no document is built, and no
/// digit of a number changes.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::json {

/// A value inside a JSON text.
struct Value {
  enum class Kind { kNull, kBoolean, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  std::string_view text;  ///< as it was sent, a string with its quotes
};

/// `json` itself as a value, without the white space around it. `json` must be JSON: is_json().
SSE_EXPORT Value whole_value(std::string_view json);

/// What a value says: the characters of a string, anything else as it was sent. Appended.
SSE_EXPORT void append_text_of(const Value& value, std::string& out);

/// A place in a JSON text (RFC 6901): `/value`, `/tags/0`, `/a~1b` for the key `a/b`; empty for the
/// whole. Immutable. Thread-safe.
class SSE_EXPORT Pointer {
 public:
  Pointer() = default;  ///< the whole

  /// Error: kInvalid when it does not begin with a slash, or a `~` is not followed by 0 or 1.
  static Result<Pointer> parse(std::string_view text);

  /// The value it names in `json`, which must be JSON: is_json(). nullopt: there is none. Of a key
  /// that an object has twice the last one counts, as in other parsers.
  std::optional<Value> find(std::string_view json) const;

 private:
  std::vector<std::string> tokens_;
};

}  // namespace sse::json
