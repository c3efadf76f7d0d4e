#include "cli/run_main.h"

#include <cstdio>
#include <exception>
#include <new>

#include "cli/exit_code.h"

namespace sse::cli {
namespace {

/// Not by a stream: there may be no memory for its buffer.
int internal_error(const char* program, const char* text) {
  std::fprintf(stderr, "%s: internal error: %s\n", program, text);
  return status(ExitCode::kInternal);
}

}  // namespace

int run_main(const char* program, int (*run)(int, char**), int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    return internal_error(program, "out of memory");
  } catch (const std::exception& failure) {
    return internal_error(program, failure.what());
  }
}

}  // namespace sse::cli
