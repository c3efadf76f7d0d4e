// sse-pub load --checkpoint: once, however often it takes.

#include <csignal>
#include <cstdlib>
#include <memory>
#include <utility>

#include "pub_lines.h"
#include "support/raw_http.h"
#include "support/scripted_http.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

/// The number of the next batch in a checkpoint.
std::size_t batch_in(const std::string& checkpoint) {
  const std::string text = read_text(checkpoint);
  const auto at = text.find("\nbatch ");
  return at == std::string::npos ? 0 : std::strtoul(text.c_str() + at + 7, nullptr, 10);
}

std::string key_of(const std::string& request) {
  const auto at = request.find("Idempotency-Key: ");
  REQUIRE(at != std::string::npos);
  return request.substr(at, request.find('\r', at) - at);
}

std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n"));
}

TEST_CASE("A load that is killed again and again publishes every line once", "[sse-pub][load]") {
  const HubProgram hub(kKeepsAll);
  const TemporaryDirectory directory;
  const std::size_t count = many();
  const Lines lines = Lines::make(count, 500);
  write_text(directory.file("in"), lines.text);
  const std::string place = directory.file("place");
  const std::vector<std::string> words{
      "sse-pub",        "load",      directory.file("in"),  "--create", "--checkpoint", place,
      "--summary=json", "--rejects", directory.file("bad"), "--batch",  "100,50ms"};
  std::srand(4);
  std::size_t kills = 0;
  for (;;) {
    Program program(words, {{"SSE_URL=" + hub.url()}, false, ""});
    const std::size_t until = batch_in(place) + static_cast<std::size_t>(std::rand() % 40);
    bool has_ended = false;
    wait_until([&] { return (has_ended = program.has_ended()) || batch_in(place) > until; },
               "the load to come so far");
    if (has_ended) {
      CHECK(program.wait() == 1);
      CHECK_THAT(program.out(), Catch::StartsWith(counts(count, lines.good, count - lines.good)));
      break;
    }
    program.signal(SIGKILL);
    program.wait();
    ++kills;
  }
  CHECK(kills > 0);
  CHECK(read_text(directory.file("bad")) == lines.bad);
  // Once more: everything is done, and is said to be.
  const auto again = run_pub(hub.url(), {words.begin() + 1, words.end()});
  CHECK(again.status == 1);
  CHECK_THAT(again.out, Catch::StartsWith(counts(count, lines.good, count - lines.good)));
  check_published_once(hub, lines);
}

TEST_CASE("A batch that may have arrived is sent again as it was, under its key",
          "[sse-pub][load]") {
  const TemporaryDirectory directory;
  const std::string place = directory.file("place");
  write_text(directory.file("in"), "{\"data\":1}\n{\"data\":2}\n{\"data\":3}\n");
  const ScriptedHttp hub({{"", ScriptedAnswer::Then::kClose}});
  Program killed({"sse-pub", "load", directory.file("in"), "--checkpoint", place, "--batch=2,1s"},
                 {{"SSE_URL=" + hub.url()}, false, ""});
  wait_until([&] { return !hub.requests().empty(); }, "the batch to be sent");
  killed.signal(SIGKILL);
  killed.wait();
  const std::size_t before = hub.requests().size();
  // Another batch size would cut it elsewhere, and the hub would not know it again.
  const auto rerun = run_pub(hub.url(), {"load", directory.file("in"), "--checkpoint", place,
                                         "--batch=1,1s", "--retries=0"});
  CHECK(rerun.status == 69);
  CHECK_THAT(rerun.err, Catch::Contains("lines 1 to 2 not published"));
  const auto requests = hub.requests();
  REQUIRE(requests.size() == before + 1);
  for (const std::string& request : requests) {
    CHECK(key_of(request) == key_of(requests.front()));
    CHECK(body_of(request) == "\r\n\r\n{\"data\":1}\n{\"data\":2}\n");
  }
  CHECK_THAT(read_text(place), Catch::Contains("\ndone 0 ") && Catch::Contains("\nsent 22 "));
}

using Published = std::pair<std::size_t, std::size_t>;

/// A hub behind a proxy. The hub takes the first request, and is restarted before it is answered.
class RestartedHub {
 public:
  std::string url() const { return front_.url(); }
  /// What the hub published before it was restarted, and since.
  Published published() const { return {count(before_), after_ ? count(*after_) : 0}; }

 private:
  static std::size_t count(const HubProgram& hub) {
    const std::string events = request(hub.port(), "GET", "/events?since=earliest").body;
    std::size_t found = 0;
    for (auto at = events.find("\"data\":"); at != std::string::npos; ++found) {
      at = events.find("\"data\":", at + 1);
    }
    return found;
  }

  static std::string pass_on(const HubProgram& hub, std::string request) {
    RawConnection connection(hub.port());
    connection.send(request.insert(request.find("\r\n\r\n"), "\r\nConnection: close"));
    return connection.read_all();
  }

  /// Started by the second request: younger than the first one.
  std::string answer_again(const std::string& request) {
    if (!after_) after_ = std::make_unique<HubProgram>();
    return pass_on(*after_, request);
  }

  HubProgram before_;
  std::unique_ptr<HubProgram> after_;
  ScriptedHttp front_{{{"", ScriptedAnswer::Then::kClose,
                        [this](const std::string& request) {
                          pass_on(before_, request);
                          return std::string();
                        }},
                       {"", ScriptedAnswer::Then::kClose,
                        [this](const std::string& request) { return answer_again(request); }}}};
};

TEST_CASE("A hub that is restarted between two tries does not publish twice in silence",
          "[sse-pub][load]") {
  if (kIsSanitized) return;  // its hub starts on a thread, and Catch2 counts without a lock
  const RestartedHub hub;
  SECTION("of one event") {
    const auto ran = run_pub(hub.url(), {"event", "-d", "1"});
    CHECK(ran.status == 69);
    CHECK_THAT(ran.err, Catch::Contains("may have been published"));
    CHECK(hub.published() == Published(1, 0));
  }
  SECTION("of a load") {
    const TemporaryDirectory directory;
    write_text(directory.file("in"), "{\"data\":1}\n{\"data\":2}\n");
    const std::vector<std::string> words{"load", directory.file("in"), "--checkpoint",
                                         directory.file("place"), "--summary=json"};
    const auto with = [&](const char* in_doubt) {
      auto more = words;
      more.insert(more.end(), {"--in-doubt", in_doubt});
      return run_pub(hub.url(), more);
    };
    const auto told = run_pub(hub.url(), words);
    CHECK(told.status == 78);
    CHECK_THAT(told.err, Catch::Contains("--in-doubt repeat"));
    CHECK(run_pub(hub.url(), words).status == 78);
    CHECK(hub.published() == Published(2, 0));
    SECTION("that is repeated when the user says so") {
      const auto repeated = with("repeat");
      CHECK(repeated.status == 0);
      CHECK_THAT(repeated.out, Catch::StartsWith(counts(2, 2, 0)));
      CHECK(hub.published() == Published(2, 2));
    }
    SECTION("that is taken for published when the user says so") {
      const auto skipped = with("skip");
      CHECK(skipped.status == 0);
      CHECK_THAT(skipped.out, Catch::StartsWith(counts(2, 2, 0)));
      CHECK(hub.published() == Published(2, 0));
    }
  }
}

TEST_CASE("A load goes on with the lines that its file has got since", "[sse-pub][load]") {
  const HubProgram hub;
  const TemporaryDirectory directory;
  const std::vector<std::string> words{"load",         directory.file("in.csv"), "--create",
                                       "--checkpoint", directory.file("place"),  "--summary=json"};
  write_text(directory.file("in.csv"), "metric,value\na,1\na,2\n");
  CHECK_THAT(run_pub(hub.url(), words).out, Catch::StartsWith(counts(2, 2, 0)));
  write_text(directory.file("in.csv"), "metric,value\na,1\na,2\na,3\n");
  const auto more = run_pub(hub.url(), words);
  CHECK(more.status == 0);
  CHECK_THAT(more.out, Catch::StartsWith(counts(3, 3, 0)));
  const auto readings = request(hub.port(), "GET", "/metrics?with_readings=true").body;
  CHECK(std::count(readings.begin(), readings.end(), '{') == 1 + 3);
}

TEST_CASE("A checkpoint is for one input, one hub and one process", "[sse-pub][load]") {
  const HubProgram hub;
  const TemporaryDirectory directory;
  const std::string place = directory.file("place");
  write_text(directory.file("in"), "{\"data\":1}\n{\"data\":2}\n");
  const std::vector<std::string> words{"load", directory.file("in"), "--checkpoint", place};
  REQUIRE(run_pub(hub.url(), words).status == 0);
  const std::string before = read_text(place);

  write_text(directory.file("in"), "{\"data\":1}\n{\"data\":7}\n{\"data\":3}\n");
  const auto changed = run_pub(hub.url(), words);
  CHECK(changed.status == 65);
  CHECK_THAT(changed.err, Catch::Contains("the input is not the one of the checkpoint"));
  write_text(directory.file("in"), "{\"data\":1}\n");
  CHECK(run_pub(hub.url(), words).status == 65);
  write_text(directory.file("in"), "{\"data\":1}\n{\"data\":2}\n{\"data\":3}\n");

  CHECK(run_pub("127.0.0.1:" + std::to_string(closed_port()), words).status == 78);
  auto as_graphite = words;
  as_graphite.push_back("--input=graphite");
  CHECK_THAT(run_pub(hub.url(), as_graphite).err, Catch::Contains("of another kind of input"));

  const std::string held = directory.file("held");
  Program holder({"sse-pub", "load", "-", "--checkpoint", held},
                 {{"SSE_URL=" + hub.url()}, true, ""});
  wait_until([&] { return !read_text(held).empty(); }, "the checkpoint to be held");
  const auto second = run_pub(hub.url(), {"load", directory.file("in"), "--checkpoint", held});
  CHECK(second.status == 75);
  CHECK_THAT(second.err, Catch::Contains("in use by another sse-pub"));
  holder.close_stdin();
  CHECK(holder.wait() == 0);

  write_text(place, before.substr(0, before.size() / 2));
  CHECK(run_pub(hub.url(), words).status == 78);
  write_text(place, before + "x");
  CHECK(run_pub(hub.url(), words).status == 78);
}

}  // namespace
}  // namespace sse::test
