#include <map>

#include "cli/command_line.h"
#include "cli/request_headers.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

namespace sse::cli {
namespace {

using test::TemporaryDirectory;
using test::write_text;

/// A program with an option of each kind, and files of its own.
struct Sample {
  TemporaryDirectory directory;
  std::map<std::string, std::string> variables{{"XDG_CONFIG_HOME", directory.path()}};

  std::string url = "http://standard";
  std::optional<std::string> resume;
  std::optional<std::string> place;
  std::string from;
  std::chrono::nanoseconds wait = std::chrono::seconds(1);
  bool follow = true;
  int verbosity = 0;
  std::vector<std::string> types;
  RequestHeaders headers;
  CommandLine line{"sse-sub", "Tries things."};

  Sample() {
    auto list = line.options();
    list.text("url,--url", url, "URL", "where").variable("SSE_URL");
    list.optional_value("--resume", "NAME", "go on", [this](const std::string& text) -> Status {
      resume = text;
      return {};
    });
    auto file = list.text("--place", place, "FILE", "a place").variable("SSE_PLACE");
    list.text("--from", from, "ID", "a start").excludes(file);
    list.duration("--retry-max", wait, "how long");
    list.flag("--follow", follow, "go on");
    list.count("-v,--verbose", verbosity, "say more");
    list.list("-e,--type", types, "GLOB", "types");
    declare_headers(list, headers);
  }

  Environment environment() const {
    return [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
  }

  /// With this text in a file that is named.
  CommandLine::Outcome parse(const std::string& text, std::vector<std::string> words = {}) {
    write_text(file(), text);
    words.insert(words.begin(), {"--config", file()});
    return line.parse(words, environment());
  }

  std::string file() const { return directory.file("named.toml"); }
};

/// The complaint about a file; with the file's name as FILE.
std::string complaint(const std::string& text) {
  Sample sample;
  const auto outcome = sample.parse(text);
  if (outcome.exit != ExitCode::kConfig || outcome.complaints.empty()) return "none";
  std::string said = outcome.complaints.back();
  if (const auto at = said.find(sample.file()); at != std::string::npos) {
    said.replace(at, sample.file().size(), "FILE");
  }
  return said;
}

TEST_CASE("A file gives values to options of every kind", "[cli][config]") {
  Sample sample;
  CHECK_FALSE(sample
                  .parse("url = 'http://shared'\nverbose = 2\n"
                         "[sub]\nresume = true\nretry-max = '1m30s'\nfollow = false\n"
                         "type = ['a', \"b\"]\nheader = ['X: 1']\n"
                         "[pub]\nwhatever = 1\n")
                  .exit);
  CHECK(sample.url == "http://shared");
  CHECK(sample.verbosity == 2);
  CHECK(sample.resume == "");
  CHECK(sample.wait == std::chrono::seconds(90));
  CHECK_FALSE(sample.follow);
  CHECK(sample.types == std::vector<std::string>{"a", "b"});
  CHECK(sample.headers.given == std::vector<std::string>{"X: 1"});
}

TEST_CASE("An option with an optional value takes true, false or the value", "[cli][config]") {
  for (const auto& [text, resumed] :
       std::vector<std::pair<std::string, std::optional<std::string>>>{
           {"true", ""}, {"false", std::nullopt}, {"'job'", "job"}}) {
    Sample sample;
    CHECK_FALSE(sample.parse("[sub]\nresume = " + text).exit);
    CHECK(sample.resume == resumed);
  }
}

TEST_CASE("Command line over environment over file over default", "[cli][config]") {
  const std::string text = "url = 'http://file'";
  Sample line;
  line.variables["SSE_URL"] = "http://variable";
  CHECK_FALSE(line.parse(text, {"--url", "http://word"}).exit);
  CHECK(line.url == "http://word");
  Sample variable;
  variable.variables["SSE_URL"] = "http://variable";
  CHECK_FALSE(variable.parse(text).exit);
  CHECK(variable.url == "http://variable");
  Sample file;
  file.variables["SSE_URL"] = "";
  CHECK_FALSE(file.parse(text).exit);
  CHECK(file.url == "http://file");
}

TEST_CASE("A program's own section wins over what is shared", "[cli][config]") {
  Sample sample;
  CHECK_FALSE(sample.parse("url = 'http://shared'\n[sub]\nurl = 'http://own'").exit);
  CHECK(sample.url == "http://own");
}

TEST_CASE("What contradicts a higher layer is left out", "[cli][config]") {
  Sample sample;
  CHECK_FALSE(sample.parse("[sub]\nplace = '/p'", {"--from", "7"}).exit);
  CHECK(sample.from == "7");
  CHECK_FALSE(sample.place);
}

TEST_CASE("Only words contradict one another: a file may hold all that is shown", "[cli][config]") {
  Sample sample;
  CHECK_FALSE(sample.parse("[sub]\nplace = '/p'\nfrom = '7'").exit);
  CHECK(sample.from == "7");
  CHECK(sample.place == "/p");
  const auto outcome = sample.parse("", {"--from", "7", "--place", "/p"});
  CHECK(outcome.exit == ExitCode::kUsage);
  CHECK(outcome.complaints.back() == "--place and --from cannot be used together");
  CHECK(
      sample.line.parse({"--config", "x", "--no-config"}, sample.environment()).complaints.back() ==
      "--config and --no-config cannot be used together");
}

TEST_CASE("A name of a file that is empty is said to be", "[cli][config]") {
  Sample sample;
  const auto outcome = sample.line.parse({"--config="}, sample.environment());
  CHECK(outcome.exit == ExitCode::kUsage);
  CHECK(outcome.complaints.back() == "--config: \"\" is not a FILE; is a variable not set?");
}

TEST_CASE("The user's file is found, and --no-config leaves it alone", "[cli][config]") {
  Sample found;
  std::filesystem::create_directory(found.directory.file("sse"));
  write_text(found.directory.file("sse/config.toml"), "url = 'http://user'");
  CHECK_FALSE(found.line.parse({}, found.environment()).exit);
  CHECK(found.url == "http://user");

  Sample ignored;
  std::filesystem::create_directory(ignored.directory.file("sse"));
  write_text(ignored.directory.file("sse/config.toml"), "url = 'http://user'");
  CHECK_FALSE(ignored.line.parse({"--no-config"}, ignored.environment()).exit);
  CHECK(ignored.url == "http://standard");
}

TEST_CASE("Where files are looked for", "[cli][config]") {
  const auto files = [](std::map<std::string, std::string> variables) {
    return standard_config_files([&](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  };
  const std::string system = "/etc/sse/config.toml";
  CHECK(files({{"HOME", "/h"}}) == std::vector<std::string>{"/h/.config/sse/config.toml", system});
  CHECK(files({{"HOME", "/h"}, {"XDG_CONFIG_HOME", "/x"}}) ==
        std::vector<std::string>{"/x/sse/config.toml", system});
  CHECK(files({}) == std::vector<std::string>{system});
}

TEST_CASE("What is wrong with a file is said with its line", "[cli][config]") {
  CHECK(complaint("\n[sub]\nretry-mx = 1\n") ==
        "FILE:3: unknown key \"retry-mx\" in [sub]; did you mean retry-max?");
  CHECK(complaint("[sub]\ntype = []\nxyzzyplugh = 1") ==
        "FILE:3: unknown key \"xyzzyplugh\" in [sub]");
  CHECK(complaint("ulr = 'x'") ==
        "FILE:1: unknown key \"ulr\" above the sections; did you mean url?");
  CHECK(complaint("retry-max = 1") ==
        "FILE:1: unknown key \"retry-max\" above the sections; it belongs in [sub]");
  CHECK(complaint("[sub]\nresume = ''") ==
        "FILE:2: resume: expected a value; true stands for the option without one");
  CHECK(complaint("[sub]\nconfig = 'x'") == "FILE:2: unknown key \"config\" in [sub]");
  CHECK(complaint("[sub]\nno-follow = true") ==
        "FILE:2: unknown key \"no-follow\" in [sub]; did you mean follow?");
  CHECK(
      complaint("[sbu]\n") ==
      "FILE:1: no section is called [sbu]; expected [sub], [pub] or [serve]; did you mean [sub]?");
  CHECK_THAT(complaint("[sub]\nretry-max = 'soon'"),
             Catch::StartsWith("FILE:2: retry-max: \"soon\" is not a duration"));
  CHECK(complaint("[sub]\nfollow = 'yes'") == "FILE:2: follow: expected true or false");
  CHECK(complaint("[sub]\nretry-max = ['1s']") == "FILE:2: retry-max: expected one value");
  CHECK(complaint("[sub]\nretry-max = true") ==
        "FILE:2: retry-max: expected a value, not a boolean");
  CHECK(complaint("[sub]\nverbose = true") == "FILE:2: verbose: expected a number");
  CHECK(complaint("[sub]\nurl = {}") ==
        "FILE:2: url: expected a string, a number, a boolean or an array");
  CHECK(complaint("[sub]\ntype = [[1]]") ==
        "FILE:2: type: expected strings or numbers in the array");
  CHECK_THAT(complaint("[sub]\nurl = 'x\n"), Catch::StartsWith("FILE:2: not TOML: "));
  CHECK_THAT(complaint("url = 1\nurl = 2"), Catch::StartsWith("FILE:2: not TOML: "));
}

TEST_CASE("A file that is named must be there, and be a file", "[cli][config]") {
  for (const char* path : {"/nonexistent/config.toml", "/"}) {
    Sample sample;
    const auto outcome = sample.line.parse({"--config", path}, sample.environment());
    CHECK(outcome.exit == ExitCode::kConfig);
    CHECK_THAT(outcome.complaints.back(), Catch::StartsWith(std::string("cannot read ") + path));
  }
}

TEST_CASE("Every value is shown with where it comes from, in the form of a file", "[cli][config]") {
  Sample sample;
  sample.variables["SSE_URL"] = "http://variable";
  const auto outcome = sample.parse(
      "[sub]\ntype = ['a', '1']\nretry-max = '2s'",
      {"--show-config", "--no-follow", "-vv", "--resume", "-H", "Authorization: Bearer secret"});
  REQUIRE(outcome.exit == ExitCode::kDone);
  CHECK(outcome.out ==
        "[sub]\n"
        "url = \"http://variable\"  # environment SSE_URL\n"
        "resume = true  # command line\n"
        "# place is not set\n"
        "# from is not set\n"
        "retry-max = \"2s\"  # " +
            sample.file() +
            ":3\n"
            "follow = false  # command line\n"
            "verbose = 2  # command line\n"
            "type = [\"a\", 1]  # " +
            sample.file() +
            ":2\n"
            "header = [\"Authorization: ***\"]  # command line\n"
            "# token-file is not set\n");

  // What was shown is a file that says the same.
  Sample again;
  CHECK_FALSE(again.parse(outcome.out).exit);
  CHECK(again.url == sample.url);
  CHECK(again.types == sample.types);
  CHECK(again.wait == sample.wait);
  CHECK(again.verbosity == 2);
  Sample shown;
  CHECK_THAT(shown.parse(outcome.out, {"--show-config"}).out, Catch::Contains("verbose = 2  # "));
}

TEST_CASE("A token comes from the command line, the environment, or a file", "[cli][headers]") {
  Sample sample;
  const std::string file = sample.directory.file("token");
  write_text(file, "from-file\nmore\n");
  const auto authorization = [&](std::vector<std::string> words,
                                 std::map<std::string, std::string> variables) {
    Sample fresh;
    fresh.variables.insert(variables.begin(), variables.end());
    REQUIRE_FALSE(fresh.line.parse(words, fresh.environment()).exit);
    const auto fields = read_headers(fresh.headers, fresh.line, fresh.environment());
    if (!fields) return fields.error().text;
    return fields->empty() ? "none" : fields->back().name + ": " + fields->back().value;
  };
  CHECK(authorization({}, {}) == "none");
  CHECK(authorization({}, {{"SSE_TOKEN", "a"}}) == "Authorization: Bearer a");
  CHECK(authorization({}, {{"SSE_TOKEN_FILE", file}}) == "Authorization: Bearer from-file");
  CHECK(authorization({}, {{"SSE_TOKEN", "a"}, {"SSE_TOKEN_FILE", file}}) ==
        "Authorization: Bearer a");
  CHECK(authorization({"--token-file", file}, {{"SSE_TOKEN", "a"}}) ==
        "Authorization: Bearer from-file");
  CHECK(authorization({"-H", "authorization: Basic x"}, {{"SSE_TOKEN", "a"}}) ==
        "authorization: Basic x");
  CHECK(authorization({}, {{"SSE_TOKEN", "a\r\nX: 1"}}) == "the token holds a control character");
  CHECK_THAT(authorization({"--token-file", "/nonexistent"}, {}),
             Catch::StartsWith("--token-file: cannot read a token from /nonexistent"));
  CHECK_THAT(authorization({"-H", "no colon"}, {}), Catch::Contains("expected 'Name: value'"));
}

}  // namespace
}  // namespace sse::cli
