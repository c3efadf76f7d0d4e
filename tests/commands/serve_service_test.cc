// sse-serve as a service manager runs it.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>

#include "sse/base/unique_fd.h"

#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The service manager's end of NOTIFY_SOCKET.
class Notifications {
 public:
  explicit Notifications(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }

  void wait_for(const std::string& state) {
    wait_until(
        [&] {
          char text[512];
          const auto bytes = ::recv(fd_.get(), text, sizeof text, MSG_DONTWAIT);
          return bytes > 0 && contains({text, static_cast<std::size_t>(bytes)}, state);
        },
        "the service manager to hear " + state);
  }

 private:
  UniqueFd fd_;
};

TEST_CASE("The service manager hears of ready, of turning loops, and of the end", "[serve]") {
  const TemporaryDirectory directory;
  Notifications notifications(directory.file("notify"));
  Program hub({"sse-serve", "--port", "0", "--bind", "127.0.0.1"},
              {{"NOTIFY_SOCKET=" + directory.file("notify"), "WATCHDOG_USEC=20000"}, false, ""});
  notifications.wait_for("READY=1\nSTATUS=listening on http://127.0.0.1:");
  notifications.wait_for("WATCHDOG=1");
  notifications.wait_for("WATCHDOG=1");
  hub.signal(SIGTERM);
  notifications.wait_for("STOPPING=1");
  CHECK(hub.wait() == 0);
}

TEST_CASE("What is meant for the hub is not handed to its command", "[serve]") {
  Program hub({"sse-serve", "--port", "0", "--", "sh", "-c",
               "echo [$NOTIFY_SOCKET$LISTEN_FDS$WATCHDOG_USEC]"},
              {{"NOTIFY_SOCKET=/nonexistent", "WATCHDOG_USEC=1000000", "LISTEN_FDS=1"}, false, ""});
  CHECK(hub.wait() == 0);
  CHECK(hub.out() == "[]\n");
}

/// Runs `words` with a listening socket as descriptor 3, as sd_listen_fds(3) has it.
std::vector<std::string> with_socket(int fd, const std::string& words) {
  return {"bash", "-c",
          "exec 3<&" + std::to_string(fd) + "; LISTEN_FDS=1 LISTEN_PID=$$ exec " + words};
}

TEST_CASE("A socket that is passed is served in place of --bind", "[serve]") {
  const UniqueFd listening(::socket(AF_INET, SOCK_STREAM, 0));  // inherited: no CLOEXEC
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(::bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  REQUIRE(::listen(listening.get(), 16) == 0);
  ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &length);
  const std::string port = std::to_string(ntohs(address.sin_port));

  Program hub(
      with_socket(listening.get(), program_path("sse-serve") + " --bind 127.0.0.2 --ready-fd 1"));
  hub.wait_for_out("\n");
  CHECK(hub.out() == port + "\n");
  hub.wait_for_err("--bind is not used");  // messages have a thread of their own
  Program publish({"sse-pub", "event", "-d", "x"}, {{"SSE_URL=127.0.0.1:" + port}, false, ""});
  CHECK(publish.wait() == 0);
  hub.signal(SIGTERM);
  CHECK(hub.wait() == 0);
  // It is bound to this machine, and known to be.
  CHECK_FALSE(contains(hub.err(), "no authentication"));
}

TEST_CASE("Checking the configuration takes no port and says what is wrong", "[serve]") {
  const HubProgram running;
  const auto check = [](std::vector<std::string> options, std::string* said = nullptr) {
    options.insert(options.begin(), {"sse-serve", "--check-config"});
    Program program(options);
    const int status = program.wait();
    if (said != nullptr) *said = program.err();
    CHECK(program.out().empty());
    return status;
  };
  std::string said;
  CHECK(check({"--bind", "127.0.0.1", "--port", std::to_string(running.port())}, &said) == 0);
  CHECK(
      said.ends_with("in all\nsse-serve: history: in memory; a restart begins an empty log\n"
                     "sse-serve: the configuration is in order\n"));
  CHECK(check({"--ttl", "soon"}) == 64);
  CHECK(check({"--bind", "no such host"}) == 64);
  CHECK(check({"--bind", "fd:0"}) == 64);
  CHECK(check({"--bind", "unix:/dev/null/socket"}, &said) == 64);
  CHECK(contains(said, "/dev/null/socket"));
  CHECK(check({"--max-clients", "2000000000"}) == 78);
  const TemporaryDirectory directory;
  write_text(directory.file("c.toml"), "[serve]\nttl = 'soon'\n");
  CHECK(check({"--config", directory.file("c.toml")}, &said) == 78);
  CHECK(contains(said, "c.toml:2: ttl: "));
}

TEST_CASE("Quiet leaves errors, --log-level wins, and JSON is a line of its own", "[serve]") {
  const auto said = [](std::vector<std::string> options) {
    options.insert(options.begin(), {"sse-serve", "--check-config"});
    Program program(options);
    CHECK(program.wait() == 0);
    return program.err();
  };
  CHECK(said({"-q"}).empty());
  CHECK(said({"-q", "--log-level", "info"}).ends_with("the configuration is in order\n"));
  CHECK(said({"--log-level", "off"}).empty());
  CHECK(contains(said({"--log-format", "json"}), "\"text\":\"the configuration is in order\"}\n"));
}

TEST_CASE("Each request is logged with -vv", "[serve]") {
  HubProgram hub({"-vv"});
  Program publish({"sse-pub", "event", "-d", "x"}, {{"SSE_URL=" + hub.url()}, false, ""});
  CHECK(publish.wait() == 0);
  hub.program().wait_for_err("POST /events 201");
}

TEST_CASE("A command that gets the signal ends first, and decides", "[serve]") {
  Program hub({"sse-serve", "--port", "0", "--", "sh", "-c",
               "trap 'exit 9' TERM; echo up; while :; do sleep 0.01; done"});
  hub.wait_for_out("up\n");
  hub.signal(SIGTERM);
  CHECK(hub.wait() == 9);
}

}  // namespace
}  // namespace sse::test
