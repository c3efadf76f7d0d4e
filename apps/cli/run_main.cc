#include "cli/run_main.h"

#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include "cli/exit_code.h"
#include "cli/init_process.h"
#include "cli/standard_streams.h"

namespace sse::cli {
namespace {

/// Not by a stream: there may be no memory for its buffer.
int internal_error(const char* program, const char* text) {
  std::fprintf(stderr, "%s: internal error: %s\n", program, text);
  return status(ExitCode::kInternal);
}

/// Whether a limit of the system is why there was no descriptor, process or thread.
bool is_limit(const std::error_code& code) {
  return code == std::errc::too_many_files_open ||
         code == std::errc::too_many_files_open_in_system ||
         code == std::errc::resource_unavailable_try_again;
}

}  // namespace

int run_main(const char* program, int (*run)(int, char**), int argc, char** argv) {
  try {
    claim_standard_streams();
    run_under_init();
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    return internal_error(program, "out of memory");
  } catch (const std::system_error& failure) {
    std::fprintf(stderr, "%s: error: %s\n", program, failure.what());
    return status(is_limit(failure.code()) ? ExitCode::kConfig : ExitCode::kInternal);
  } catch (const std::exception& failure) {
    return internal_error(program, failure.what());
  }
}

}  // namespace sse::cli
