// sse-serve as a build without SQLite and hiredis makes it.

#include <unistd.h>

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

std::pair<int, std::string> end_of(std::vector<std::string> words) {
  words.insert(words.begin(), SSE_MEMORY_ONLY);
  Program program(words);
  const int status = program.wait();
  return {status, program.err()};
}

TEST_CASE("A program without SQLite says so where a directory is wanted, and serves without one",
          "[serve][history]") {
  const TemporaryDirectory directory;
  const std::string data = directory.file("data");
  for (const char* more : {"--port=0", "--check-config"}) {
    CAPTURE(more);
    const auto [status, err] = end_of({more, "--data-dir=" + data});
    CHECK(status == 64);
    CHECK(err.find("--data-dir: this sse-serve was built without SQLite") != std::string::npos);
  }
  CHECK(::access(data.c_str(), F_OK) != 0);
  const auto checked = end_of({"check", directory.path()});
  CHECK(checked.first == 77);
  CHECK(checked.second.find("this build has no SQLite") != std::string::npos);
  const auto [status, err] = end_of({"--port=0", "--", "true"});
  CHECK(status == 0);
  CHECK(err.find("listening on") != std::string::npos);
}

TEST_CASE("A program without hiredis says so where a cluster is wanted", "[serve][cluster]") {
  for (const char* more : {"--port=0", "--check-config"}) {
    CAPTURE(more);
    const auto [status, err] = end_of({more, "--cluster=redis://127.0.0.1:1"});
    CHECK(status == 64);
    CHECK(err.find("--cluster: this sse-serve was built without hiredis") != std::string::npos);
  }
}

}  // namespace
}  // namespace sse::test
