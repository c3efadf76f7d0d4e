#include "sse-serve/load_display.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

#include <pty.h>

#include "sse/base/unique_fd.h"

#include "apps/notify_socket.h"
#include "support/catch.h"
#include "support/manual_clock.h"

namespace sse::serve {
namespace {

using namespace std::chrono_literals;

/// Two ends: what is written to one is read from the other.
struct Ends {
  UniqueFd near;
  UniqueFd far;

  static Ends of_terminal(unsigned short columns) {
    winsize size{};
    size.ws_row = 24;
    size.ws_col = columns;
    int near = -1;
    int far = -1;
    REQUIRE(::openpty(&near, &far, nullptr, nullptr, &size) == 0);
    return with_numbers(near, far);
  }
  static Ends of_pipe() {
    std::array<int, 2> fds{};
    REQUIRE(::pipe(fds.data()) == 0);
    return with_numbers(fds[0], fds[1]);
  }

  /// What has been written since the last time.
  std::string shown() const {
    std::array<char, 1024> text{};
    const auto bytes = ::read(near.get(), text.data(), text.size());
    return bytes < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(bytes));
  }

 private:
  static Ends with_numbers(int near, int far) {
    REQUIRE(::fcntl(near, F_SETFL, O_NONBLOCK) == 0);
    return {UniqueFd(near), UniqueFd(far)};
  }
};

struct Stage {
  test::NotifySocket socket{"@sse-load-test-" + std::to_string(::getpid())};
  ServiceManager manager = test::manager_of(socket.variables());
  test::ManualClock clock;
};

TEST_CASE("On a terminal a start shows once a second how far it has read, and then nothing",
          "[serve][history]") {
  Stage stage;
  const Ends terminal = Ends::of_terminal(100);
  LoadDisplay display("/var/lib/sse", terminal.far.get(), stage.manager, stage.clock);
  display.begin();
  stage.clock.advance(999ms);
  display.update({100, 1000});
  CHECK(terminal.shown().empty());  // short ones flash nothing
  stage.clock.advance(1ms);
  display.update({455, 1000});
  CHECK(terminal.shown() ==
        "\rsse-serve: history: reading back /var/lib/sse: 45 %, 455 of 1000 events, 1s\x1b[K");
  display.update({500, 1000});
  CHECK(terminal.shown().empty());
  stage.clock.advance(1500ms);
  display.update({1000, 1000});
  CHECK(terminal.shown() ==
        "\rsse-serve: history: reading back /var/lib/sse: 100 %, 1000 of 1000 events, 2s\x1b[K");
  CHECK(display.end() == 2500ms);
  CHECK(terminal.shown() == "\r\x1b[K");
}

TEST_CASE("A narrow terminal gets no second line", "[serve][history]") {
  Stage stage;
  const Ends terminal = Ends::of_terminal(20);
  LoadDisplay display("/var/lib/sse", terminal.far.get(), stage.manager, stage.clock);
  display.begin();
  stage.clock.advance(1s);
  display.update({1, 2});
  CHECK(terminal.shown() == "\rsse-serve: history:\x1b[K");
}

TEST_CASE("A pipe is shown nothing of a start's progress, and the service manager all",
          "[serve][history]") {
  Stage stage;
  const Ends pipe = Ends::of_pipe();
  LoadDisplay display("/var/lib/sse", pipe.far.get(), stage.manager, stage.clock);
  display.begin();
  CHECK(stage.socket.receive() == "STATUS=reading back /var/lib/sse");
  stage.clock.advance(90s);
  display.update({0, 0});
  CHECK(stage.socket.receive() ==
        "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=reading back /var/lib/sse: 0 of 0 events, 1m30s");
  display.update({1, 1});
  CHECK(stage.socket.receive() == "nothing");
  display.end();
  CHECK(pipe.shown().empty());
}

}  // namespace
}  // namespace sse::serve
