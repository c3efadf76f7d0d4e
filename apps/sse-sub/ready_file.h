#pragma once

#include <string>

#include "sse/base/result.h"

namespace sse::sub {

/// Makes `path` with our pid in it, all at once: whoever sees the file sees all of it. Error: kIo.
Status write_ready_file(const std::string& path);

}  // namespace sse::sub
