#pragma once

/// \file
/// JSON in, as the server reads it. Input is checked, not guessed; a long text is read in parts.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/budget.h"
#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/json/key_set.h"
#include "sse/json/object.h"

namespace sse::json {

/// A body must not make the reader keep a level for each of a million brackets.
inline constexpr std::size_t kMaxDepth = 64;
/// More fields than any request has; what is looked up in order stays short.
inline constexpr std::size_t kMaxFields = 64;

enum class Outcome {
  kObject,
  kNotJson,  ///< syntax, invalid UTF-8, a lone surrogate; nested too deep or a number too long to
             ///< tell
  kRefused,  ///< JSON, but not an object, with a key twice (at any level), or 1e999
};

/// Reads objects, one after the other, into the same memory. A rule that is broken is noted and the
/// reading goes on, so that what is not JSON at all is still found out. Thread-compatible.
class SSE_EXPORT Reader {
 public:
  Reader() = default;
  /// With fewer levels than kMaxDepth: what is nested deeper is kNotJson.
  explicit Reader(std::size_t max_depth) : max_depth_(std::min(max_depth, kMaxDepth)) {}

  /// In one go. `text` must outlive the use of object().
  Outcome read(std::string_view text);

  /// Begins a reading in parts: go_on() until there is an outcome. `text` must outlive that, and
  /// the use of object().
  void start(std::string_view text);
  /// Reads on until the budget is spent, and by some bytes at least. nullopt: there is more.
  std::optional<Outcome> go_on(Budget& budget);

  /// After kObject.
  const Object& object() const { return object_; }
  /// After anything else: why, as kInvalid.
  const Error& error() const { return error_; }

 private:
  /// What comes next, behind white space.
  enum class State : std::uint8_t {
    kValue,
    kFirstElement,  // or the end of the array
    kFirstMember,   // or the end of the object
    kMember,
    kColon,
    kAfterValue,  // a comma, or the end of what it is in
    kInString,    // white space is part of it
    kEnd,
  };

  void read_part(Budget& budget);
  void step();
  void skip_space();
  void read_value(char first);
  void read_word(std::string_view word, Kind kind);
  void read_number();
  void begin_string(bool is_key);
  void read_string();
  bool read_escape();
  void end_string();
  void end_key(std::string_view key);
  void read_separator(char c);
  void open(Kind kind);
  void close();
  void begin_value(Kind kind);
  void end_value();

  std::string_view between(std::size_t begin, std::size_t end) const {
    return {text_.data() + begin, end - begin};
  }
  std::string_view rest() const { return between(at_, text_.size()); }

  bool is_in_object() const { return objects_[depth_ - 1] != 0; }
  /// Of the outermost object: what object() shows.
  bool is_in_outermost() const { return depth_ == 1 && is_in_object(); }
  std::string_view field();
  std::string found() const;

  void refuse(Error error);
  void refuse_duplicate(std::string_view key);
  void fail(Error error);
  void fail(std::string_view problem);
  void fail_expecting(std::string_view expected);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t stop_ = 0;   // where this part ends
  std::size_t extra_ = 0;  // what this part has cost beside its bytes, in bytes
  State state_ = State::kValue;
  Outcome outcome_ = Outcome::kObject;

  std::size_t max_depth_ = kMaxDepth;
  std::size_t depth_ = 0;
  std::array<std::uint32_t, kMaxDepth> objects_{};  // a number of each that is open; an array: 0
  std::uint32_t object_count_ = 0;
  KeySet keys_;  // of the objects inside

  std::size_t value_begin_ = 0;   // of a member of the outermost object
  std::size_t string_begin_ = 0;  // behind its quote
  std::size_t copied_ = 0;        // up to here it is in decoded_
  bool is_key_ = false;
  bool has_escapes_ = false;
  std::string decoded_;  // of a string with escapes

  Object object_;
  Error error_;
};

/// `text` without JSON's white space around it.
SSE_EXPORT std::string_view trim_space(std::string_view text);

}  // namespace sse::json
