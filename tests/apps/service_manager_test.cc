#include "sse-serve/service_manager.h"

#include <unistd.h>

#include "apps/notify_socket.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

namespace sse::serve {
namespace {

using test::kSelf;
using test::manager_of;
using test::NotifySocket;

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
