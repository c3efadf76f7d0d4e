#include "cli/color.h"

#include <map>

#include "support/catch.h"

using sse::cli::ColorMode;
using sse::cli::uses_color;

TEST_CASE("Colour is what --color says, then NO_COLOR, CLICOLOR_FORCE and the terminal",
          "[cli][color]") {
  std::map<std::string, std::string> variables;
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  CHECK(uses_color(ColorMode::kAuto, environment, true));
  CHECK_FALSE(uses_color(ColorMode::kAuto, environment, false));
  variables["CLICOLOR_FORCE"] = "0";
  CHECK_FALSE(uses_color(ColorMode::kAuto, environment, false));
  variables["CLICOLOR_FORCE"] = "1";
  CHECK(uses_color(ColorMode::kAuto, environment, false));
  variables["NO_COLOR"] = "";
  CHECK(uses_color(ColorMode::kAuto, environment, false));
  variables["NO_COLOR"] = "1";
  CHECK_FALSE(uses_color(ColorMode::kAuto, environment, true));
  CHECK(uses_color(ColorMode::kAlways, environment, false));
  variables.clear();
  variables["TERM"] = "dumb";
  CHECK_FALSE(uses_color(ColorMode::kAuto, environment, true));
  CHECK(uses_color(ColorMode::kAlways, environment, true));
  variables["TERM"] = "xterm";
  CHECK(uses_color(ColorMode::kAuto, environment, true));
  variables.clear();
  CHECK_FALSE(uses_color(ColorMode::kNever, environment, true));
}
