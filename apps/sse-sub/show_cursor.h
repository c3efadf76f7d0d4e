#pragma once

#include <string>

#include "cli/exit_code.h"

namespace sse::sub {

enum class CursorForm { kLines, kJson };

/// Prints the position that is saved in `path`, also while another process uses it, as `key value`
/// lines or one JSON object. kNotAsWanted when there is none.
cli::ExitCode show_cursor(const std::string& path, CursorForm form);

}  // namespace sse::sub
