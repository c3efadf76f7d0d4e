#include <map>

#include "cli/command_line.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

namespace sse::cli {
namespace {

using Words = std::vector<std::string>;

/// A program with two subcommands, and one that runs a command.
struct Sample {
  int output = 0;
  std::string url;
  std::string file;
  std::string metric;
  bool lines = false;
  std::optional<std::string> resume;
  CommandLine line{"sse-sub", "Tries things."};
  std::map<std::string, std::string> variables;

  Sample() {
    auto list = line.options();
    list.choice("-o,--output", output, "the form", {{"data", 0}, {"json", 1}});
    list.text("--url", url, "URL", "where");
    list.text("-f,--file", file, "FILE", "a file");
    list.optional_value("--resume", "NAME", "go on", [this](const std::string& text) -> Status {
      resume = text;
      return {};
    });
    auto reading = line.command("reading", "One reading.");
    reading.text("metric,-m,--metric", metric, "METRIC", "which");
    reading.flag("-l,--lines", lines, "from stdin");
    line.command("event", "One event.");
    line.takes_command("COMMAND");
  }

  std::string complete(const Words& words) {
    return line.complete(words, [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  }
};

/// The candidates alone, a blank after each.
std::string candidates(const Words& words) {
  Sample sample;
  std::string out;
  const std::string text = sample.complete(words);
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    out += text.substr(at, text.find('\t', at) - at) + " ";
  }
  return out;
}

TEST_CASE("Subcommands, options and words of a choice are completed", "[cli][complete]") {
  CHECK(Sample().complete({"r"}) == "reading\tOne reading.\n");
  CHECK(candidates({""}) == "reading event ");
  CHECK(candidates({}) == "reading event ");
  CHECK(candidates({"--ou"}) == "--output ");
  CHECK(candidates({"reading", "--l"}) == "--lines ");
  CHECK(candidates({"event", "--l"}).empty());
  CHECK(candidates({"--no-c"}) == "--no-config ");
  CHECK(candidates({"--res"}) == "--resume --resume= ");
  CHECK(candidates({"-o", "j"}) == "json ");
  CHECK(candidates({"--output", ""}) == "data json ");
  CHECK(candidates({"reading", "-lo", ""}) == "data json ");
  CHECK(candidates({"--output=d"}) == "--output=data ");
  CHECK(candidates({"--nonsense=d"}).empty());
}

TEST_CASE("A value that is given does not count as a word", "[cli][complete]") {
  CHECK(candidates({"-o", "json", "ev"}) == "event ");
  CHECK(candidates({"--url", "reading", "ev"}) == "event ");
  CHECK(candidates({"--resume", "ev"}) == "event ");
  CHECK(candidates({"-ojson", "ev"}) == "event ");
}

TEST_CASE("Files and commands are left to the shell", "[cli][complete]") {
  CHECK(Sample().complete({"-f", "x"}) == "\tfiles\n");
  CHECK(Sample().complete({"--file=x"}) == "\tfiles\n");
  CHECK(Sample().complete({"reading", "--", "mak"}) == "\tcommands\n");
  CHECK(Sample().complete({"reading", "--", "make", "-C"}) == "\tfiles\n");
}

TEST_CASE("The positions that are kept are the names for --resume", "[cli][complete]") {
  const test::TemporaryDirectory directory;
  for (const char* name : {"job@h_80-1.cursor", "job@h_80-2.cursor", "a b@h_80-1.cursor",
                           "job@h_80-1.cursor.bak", "job@h_80-1.cursor.lock"}) {
    test::write_text(directory.file(name), "");
  }
  Sample sample;
  sample.variables["SSE_STATE_DIR"] = directory.path();
  CHECK(sample.complete({"--resume="}) ==
        "--resume=a b\ta position that is kept\n--resume=job\ta position that is kept\n");
}

TEST_CASE("Files are completed behind the @ of a value that may come from one", "[cli][complete]") {
  const test::TemporaryDirectory directory;
  test::write_text(directory.file("body.json"), "");
  std::filesystem::create_directory(directory.file("bodies"));
  std::string data;
  Sample sample;
  sample.line.options().text("-d,--data", data, "TEXT", "what");
  const std::string start = "@" + directory.file("b");
  CHECK(sample.complete({"--data", start}) == start + "odies/\t\n" + start + "ody.json\t\n");
  CHECK(sample.complete({"--url", start}).empty());
}

TEST_CASE("No hub, no candidates, no complaint", "[cli][complete]") {
  Sample sample;
  CHECK(sample.complete({"--url", "http://127.0.0.1:1", "reading", "--metric", ""}).empty());
  CHECK(sample.complete({"--url", "no url at all", "reading", "--metric", ""}).empty());
}

}  // namespace
}  // namespace sse::cli
