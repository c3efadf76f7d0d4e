#pragma once

/// \file
/// What the kernel says of a running hub, and what it is allowed.

#include <sys/types.h>

#include <cstddef>

namespace sse::test {

std::size_t open_descriptors(pid_t pid);

/// For how many the kernel has a table by now.
std::size_t descriptor_table_size(pid_t pid);

/// The most descriptors that it may have from now on.
void limit_descriptors(pid_t pid, std::size_t count);

std::size_t rss_bytes(pid_t pid);
std::size_t peak_rss_bytes(pid_t pid);

}  // namespace sse::test
