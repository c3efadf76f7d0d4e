// The session in the README is what the programs say.

#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

/// What stands between the markers in README.md.
std::string in_readme() {
  const std::string begin = "<!-- scripts/transcript -->\n";
  const std::string readme = read_text(std::string(SSE_SOURCE_DIR) + "/README.md");
  const auto start = readme.find(begin);
  const auto end = readme.find("<!-- /scripts/transcript -->");
  REQUIRE(start != std::string::npos);
  REQUIRE(end != std::string::npos);
  return readme.substr(start + begin.size(), end - start - begin.size());
}

TEST_CASE("The session in the README is what the programs say", "[commands][readme]") {
  const std::string program = program_path("sse-sub");
  Program transcript({std::string(SSE_SOURCE_DIR) + "/scripts/transcript", "--print"},
                     {{"SSE_PROGRAMS=" + program.substr(0, program.rfind('/'))}, false, ""});
  CHECK(transcript.wait() == 0);
  CAPTURE(transcript.err());
  INFO("after a change of what they say: scripts/transcript");
  CHECK(transcript.out() == in_readme());
}

}  // namespace
}  // namespace sse::test
