#pragma once

namespace sse::cli {

/// A program's exit status: that of `run`, or kInternal, with a line on stderr, for an exception
/// that nobody expected. The body of every main().
int run_main(const char* program, int (*run)(int, char**), int argc, char** argv);

}  // namespace sse::cli
