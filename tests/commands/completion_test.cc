// The completions, driven by the real shells.

#include <sys/stat.h>

#include <filesystem>
#include <sstream>

#include "commands/pub_stage.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "support/scripted_http.h"
#include "support/temporary_directory.h"
#include "support/terminal.h"

namespace sse::test {
namespace {

const std::string kCompletions = std::string(SSE_SOURCE_DIR) + "/completions/";

/// A hub with metrics of awkward names, and a directory of programs that complete as the real ones
/// do, and show their arguments instead of doing anything: `<a><b>`.
class Stage {
 public:
  Stage() {
    for (const char* name : {"disk usage", "net:eth0", "cpu"}) {
      Program create({"sse-pub", "metric", name}, {{"SSE_URL=" + hub_.url()}, false, ""});
      REQUIRE(create.wait() == 0);
    }
    Program publish({"sse-pub", "event", "-e", "deploy:prod", "-t", "ci/api server", "-d", "x"},
                    {{"SSE_URL=" + hub_.url()}, false, ""});
    REQUIRE(publish.wait() == 0);
    std::filesystem::create_directory(directory_.file("bin"));
    for (const std::string name : {"sse-sub", "sse-pub", "sse-serve"}) {
      const std::string path = directory_.file("bin/" + name);
      write_text(path, "#!/bin/sh\nif [ \"$1\" = __complete ]; then exec " + program_path(name) +
                           " \"$@\"; fi\nprintf '<%s>' \"$@\"; echo\n");
      ::chmod(path.c_str(), 0755);
    }
    std::filesystem::create_directory(directory_.file("work"));
    write_text(directory_.file("work/file name.json"), "");
  }

  std::vector<std::string> environment() const {
    const char* path = std::getenv("PATH");
    return {"PATH=" + directory_.file("bin") + ":" + (path == nullptr ? "" : path),
            "HOME=" + directory_.path(), "SSE_URL=" + hub_.url(),
            "XDG_CONFIG_HOME=" + directory_.path(), "SSE_COMPLETION_TIMEOUT=60s"};
  }
  std::string work() const { return directory_.file("work"); }

 private:
  HubProgram hub_;
  TemporaryDirectory directory_;
};

struct Typed {
  std::string keys;
  std::string arguments;  ///< as the program then gets them
};

void check(Terminal& terminal, const std::vector<Typed>& cases) {
  for (const auto& [keys, arguments] : cases) {
    CAPTURE(keys);
    terminal.type(keys + "\n");
    terminal.wait_for(arguments);
    terminal.wait_for("ready> ");
  }
}

const std::vector<Typed> kCases{
    {"sse-pub eve\t --lin\t", "<event><--lines>"},
    {"sse-pub event --print=j\t", "<event><--print=json>"},
    {"sse-pub reading -m dis\t", "<reading><-m><disk usage>"},
    {"sse-pub reading --metric=dis\t", "<reading><--metric=disk usage>"},
    {"sse-pub reading -m net:e\t", "<reading><-m><net:eth0>"},
    {"sse-pub reading --metric=net:\t", "<reading><--metric=net:eth0>"},
    {"sse-pub reading \"dis\t 3", "<reading><disk usage><3>"},
    {"sse-pub reading 'net:\t", "<reading><net:eth0>"},
    {"sse-pub reading disk\\ u\t", "<reading><disk usage>"},
    {"sse-pub event -f fil\t", "<event><-f><file name.json>"},
    {"sse-pub event --file=fil\t", "<event><--file=file name.json>"},
    {"sse-sub -e dep\t", "<-e><deploy:prod>"},
    {"sse-sub --exclude=deploy:\t", "<--exclude=deploy:prod>"},
    {"sse-pub event -t ci/\t", "<event><-t><ci/api server>"},
    {"true; sse-serve --max-cl\t 5", "<--max-clients><5>"},
    {"true | sse-sub --when nothing --cursor-f\t x", "<--when><nothing><--cursor-file><x>"},
};

/// Names that would run something if they were not quoted, and one that a quote cannot hold.
const std::vector<std::string> kHostileNames{"e1$(touch PWNED)",       "e2`touch PWNED`",
                                             "e3\"; touch PWNED; \"x", "e4'; touch PWNED #",
                                             "e5\\\\$(touch PWNED)",   "e6!touch"};

const std::vector<Typed> kHostileCases{
    {"sse-pub reading e1\t 3", "<reading><e1$(touch PWNED)><3>"},
    {"sse-pub reading \"e1\t 3", "<reading><e1$(touch PWNED)><3>"},
    {"sse-pub reading 'e1\t 3", "<reading><e1$(touch PWNED)><3>"},
    {"sse-pub reading \"e2\t 3", "<reading><e2`touch PWNED`><3>"},
    {"sse-pub reading 'e2\t 3", "<reading><e2`touch PWNED`><3>"},
    {"sse-pub reading \"e3\t 3", "<reading><e3\"; touch PWNED; \"x><3>"},
    {"sse-pub reading --metric=\"e3\t 3", "<reading><--metric=e3\"; touch PWNED; \"x><3>"},
    {"sse-pub reading \"e4\t 3", "<reading><e4'; touch PWNED #><3>"},
    {"sse-pub reading \"e5\t 3", "<reading><e5\\\\$(touch PWNED)><3>"},
    {"sse-pub reading e6\t 3", "<reading><e6!touch><3>"},
};

void create_hostile_metrics(const Stage& stage) {
  for (const auto& name : kHostileNames) {
    Program create({"sse-pub", "metric", name}, {stage.environment(), false, ""});
    REQUIRE(create.wait() == 0);
  }
}

TEST_CASE("Help takes the terminal's width up to 100, and 80 where there is none",
          "[commands][help]") {
  const std::string help = program_path("sse-sub") + " --help";
  Terminal terminal({"bash", "-c", help + "; stty cols 60; " + help + "; read"}, {}, "/");
  terminal.wait_for("as application/json unless -H says\r\n");  // fits 100, not 80
  terminal.wait_for("  http://host:port/path,\r\n");
  Program piped({"sse-sub", "--help"});
  CHECK(piped.wait() == 0);
  std::istringstream lines(piped.out().substr(0, piped.out().find("Examples:")));
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  CHECK(longest > 70);
  CHECK(longest <= 80);
}

TEST_CASE("bash writes what the hub says as data, also into an open quote", "[completion]") {
  const Stage stage;
  create_hostile_metrics(stage);
  Terminal bash({"bash", "--noprofile", "--norc", "-i"}, stage.environment(), stage.work());
  bash.type("bind 'set bell-style none'; PS1='ready> '; . " + kCompletions +
            "sse.bash; echo go$((1))\n");
  bash.wait_for("go1");
  bash.wait_for("ready> ");
  check(bash, kHostileCases);
  // Left out, since the quote could not hold them.
  check(bash, {{"sse-pub reading 'e4\t' 3", "<reading><e4><3>"},
               {"sse-pub reading \"e6\t\" 3", "<reading><e6><3>"}});
  CHECK_FALSE(std::filesystem::exists(stage.work() + "/PWNED"));
}

TEST_CASE("bash completes, without the bash-completion package", "[completion]") {
  const Stage stage;
  Terminal bash({"bash", "--noprofile", "--norc", "-i"}, stage.environment(), stage.work());
  bash.type("bind 'set bell-style none'; PS1='ready> '; . " + kCompletions +
            "sse.bash; echo go$((1))\n");
  bash.wait_for("go1");
  bash.wait_for("ready> ");
  check(bash, kCases);
}

TEST_CASE("zsh completes", "[completion]") {
  const Stage stage;
  Terminal zsh({"zsh", "-f", "-i"}, stage.environment(), stage.work());
  zsh.type("PROMPT='ready> '; PS2=''; unsetopt BEEP PROMPT_SP; fpath=(" + kCompletions +
           " $fpath); autoload -Uz compinit && compinit -u -D; echo go$((1))\n");
  zsh.wait_for("go1");
  zsh.wait_for("ready> ");
  check(zsh, kCases);
}

TEST_CASE("fish completes", "[completion]") {
  const Stage stage;
  const auto candidates = [&](const std::string& line) {
    Program fish({"fish", "--no-config", "-c",
                  "source " + kCompletions + "sse.fish; complete --do-complete '" + line + "'"},
                 {stage.environment(), false, stage.work()});
    CHECK(fish.wait() == 0);
    CHECK(fish.err().empty());
    return fish.out();
  };
  CHECK(candidates("sse-pub ev") == "event\tPublishes an event.\n");
  CHECK_THAT(candidates("sse-pub reading --lin"), Catch::StartsWith("--lines\t"));
  CHECK_THAT(candidates("sse-pub reading -m dis"), Catch::StartsWith("disk usage\t"));
  CHECK_THAT(candidates("sse-pub reading --metric=net:"), Catch::StartsWith("--metric=net:eth0\t"));
  CHECK_THAT(candidates("sse-pub event -f fil"), Catch::StartsWith("file name.json"));
  CHECK_THAT(candidates("sse-pub event --file=fil"), Catch::StartsWith("--file=file name.json"));
  CHECK_THAT(candidates("sse-sub -e dep"), Catch::StartsWith("deploy:prod\t"));
  CHECK_THAT(candidates("sse-sub --topic=ci/"), Catch::StartsWith("--topic=ci/api server\t"));
  CHECK_THAT(candidates("sse-sub --"), Catch::Contains("--resume=\t"));
}

/// The candidates alone, a line each, in order.
std::string candidates(const std::string& url, std::vector<std::string> words) {
  words.insert(words.begin() + 1, {"__complete", "--url", url});
  Program asked(words, {{"SSE_COMPLETION_TIMEOUT=60s"}, false, ""});
  CHECK(asked.wait() == 0);
  CHECK(asked.err().empty());
  std::istringstream lines(asked.out());
  std::string texts;
  for (std::string line; std::getline(lines, line);)
    texts += line.substr(0, line.find('\t')) + "\n";
  return texts;
}

TEST_CASE("Types and topics are those of the hub's events", "[completion]") {
  const HubProgram hub;
  for (const auto& [type, topic] : std::vector<std::pair<std::string, std::string>>{
           {"deploy", "ci/web"}, {"deploy", "ci/api"}, {"alert", ""}, {"a?b", "c"}}) {
    const auto ran = run_pub(hub.url(), {"event", "-e", type, "-t", topic, "-d", "x"});
    REQUIRE(ran.status == 0);
  }
  REQUIRE(run_pub(hub.url(), {"reading", "cpu", "3", "--create"}).status == 0);
  const std::string known = "metric_reading_created\nmetric_created\nmetric_deleted\nmetric_*\n";
  CHECK(candidates(hub.url(), {"sse-sub", "-e", ""}) == known + "a?b\nalert\ndeploy\n");
  CHECK(candidates(hub.url(), {"sse-sub", "-E", "met"}) == known);
  CHECK(candidates(hub.url(), {"sse-sub", "-e", "a?"}) == "a?b\n");
  CHECK(candidates(hub.url(), {"sse-pub", "event", "-e", "d"}) == "deploy\n");
  CHECK(candidates(hub.url(), {"sse-sub", "--topic="}) ==
        "--topic=c\n--topic=ci/api\n--topic=ci/web\n");
  CHECK(candidates(hub.url(), {"sse-sub", "-t", "ci/w"}) == "ci/web\n");
  CHECK(candidates(hub.url() + "/events/watch", {"sse-sub", "-t", "ci/w"}) == "ci/web\n");
  CHECK(candidates(hub.url(), {"sse-pub", "run", "-t", "x"}).empty());
  // What is typed is looked for behind a crowd of other events, too.
  std::string readings;
  for (int i = 0; i < 600; ++i) readings += "cpu " + std::to_string(i) + "\n";
  REQUIRE(run_pub(hub.url(), {"reading", "-l"}, readings).status == 0);
  CHECK(candidates(hub.url(), {"sse-sub", "-e", "dep"}) == "deploy\n");
  CHECK(candidates(hub.url(), {"sse-sub", "-t", "ci/"}) == "ci/api\nci/web\n");
  // No stream ended, or began, because a user pressed TAB.
  CHECK_THAT(request(hub.port(), "GET", "/-/metrics").body,
             Catch::Contains("\nsse_streams_opened_total 0\n"));
}

TEST_CASE("A hub that is not there, or does not answer, gives no candidates", "[completion]") {
  const ScriptedHttp silent({{"", ScriptedAnswer::Then::kHang}});
  for (const auto& url : {std::string("http://127.0.0.1:1"), silent.url()}) {
    CAPTURE(url);
    Program asked({"sse-pub", "__complete", "--url", url, "reading", "-m", ""});
    CHECK(asked.wait() == 0);
    CHECK(asked.out().empty());
    CHECK(asked.err().empty());
  }
}

}  // namespace
}  // namespace sse::test
