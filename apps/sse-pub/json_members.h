#pragma once

#include <string_view>

#include "sse/base/result.h"

namespace sse::pub {

/// Walks the members of one JSON object without building anything: a name and the bytes of its
/// value at a time. It finds where values end, and leaves it to the hub to say whether they are
/// JSON. No recursion. Thread-compatible.
class JsonMembers {
 public:
  explicit JsonMembers(std::string_view object) : rest_(object) {}

  /// Goes to the next member; false at the end, and when the text is not an object: then error()
  /// says why.
  bool next();

  std::string_view name() const { return name_; }    ///< as written, without its quotes
  std::string_view value() const { return value_; }  ///< as written, without white space around

  bool is_whole() const { return state_ == State::kEnd; }
  Error error() const;

 private:
  enum class State { kStart, kInside, kEnd, kBroken };

  bool open();
  bool take_string(std::string_view& text);
  bool take_value();
  bool skip_nested();
  void skip_space();
  bool broken() { return state_ = State::kBroken, false; }

  std::string_view rest_;
  std::string_view name_;
  std::string_view value_;
  State state_ = State::kStart;
};

}  // namespace sse::pub
