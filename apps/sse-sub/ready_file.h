#pragma once

#include <string>

#include "sse/base/result.h"

#include "watch.h"

namespace sse::sub {

/// Makes `path` with our pid in it, all at once: a file that is there is whole. Error: kIo.
Status write_ready_file(const std::string& path);

/// Writes the same line to `fd` and closes it, so that a program that reads to the end is not kept
/// waiting. Error: kIo.
Status write_ready_fd(int fd, Watch& watch);

}  // namespace sse::sub
