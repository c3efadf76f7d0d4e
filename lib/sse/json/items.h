#pragma once

/// \file
/// A body that holds many items, walked from one to the next.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::json {

/// Finds where the items of a text begin and end, a bounded part of it at a time, so that the walk
/// can be cut between any two steps. Brackets and strings are followed, the rest is left to the
/// reading of each item: items that are all JSON, between these commas, are an array that is.
/// A value; the text must outlive it. Thread-compatible.
class SSE_EXPORT Items {
 public:
  enum class Step : std::uint8_t {
    kItem,
    kNothing,  ///< a blank line, or a part of a long item
    kEnd,
    kNotJson,  ///< brackets or an end that no array has: see error()
  };

  /// The most bytes that a step reads, except for a line, which memchr() finds.
  static constexpr std::size_t kMostBytesAStep = std::size_t{64} << 10U;

  /// The items of an array, white space around them included.
  static Items of_array(std::string_view text);
  /// The lines of NDJSON that are not blank.
  static Items of_lines(std::string_view text);

  Step next();

  /// After kItem: its text.
  std::string_view item() const { return item_; }
  /// After kNotJson: why, as kInvalid.
  const Error& error() const { return error_; }
  /// How many bytes the steps have gone through so far.
  std::size_t walked() const { return at_; }

 private:
  enum class Form : std::uint8_t { kLines, kArray };

  Items(Form form, std::string_view text) : form_(form), text_(text) {}

  Step next_line();
  Step next_of_array();
  Step begin_array();
  Step end_item(std::size_t end);
  Step refuse(const char* problem);

  Form form_;
  std::string_view text_;  // of an array: with its brackets
  std::size_t at_ = 0;
  std::size_t start_ = 0;  // of the item that the walk is in
  std::size_t open_brackets_ = 0;
  bool in_string_ = false;
  bool is_over_ = false;
  std::string_view item_;
  Error error_;
};

}  // namespace sse::json
