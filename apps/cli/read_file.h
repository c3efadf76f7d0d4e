#pragma once

#include <string>

#include "sse/base/result.h"

namespace sse::cli {

/// All of a file; `-` is stdin. Error: kIo.
Result<std::string> read_file(const std::string& path);

}  // namespace sse::cli
