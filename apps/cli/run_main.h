#pragma once

namespace sse::cli {

/// A program's exit status: that of `run`, or, with a line on stderr, kConfig for a limit of the
/// system and kInternal for any other exception. Claims the standard streams first, and as process
/// 1 becomes the init of its container (run_under_init()). The body of every main().
int run_main(const char* program, int (*run)(int, char**), int argc, char** argv);

}  // namespace sse::cli
