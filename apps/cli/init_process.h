#pragma once

namespace sse::cli {

/// As process 1, of a container, starts the program as a second process and never returns in the
/// first: that one hands signals on, reaps every orphan, and ends with the program's status. So a
/// second TERM ends the program, which the kernel would not do to process 1. Otherwise, and when a
/// service manager has passed sockets to this very process, does nothing. Call it before threads
/// and signal handlers. Throws std::system_error when there can be no second process.
void run_under_init();

}  // namespace sse::cli
