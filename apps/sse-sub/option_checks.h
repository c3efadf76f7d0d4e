#pragma once

/// \file
/// Rules of single values, and of options that meet. Each error is kInvalid unless said otherwise.

#include <chrono>
#include <string>

#include "sse/base/result.h"

#include "options.h"

namespace sse::sub {

/// What the server understands after `since=`; checked here, because a 400 says less.
Status check_since(const std::string& text);

/// A duration of which there is at least a millisecond: what happens each DURATION.
Result<std::chrono::nanoseconds> positive_duration(const std::string& text);

/// Whether the program was started with this descriptor.
Status check_open(int fd);

/// Whether there is such a file, or `path` is empty. Error: kIo.
Status check_readable(const std::string& path);

/// Options that need, or exclude, one another.
Status check_together(const Options& options);

}  // namespace sse::sub
