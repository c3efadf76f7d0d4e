#include "sse/base/logging.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <string>

#include "sse/base/unique_fd.h"

#include "support/catch.h"

namespace sse {
namespace {

/// Puts a pipe in the place of stderr for a scope.
class CapturedStderr {
 public:
  CapturedStderr() : saved_(::dup(STDERR_FILENO)) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    read_end_.reset(ends[0]);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
  }
  ~CapturedStderr() { ::dup2(saved_.get(), STDERR_FILENO); }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  /// Fills the pipe until a writer would block.
  void block() {
    const int flags = ::fcntl(STDERR_FILENO, F_GETFL);
    ::fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
    const std::string page(4096, '#');
    while (::write(STDERR_FILENO, page.data(), page.size()) > 0) {
    }
    ::fcntl(STDERR_FILENO, F_SETFL, flags);
  }

  /// Reads until `end` has come, and gives everything read.
  std::string read_until(const std::string& end) {
    std::string text;
    while (text.find(end) == std::string::npos) {
      std::array<char, 4096> buffer{};
      const ssize_t size = ::read(read_end_.get(), buffer.data(), buffer.size());
      if (size <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

  bool is_empty() {
    pollfd polled{read_end_.get(), POLLIN, 0};
    return ::poll(&polled, 1, 0) == 0;
  }

 private:
  UniqueFd saved_;
  UniqueFd read_end_;
};

LogOptions options_for(const std::string& program) {
  LogOptions options;
  options.program = program;
  return options;
}

TEST_CASE("A logged line begins with the program's name", "[base][logging]") {
  CapturedStderr captured;
  const LogSession session(options_for("sse-test"));
  log_line(LogLevel::kInfo, "ready");
  log_line(LogLevel::kWarning, "odd");
  log_line(LogLevel::kError, "bad");
  CHECK(captured.read_until("bad\n") ==
        "sse-test: ready\nsse-test: warning: odd\nsse-test: error: bad\n");
}

TEST_CASE("Lines below the level, and without a session, are not written", "[base][logging]") {
  CapturedStderr captured;
  log_line(LogLevel::kError, "no session listens");
  CHECK_FALSE(log_enabled(LogLevel::kError));
  {
    auto options = options_for("sse-test");
    options.level = LogLevel::kWarning;
    const LogSession session(options);
    CHECK_FALSE(log_enabled(LogLevel::kInfo));
    CHECK(log_enabled(LogLevel::kWarning));
    log_line(LogLevel::kInfo, "quiet");
    log_line(LogLevel::kWarning, "heard");
  }
  CHECK(captured.read_until("heard\n") == "sse-test: warning: heard\n");
  CHECK(captured.is_empty());
}

TEST_CASE("Text from the network cannot forge a line", "[base][logging]") {
  CapturedStderr captured;
  const LogSession session(options_for("sse-test"));
  log_line(LogLevel::kInfo, "GET /\r\nsse-test: error: forged \x1b[31m \xFF");
  CHECK(captured.read_until("xff\n") ==
        "sse-test: GET /\\x0d\\x0asse-test: error: forged \\x1b[31m \\xff\n");
}

TEST_CASE("A line of JSON is one object", "[base][logging]") {
  CapturedStderr captured;
  auto options = options_for("sse-test");
  options.format = LogFormat::kJson;
  const LogSession session(options);
  log_line(LogLevel::kWarning, "a \"quoted\"\nline");
  const std::string line = captured.read_until("}\n");
  CHECK(line.find("{\"time\":\"20") == 0);
  CHECK(line.find("\"level\":\"warning\",\"program\":\"sse-test\","
                  "\"text\":\"a \\\"quoted\\\"\\\\x0aline\"}\n") != std::string::npos);
}

TEST_CASE("A long line is cut", "[base][logging]") {
  CapturedStderr captured;
  const LogSession session(options_for("sse-test"));
  log_line(LogLevel::kInfo, std::string(100'000, 'x'));
  CHECK(captured.read_until("\n") == "sse-test: " + std::string(1021, 'x') + "...\n");
}

TEST_CASE("A blocked stderr blocks no thread that logs, and drops are counted", "[base][logging]") {
  CapturedStderr captured;
  captured.block();
  auto options = options_for("sse-test");
  options.queue_lines = 16;
  const LogSession session(options);
  for (int i = 0; i < 1000; ++i) log_line(LogLevel::kInfo, "line " + std::to_string(i));
  const std::string text = captured.read_until("line 999\n");
  std::size_t written = 0;
  std::size_t dropped = 0;
  std::istringstream lines(text.substr(text.find("sse-test: ")));
  for (std::string line; std::getline(lines, line);) {
    const std::string drops = "sse-test: warning: ";
    if (line.find(drops) == 0) {
      dropped += std::stoul(line.substr(drops.size()));
    } else {
      ++written;
    }
  }
  CHECK(dropped > 900);
  CHECK(written + dropped == 1000);
  CHECK(dropped_log_lines() == dropped);
}

TEST_CASE("A session ends although stderr is not read", "[base][logging]") {
  CapturedStderr captured;
  captured.block();
  {
    auto options = options_for("sse-test");
    options.queue_lines = 4;
    const LogSession session(options);
    for (int i = 0; i < 100; ++i) log_line(LogLevel::kInfo, "lost");
  }
  CHECK_FALSE(log_enabled(LogLevel::kError));
}

TEST_CASE("Logging leaves the flags of stderr alone", "[base][logging]") {
  CapturedStderr captured;
  const LogSession session(options_for("sse-test"));
  log_line(LogLevel::kInfo, "written");
  captured.read_until("written\n");
  CHECK((::fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("A log level reads by its name", "[base][logging]") {
  CHECK(*parse_log_level("warn") == LogLevel::kWarning);
  CHECK(*parse_log_level("off") == LogLevel::kOff);
  CHECK_FALSE(parse_log_level("loud"));
}

}  // namespace
}  // namespace sse
