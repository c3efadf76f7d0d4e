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

/// What comes of the session where `words` start the script.
std::string played(std::vector<std::string> words, const std::string& times = "1") {
  words.insert(words.end(),
               {std::string(SSE_SOURCE_DIR) + "/scripts/transcript", "--print", times});
  const std::string program = program_path("sse-sub");
  Program transcript(words, {{"SSE_PROGRAMS=" + program.substr(0, program.rfind('/'))}, false, ""});
  CHECK(transcript.wait() == 0);
  CAPTURE(transcript.err());
  return transcript.out();
}

TEST_CASE("The session in the README is what the programs say", "[commands][readme]") {
  INFO("after a change of what they say: scripts/transcript");
  CHECK(played({}) == in_readme());
}

TEST_CASE("The session in the README can be had twice with one hub and one home",
          "[commands][readme]") {
  const std::string once = in_readme();
  const std::string frame = "```\n";
  const auto start = once.find("$ sse-pub metric");
  REQUIRE(start != std::string::npos);
  std::string again = once.substr(start);
  const std::string deploy = "[\"deploy\",\"ci/api\",\"1.2.3\"]\n";
  again.insert(again.find(deploy), deploy);  // the hub still has the first one
  CHECK(played({}, "2") == once.substr(0, once.size() - frame.size()) + again);
}

TEST_CASE("The session in the README needs few descriptors, and no init", "[commands][readme]") {
  std::string few = played({"bash", "-c", "ulimit -n 256; exec \"$@\"", "bash"});
  const auto warning = few.find("sse-serve: warning: --max-clients is ");
  REQUIRE(warning != std::string::npos);
  few.erase(warning, few.find('\n', warning) + 1 - warning);
  CHECK(few == in_readme());

  const std::vector<std::string> own{"unshare", "--user",       "--map-root-user",
                                     "--pid",   "--mount-proc", "--fork"};
  std::vector<std::string> trial = own;
  trial.emplace_back("true");
  if (Program(trial).wait() == 0) {
    CHECK(played(own) == in_readme());
  } else {
    WARN("no namespaces here: process 1 is not tried");
  }
}

}  // namespace
}  // namespace sse::test
