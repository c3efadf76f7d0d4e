#pragma once

#include <cstddef>
#include <string_view>

namespace sse::cli {

/// A line of a terminal that is drawn over itself. Thread-compatible.
class StatusLine {
 public:
  /// `fd` stays open for as long as this lives.
  explicit StatusLine(int fd) : fd_(fd) {}

  bool is_terminal() const;

  /// How many characters fit.
  std::size_t room() const;

  /// Shows `text` in place of what was drawn before, as much of it as fits.
  void draw(std::string_view text);

  /// Makes room for other text: the line is empty, and the cursor at its start.
  void clear();

  /// Leaves the line as it is, and goes on below it.
  void leave();

 private:
  void write(std::string_view text) const;

  const int fd_;
  bool is_drawn_ = false;
};

}  // namespace sse::cli
