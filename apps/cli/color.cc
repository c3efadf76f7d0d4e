#include "cli/color.h"

namespace sse::cli {

bool uses_color(ColorMode mode, const Environment& environment, bool is_terminal) {
  if (mode != ColorMode::kAuto) return mode == ColorMode::kAlways;
  const auto is_set = [&](const char* name) { return !environment(name).value_or("").empty(); };
  if (is_set("NO_COLOR")) return false;
  if (is_set("CLICOLOR_FORCE") && environment("CLICOLOR_FORCE") != "0") return true;
  return is_terminal && environment("TERM") != "dumb";
}

}  // namespace sse::cli
