#include "sse-serve/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <map>

#include "sse/base/unique_fd.h"

#include "support/catch.h"
#include "support/temporary_directory.h"

namespace sse::serve {
namespace {

constexpr pid_t kSelf = 4711;

ServiceManager manager_of(std::map<std::string, std::string> variables) {
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return {environment, kSelf};
}

/// A socket as a service manager has it. `name` starts with @ for an abstract one.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& name) : fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = offsetof(sockaddr_un, sun_path) + name.size();
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(length)) == 0);
  }

  std::string receive() const {
    char text[256];
    const auto bytes = ::recv(fd_.get(), text, sizeof text, MSG_DONTWAIT);
    return bytes < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(bytes));
  }

 private:
  UniqueFd fd_;
};

TEST_CASE("The service manager hears on a path and on an abstract address", "[serve][service]") {
  const test::TemporaryDirectory directory;
  for (const auto& name : {directory.file("notify"), "@sse-test-" + std::to_string(::getpid())}) {
    const NotifySocket socket(name);
    manager_of({{"NOTIFY_SOCKET", name}}).notify("READY=1\nSTATUS=up");
    CHECK(socket.receive() == "READY=1\nSTATUS=up");
    manager_of({}).notify("STOPPING=1");
    CHECK(socket.receive() == "nothing");
  }
}

TEST_CASE("A service manager that is not there is no trouble", "[serve][service]") {
  manager_of({{"NOTIFY_SOCKET", "/nonexistent/notify"}}).notify("READY=1");
  manager_of({{"NOTIFY_SOCKET", std::string(200, 'x')}}).notify("READY=1");
}

TEST_CASE("Passed sockets are served when they are meant for us", "[serve][service]") {
  CHECK(manager_of({{"LISTEN_FDS", "2"}, {"LISTEN_PID", "4711"}}).sockets() ==
        std::vector<std::string>{"fd:3", "fd:4"});
  CHECK(manager_of({{"LISTEN_FDS", "2"}, {"LISTEN_PID", "4712"}}).sockets().empty());
  CHECK(manager_of({{"LISTEN_FDS", "2"}}).sockets().empty());
  CHECK(manager_of({{"LISTEN_FDS", "x"}, {"LISTEN_PID", "4711"}}).sockets().empty());
  CHECK(manager_of({{"LISTEN_FDS", "99999"}, {"LISTEN_PID", "4711"}}).sockets().size() == 64);
}

TEST_CASE("The watchdog is fed twice in its period", "[serve][service]") {
  using std::chrono::milliseconds;
  CHECK(manager_of({{"WATCHDOG_USEC", "30000000"}}).watchdog_interval() == milliseconds(15'000));
  CHECK(manager_of({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "4711"}}).watchdog_interval() ==
        milliseconds(15'000));
  CHECK_FALSE(
      manager_of({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "1"}}).watchdog_interval());
  CHECK_FALSE(manager_of({{"WATCHDOG_USEC", "0"}}).watchdog_interval());
  CHECK_FALSE(manager_of({{"WATCHDOG_USEC", "soon"}}).watchdog_interval());
  CHECK(manager_of({{"WATCHDOG_USEC", "1"}}).watchdog_interval() == milliseconds(1));
}

}  // namespace
}  // namespace sse::serve
