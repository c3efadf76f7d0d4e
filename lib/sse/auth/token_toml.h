#pragma once

/// \file
/// The text of a token file as rows of fields, each with its line. The door to toml++ in this room;
/// what the fields mean is TokenFile's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/result.h"

namespace sse::auth {

/// One `key = value` of a row.
struct TokenField {
  enum class Form : std::uint8_t {
    kText,
    kTexts,  ///< an array of strings, also an empty one
    kTime,   ///< a date-time with an offset
    kOther,
  };

  std::string key;
  unsigned line = 0;
  Form form = Form::kOther;
  std::vector<std::string> texts;  ///< one for kText
  WallTime time{};                 ///< for kTime
};

struct TokenRow {
  unsigned line = 0;
  std::vector<TokenField> fields;

  const TokenField* find(std::string_view key) const;
};

struct TokenRows {
  std::vector<TokenRow> tokens;       ///< `[[token]]`
  std::optional<TokenRow> anonymous;  ///< `[anonymous]`
};

/// `path`: for error texts. Error: kInvalid with file and line, for what is not TOML, for another
/// section or key, and for a time before 1970 or in a year after 2261.
Result<TokenRows> read_token_toml(std::string_view text, const std::string& path);

/// `path:line: what`
Error token_file_error(const std::string& path, unsigned line, const std::string& what);

}  // namespace sse::auth
