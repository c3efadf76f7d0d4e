#pragma once

namespace sse::cli {

/// Takes the numbers 0, 1 and 2 for those of stdin, stdout and stderr that the program was started
/// without, so that no socket gets one of them and receives what was meant for stdout. Reading and
/// writing them fails, as it does on a closed descriptor, and commands are started without them,
/// too. Throws std::system_error when they cannot be had. Call it first.
void claim_standard_streams();

}  // namespace sse::cli
