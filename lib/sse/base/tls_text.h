#pragma once

#include <string>

namespace sse {

/// What the thread's queue of OpenSSL errors says of the last call, in words; empties the queue.
std::string take_tls_error();

}  // namespace sse
