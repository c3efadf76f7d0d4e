#include "format.h"

namespace sse::pub {

std::optional<std::size_t> cut_line(std::string_view bytes, Format::More more) {
  const auto end = bytes.find('\n');
  if (end != std::string_view::npos) return end + 1;
  if (more == Format::More::kNever && !bytes.empty()) return bytes.size();
  return std::nullopt;
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace sse::pub
