#include <map>

#include "cli/command_line.h"
#include "support/catch.h"

namespace sse::cli {
namespace {

using std::chrono::milliseconds;

/// A command line with one option of each kind.
struct Sample {
  std::string url = "default";
  std::optional<std::string> resume;
  std::chrono::nanoseconds timeout{};
  std::uint64_t size = 0;
  unsigned count = 7;
  bool follow = true;
  int verbosity = 0;
  std::vector<std::string> headers;
  std::string name;
  std::string value;
  CommandLine line{"sse-try", "Tries things."};
  std::map<std::string, std::string> variables;

  Sample() {
    OptionList options = line.options();
    options.text("--url", url, "URL", "where").variable("SSE_URL");
    options.optional_value("--resume", "NAME", "go on", [this](const std::string& text) -> Status {
      resume = text;
      return {};
    });
    options.duration("-W,--timeout", timeout, "how long").variable("SSE_TIMEOUT");
    options.size("--max-size", size, "how much");
    options.number("-C,--count", count, "how many");
    options.flag("--follow", follow, "go on for ever").variable("SSE_FOLLOW");
    options.count("-v", verbosity, "say more");
    options.list("-H,--header", headers, "HEADER", "a header");
    options.text("name,--name", name, "NAME", "a name");
    options.text("value,--value", value, "VALUE", "a value");
    line.examples("  sse-try -5");
  }

  CommandLine::Outcome parse(const std::vector<std::string>& words) {
    return line.parse(words, [this](const std::string& variable) -> std::optional<std::string> {
      const auto found = variables.find(variable);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    });
  }

  /// The complaint about words that are wrong.
  std::string complaint(const std::vector<std::string>& words) {
    const auto outcome = parse(words);
    if (outcome.exit != ExitCode::kUsage || outcome.complaints.empty()) return "none";
    return outcome.complaints.back();
  }
};

TEST_CASE("Words become values", "[cli]") {
  Sample sample;
  const auto outcome = sample.parse(
      {"--url=http://a", "-W", "1m30s", "--max-size", "64k", "-C3", "cpu", "--no-follow", "1.50"});
  CHECK_FALSE(outcome.exit);
  CHECK(sample.url == "http://a");
  CHECK(sample.timeout == std::chrono::seconds(90));
  CHECK(sample.size == 65536);
  CHECK(sample.count == 3);
  CHECK_FALSE(sample.follow);
  CHECK(sample.name == "cpu");
  CHECK(sample.value == "1.50");
}

TEST_CASE("The last of a repeated scalar wins, a list keeps all", "[cli]") {
  Sample sample;
  CHECK_FALSE(sample
                  .parse({"--url", "a", "--url", "b", "-H", "X: 1", "-H", "Y: 2", "--no-follow",
                          "--follow", "-vv", "-v"})
                  .exit);
  CHECK(sample.url == "b");
  CHECK(sample.headers == std::vector<std::string>{"X: 1", "Y: 2"});
  CHECK(sample.follow);
  CHECK(sample.verbosity == 3);
}

TEST_CASE("A list takes one value and leaves the positional behind it", "[cli]") {
  Sample sample;
  CHECK_FALSE(sample.parse({"-H", "X: 1", "cpu", "3"}).exit);
  CHECK(sample.headers == std::vector<std::string>{"X: 1"});
  CHECK(sample.name == "cpu");
}

TEST_CASE("An optional value comes with an equals sign only", "[cli]") {
  for (const auto& [words, resumed, named] :
       std::vector<std::tuple<std::vector<std::string>, std::string, std::string>>{
           {{"--resume", "cpu"}, "", "cpu"},
           {{"--resume=job", "cpu"}, "job", "cpu"},
           {{"--resume=true", "cpu"}, "true", "cpu"},
           {{"cpu", "--resume"}, "", "cpu"},
           {{"--resume", "--name", "cpu"}, "", "cpu"}}) {
    Sample sample;
    CAPTURE(words);
    CHECK_FALSE(sample.parse(words).exit);
    CHECK(sample.resume == resumed);
    CHECK(sample.name == named);
  }
}

TEST_CASE("Negative numbers are positionals", "[cli]") {
  Sample sample;
  CHECK_FALSE(sample.parse({"cpu", "-5"}).exit);
  CHECK(sample.value == "-5");
  Sample fraction;
  CHECK_FALSE(fraction.parse({"cpu", "-.5"}).exit);
  CHECK(fraction.value == "-.5");
  Sample option;
  CHECK_FALSE(option.parse({"--value", "-.5"}).exit);
  CHECK(option.value == "-.5");
}

TEST_CASE("A value may look like an option or be empty", "[cli]") {
  Sample sample;
  CHECK_FALSE(sample.parse({"--url", "--follow", "--name="}).exit);
  CHECK(sample.url == "--follow");
  CHECK(sample.name.empty());
}

TEST_CASE("A positional that is given by name takes no word, wherever the name stands", "[cli]") {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--name", "cpu", "3"}, {"3", "--name", "cpu"}, {"--name=cpu", "--", "3"}}) {
    Sample sample;
    CAPTURE(words);
    CHECK_FALSE(sample.parse(words).exit);
    CHECK(sample.name == "cpu");
    CHECK(sample.value == "3");
  }
}

TEST_CASE("Two dashes end the options", "[cli]") {
  Sample sample;
  CHECK_FALSE(sample.parse({"--", "--url", "-v"}).exit);
  CHECK(sample.name == "--url");
  CHECK(sample.value == "-v");
}

TEST_CASE("What follows two dashes is the command, for programs that run one", "[cli]") {
  Sample sample;
  sample.line.takes_command("COMMAND...");
  const auto outcome = sample.parse({"--url", "--", "cpu", "--", "make", "-v", "--", "x"});
  CHECK_FALSE(outcome.exit);
  CHECK(sample.url == "--");
  CHECK(outcome.command == std::vector<std::string>{"make", "-v", "--", "x"});
}

TEST_CASE("Only the subcommand that runs a command takes one", "[cli]") {
  CommandLine line("sse-try", "Tries things.");
  std::string word;
  line.command("say", "Says it.").text("word,--word", word, "WORD", "what");
  line.command("run", "Runs it.");
  line.takes_command("COMMAND...", "run");
  const auto nothing = [](const std::string&) { return std::optional<std::string>(); };
  CHECK(line.parse({"say", "--", "-x"}, nothing).command.empty());
  CHECK(word == "-x");
  CHECK(line.parse({"run", "--", "-x"}, nothing).command == std::vector<std::string>{"-x"});
}

TEST_CASE("The first word that is not an option begins the command of a wrapper", "[cli]") {
  CommandLine line("sse-try", "Tries things.");
  bool lines = false;
  line.command("run", "Runs it.").flag("-l,--lines", lines, "lines");
  line.is_wrapper("COMMAND", "run");
  const auto nothing = [](const std::string&) { return std::optional<std::string>(); };
  const std::vector<std::string> command{"ls", "-la", "--", "x"};
  CHECK(line.parse({"run", "-l", "ls", "-la", "--", "x"}, nothing).command == command);
  CHECK(lines);
  CHECK(line.parse({"run", "--", "ls", "-la", "--", "x"}, nothing).command == command);
  CHECK(line.parse({"run", "--", "-x"}, nothing).command == std::vector<std::string>{"-x"});
}

TEST_CASE("A mistyped option gets its nearest neighbour", "[cli]") {
  Sample sample;
  CHECK(sample.complaint({"--folow"}) == "unknown option --folow; did you mean --follow?");
  CHECK(sample.complaint({"--no-folow"}) == "unknown option --no-folow; did you mean --no-follow?");
  CHECK(sample.complaint({"--haeder=x"}) == "unknown option --haeder; did you mean --header?");
  CHECK(sample.complaint({"--xyzzyplugh"}) == "unknown option --xyzzyplugh; --help lists them");
  CHECK(sample.complaint({"-vq"}) == "unknown option -q; --help lists them");
}

TEST_CASE("What is wrong with a value is said with the option's name", "[cli]") {
  Sample sample;
  CHECK_THAT(sample.complaint({"-W", "soon"}), Catch::StartsWith("--timeout: "));
  CHECK(sample.complaint({"-C", "-1"}) ==
        "--count: \"-1\" is not a whole number from 0 to 4294967295");
  CHECK(sample.complaint({"--url"}) == "--url needs a value: URL");
  CHECK(sample.complaint({"--follow=x"}) == "--follow takes no value");
  CHECK(sample.complaint({"--resume="}) ==
        "--resume= has no NAME behind it; is a variable not set?");
  CHECK_THAT(sample.complaint({"a", "b", "c"}),
             Catch::StartsWith("unexpected argument \"c\"; usage: "));
}

TEST_CASE("A variable stands in for an option that is not given", "[cli]") {
  Sample sample;
  sample.variables = {{"SSE_URL", "http://v"}, {"SSE_TIMEOUT", "2s"}, {"SSE_FOLLOW", "0"}};
  CHECK_FALSE(sample.parse({"--timeout", "5s"}).exit);
  CHECK(sample.url == "http://v");
  CHECK(sample.timeout == std::chrono::seconds(5));
  CHECK_FALSE(sample.follow);
}

TEST_CASE("An empty variable is unset, a bad one is an error that names it", "[cli]") {
  Sample sample;
  sample.variables = {{"SSE_URL", ""}};
  CHECK_FALSE(sample.parse({}).exit);
  CHECK(sample.url == "default");
  sample.variables = {{"SSE_TIMEOUT", "soon"}};
  CHECK_THAT(sample.complaint({}), Catch::StartsWith("SSE_TIMEOUT: "));
  sample.variables = {{"SSE_FOLLOW", "maybe"}};
  CHECK_THAT(sample.complaint({}), Catch::StartsWith("SSE_FOLLOW: "));
}

TEST_CASE("What Kubernetes puts into a variable is ignored with a warning", "[cli]") {
  CommandLine line("sse-serve", "Serves.");
  std::uint16_t port = 8089;
  line.options().number("-p,--port", port, "the port");
  line.variable_prefix("SSE_SERVE_");
  const auto outcome = line.parse({}, [](const std::string& name) -> std::optional<std::string> {
    if (name == "SSE_SERVE_PORT") return "tcp://10.0.0.1:80";
    return std::nullopt;
  });
  CHECK_FALSE(outcome.exit);
  CHECK(port == 8089);
  REQUIRE(outcome.complaints.size() == 1);
  CHECK_THAT(outcome.complaints.front(), Catch::StartsWith("warning: SSE_SERVE_PORT="));
}

TEST_CASE("Help is grouped and goes to stdout, whatever else is wrong", "[cli]") {
  Sample sample;
  const auto outcome = sample.parse({"-W", "soon", "-h"});
  CHECK(outcome.exit == ExitCode::kDone);
  CHECK_THAT(outcome.out, Catch::StartsWith("usage: sse-try [OPTIONS] [NAME] [VALUE]\n"));
  CHECK_THAT(
      outcome.out,
      Catch::Contains("  -W, --timeout DURATION      how long (default 0s) [SSE_TIMEOUT]\n"));
  CHECK_THAT(outcome.out, Catch::Contains("      --[no-]follow"));
  CHECK_THAT(outcome.out, Catch::Contains("      --resume[=NAME]"));
  CHECK_THAT(outcome.out, Catch::EndsWith("\nExamples:\n  sse-try -5\n"));
  CHECK(sample.parse({"--version"}).out.starts_with("sse-try "));
}

TEST_CASE("A subcommand has its own options and the program's", "[cli]") {
  std::string url;
  std::string metric;
  CommandLine line("sse-try", "Tries things.");
  line.options().text("--url", url, "URL", "where");
  line.command("reading", "One reading.")
      .text("metric,--metric", metric, "METRIC", "which")
      .required();
  line.command("event", "One event.");
  const auto nothing = [](const std::string&) { return std::optional<std::string>(); };

  auto outcome = line.parse({"reading", "event", "--url", "x"}, nothing);
  CHECK_FALSE(outcome.exit);
  CHECK(outcome.subcommand == "reading");
  CHECK(metric == "event");
  CHECK(url == "x");
  CHECK(line.parse({"reading", "--metrc", "x"}, nothing).complaints.back() ==
        "unknown option --metrc; did you mean --metric?");
  CHECK(line.parse({"raeding"}, nothing).complaints.back() ==
        "unknown command \"raeding\"; did you mean reading?");
  CHECK(line.parse({"reading"}, nothing).complaints.back() ==
        "reading needs a METRIC; usage: sse-try reading [OPTIONS] [METRIC]");
  CHECK(line.parse({}, nothing).complaints.back() ==
        "a command is needed: reading, event; --help tells more");
  CHECK_THAT(line.parse({"reading", "-h"}, nothing).out, Catch::Contains("--url URL"));
}

}  // namespace
}  // namespace sse::cli
