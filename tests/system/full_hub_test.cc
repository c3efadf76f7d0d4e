// A hub with --max-clients streams: which stream goes, what it is told, and that none take turns.

#include <poll.h>

#include <array>
#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "system/stream_reader.h"

using sse::test::HubProgram;
using sse::test::request;
using sse::test::StreamReader;

namespace {

using std::chrono::milliseconds;

/// What a browser's EventSource does: when its stream ends it comes back, but not before the
/// reconnection time is over. Time is the test's, so the test does not wait.
class BrowserPage {
 public:
  explicit BrowserPage(std::uint16_t port) : reader_(port, "") {}

  StreamReader& reader() { return reader_; }

  void open() {
    reader_.connect();
    reader_.read_until([&] { return reader_.has_head(); }, "the head");
    back_at_.reset();
  }

  /// Reads what is there. An ended stream is opened again when `now` is late enough.
  void turn(milliseconds now) {
    if (reader_.is_open()) {
      while (has_more() && reader_.read(65536)) {
      }
    } else if (!back_at_) {
      back_at_ = now + reader_.retry();
    } else if (now >= *back_at_) {
      open();
    }
  }

 private:
  bool has_more() const {
    pollfd readable{reader_.fd(), POLLIN, 0};
    return ::poll(&readable, 1, 0) > 0;
  }

  StreamReader reader_;
  std::optional<milliseconds> back_at_;
};

void publish(std::uint16_t port, int number) {
  const auto answer = request(port, "POST", "/events", "{\"data\":" + std::to_string(number) + "}");
  REQUIRE(answer.status == 201);
}

}  // namespace

TEST_CASE("Four pages on a hub for three do not evict each other in a loop", "[system][full]") {
  HubProgram hub({"--max-clients=3", "--retry=100ms"});
  std::array<BrowserPage, 4> pages{BrowserPage(hub.port()), BrowserPage(hub.port()),
                                   BrowserPage(hub.port()), BrowserPage(hub.port())};
  for (auto& page : pages) page.open();

  // The oldest is told to go, and to stay away.
  auto& evicted = pages[0].reader();
  evicted.read_to_end();
  REQUIRE(evicted.hub_events().size() == 1);
  const auto& closing = evicted.hub_events().front();
  CHECK(closing.type == "sse.closing");
  const auto json = nlohmann::json::parse(closing.data);
  CHECK(json.at("reason") == "evicted");
  CHECK(json.at("retry") >= 30'000);
  CHECK(json.at("retry") == evicted.retry().count());

  // An event every 100 ms for 29 seconds of the pages' time: every page stays where it is.
  const auto connections = [&] {
    std::size_t sum = 0;
    for (auto& page : pages) sum += page.reader().connections();
    return sum;
  };
  milliseconds now{0};
  int published = 0;
  const auto pass_until = [&](milliseconds end) {
    for (; now < end; now += milliseconds(100)) {
      publish(hub.port(), ++published);
      for (auto& page : pages) page.turn(now);
    }
  };
  pass_until(milliseconds(29'000));
  CHECK(connections() == 4);
  CHECK_FALSE(evicted.is_open());

  // When it comes back it takes the place of the then oldest, and misses nothing.
  pass_until(milliseconds(61'000));
  CHECK(connections() == 5);
  CHECK(evicted.connections() == 2);
  pages[1].reader().read_to_end();
  CHECK(pages[1].reader().hub_events().size() == 1);
  for (const std::size_t page : {0U, 2U, 3U}) {
    auto& reader = pages[page].reader();
    reader.read_until([&] { return reader.ids().size() == static_cast<std::size_t>(published); },
                      "every event");
  }
  for (const std::size_t page : {0U, 2U}) {
    CHECK(pages[page].reader().ids() == pages[3].reader().ids());
  }
}

TEST_CASE("A hub that rejects when full answers each kind of subscriber in its own way",
          "[system][full]") {
  HubProgram hub({"--max-clients=3", "--when-full=reject"});
  std::deque<BrowserPage> pages;
  for (int i = 0; i < 3; ++i) pages.emplace_back(hub.port()).open();

  // A browser would give up for ever after a 503.
  const auto browser =
      request(hub.port(), "GET", "/events/watch", "", "Accept: text/html, text/event-stream\r\n");
  CHECK(browser.status == 200);
  CHECK(browser.header("Content-Type") == "text/event-stream");
  CHECK(browser.header("SSE-Refused") == "full");
  REQUIRE(browser.body.rfind("retry: ", 0) == 0);
  const int retry = std::stoi(browser.body.substr(7));
  CHECK(retry >= 10'000);
  CHECK(retry <= 30'000);

  for (const auto* accept : {"", "Accept: */*\r\n", "Accept: application/json\r\n"}) {
    INFO(accept);
    const auto script = request(hub.port(), "GET", "/events/watch", "", accept);
    CHECK(script.status == 503);
    CHECK(script.header("SSE-Refused") == "full");
    REQUIRE_FALSE(script.header("Retry-After").empty());
    CHECK(std::stoi(script.header("Retry-After")) >= 10);
  }

  // No stream had to go, and a place that is left is given again.
  publish(hub.port(), 1);
  for (auto& page : pages) {
    page.reader().read_until([&] { return page.reader().ids().size() == 1; }, "the event");
  }
  pages[0].reader().close();
  sse::test::wait_until(
      [&] {
        BrowserPage next(hub.port());
        next.open();
        return next.reader().header("SSE-Refused").empty();
      },
      "the place to be free");
}
