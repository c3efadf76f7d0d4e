#include "cli/status_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <string>

namespace sse::cli {
namespace {

constexpr std::size_t kDefaultWidth = 80;
constexpr std::string_view kToStart = "\r";
constexpr std::string_view kEraseToEnd = "\x1b[K";

}  // namespace

bool StatusLine::is_terminal() const {
  return ::isatty(fd_) == 1;
}

void StatusLine::draw(std::string_view text) {
  std::string line(kToStart);
  line.append(text.substr(0, room())).append(kEraseToEnd);
  write(line);
  is_drawn_ = true;
}

void StatusLine::clear() {
  if (is_drawn_) write(std::string(kToStart).append(kEraseToEnd));
  is_drawn_ = false;
}

void StatusLine::leave() {
  if (is_drawn_) write("\n");
  is_drawn_ = false;
}

// A full line would move the cursor to the next one.
std::size_t StatusLine::room() const {
  winsize size{};
  const bool is_known = ::ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return (is_known ? size.ws_col : kDefaultWidth) - 1;
}

// A line that cannot be shown stops nothing.
void StatusLine::write(std::string_view text) const {
  [[maybe_unused]] const auto written = ::write(fd_, text.data(), text.size());
}

}  // namespace sse::cli
