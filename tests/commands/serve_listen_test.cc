// Where sse-serve listens, and what that decides: which names in Host are answered, and who reads
// what is the operator's.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "sse/base/unique_fd.h"

#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

/// The status that curl gets, as it prints it.
std::string status_of(const std::string& url, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"curl", "-s", "-g", "-o", "/dev/null", "-w", "%{http_code}"});
  options.push_back(url);
  Program curl(options);
  CHECK(curl.wait() == 0);
  return curl.out();
}

/// A hub that has said its port; with a listening socket as descriptor 3 when there is one.
struct Hub {
  explicit Hub(const std::string& options, int fd = -1)
      : program({"bash", "-c",
                 (fd < 0 ? "" : "exec 3<&" + std::to_string(fd) + "; ") + "exec " +
                     program_path("sse-serve") + " --port 0 --ready-fd 1 " + options}) {
    program.wait_for_out("\n");
    port = program.out().substr(0, program.out().find('\n'));
  }

  Program program;
  std::string port;
};

UniqueFd listening_on(std::uint32_t address) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));  // inherited: no CLOEXEC
  sockaddr_in bound{};
  bound.sin_family = AF_INET;
  bound.sin_addr.s_addr = htonl(address);
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&bound), sizeof bound) == 0);
  REQUIRE(::listen(fd.get(), 16) == 0);
  return fd;
}

bool has_ipv6() {
  const UniqueFd fd(::socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_in6 bound{};
  bound.sin6_family = AF_INET6;
  bound.sin6_addr = in6addr_loopback;
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&bound), sizeof bound) == 0;
}

TEST_CASE("However loopback is spelled, a foreign name in Host is refused", "[serve][host]") {
  std::vector<std::string> spellings = {"127.0.0.1",  "127.1",     "2130706433", "0x7f.1",
                                        "0177.0.0.1", "localhost", "fd:3"};
  if (has_ipv6()) spellings.insert(spellings.end(), {"::1", "0:0:0:0:0:0:0:1", "[::1]"});
  for (const auto& spelling : spellings) {
    CAPTURE(spelling);
    const auto inherited = listening_on(INADDR_LOOPBACK);
    Hub hub("--bind " + spelling, inherited.get());
    const bool is_v6 = spelling.find("::1") != spelling.npos || spelling.ends_with(":1");
    const std::string url = (is_v6 ? "http://[::1]:" : "http://127.0.0.1:") + hub.port;
    CHECK(status_of(url + "/-/healthz") == "200");
    CHECK(status_of(url + "/-/healthz", {"-H", "Host: evil.com"}) == "403");
    CHECK(status_of(url + "/events", {"-H", "Host: evil.com", "-H", "Origin: http://evil.com", "-H",
                                      "Content-Type: application/json", "-d", R"({"data":1})"}) ==
          "403");
    CHECK(hub.program.err().find("--open-to-all") == std::string::npos);
  }
}

TEST_CASE("Beyond this machine --allow-host says which names are answered", "[serve][host]") {
  for (const auto* bind : {"0.0.0.0", "0", "fd:3"}) {
    CAPTURE(bind);
    const auto inherited = listening_on(INADDR_ANY);
    Hub open(std::string("--open-to-all --bind ") + bind, inherited.get());
    open.program.wait_for_err("without asking for credentials");
    CHECK(status_of("http://127.0.0.1:" + open.port + "/events", {"-H", "Host: evil.com"}) ==
          "200");
  }
  Hub hub("--open-to-all --bind 0.0.0.0 --allow-host hub.example");
  const std::string url = "http://127.0.0.1:" + hub.port + "/events";
  for (const auto* host : {"hub.example", "Hub.Example:8089", "localhost", "192.0.2.1:80"}) {
    CAPTURE(host);
    CHECK(status_of(url, {"-H", std::string("Host: ") + host}) == "200");
  }
  CHECK(status_of(url, {"-H", "Host: evil.com"}) == "403");
  CHECK(status_of(url, {"-H", "Host: evil.com", "-H", "Origin: http://evil.com", "-d", "1"}) ==
        "403");
  CHECK(status_of(url, {"-H", "Host: u@hub.example"}) == "400");
}

TEST_CASE("With --admin-bind the operator reads on a socket of its own", "[serve][admin]") {
  const TemporaryDirectory directory;
  const std::string socket = directory.file("admin");
  Hub hub("--admin-bind unix:" + socket);
  hub.program.wait_for_err("listening on unix:" + socket + " for the operator");
  const std::vector<std::string> there = {"--unix-socket", socket};
  const std::string main = "http://127.0.0.1:" + hub.port;
  for (const auto* path : {"/-/metrics", "/-/streams"}) {
    CAPTURE(path);
    CHECK(status_of(std::string("http://localhost") + path, there) == "200");
    CHECK(status_of(main + path) == "403");
  }
  for (const auto* path : {"/-/healthz", "/-/readyz"}) {
    CAPTURE(path);
    CHECK(status_of(std::string("http://localhost") + path, there) == "200");
    CHECK(status_of(main + path) == "200");
  }
  for (const auto* path : {"/events", "/metrics", "/"}) {
    CAPTURE(path);
    CHECK(status_of(std::string("http://localhost") + path, there) == "404");
  }
}

TEST_CASE("The operator's address may be a port, beside that of the hub", "[serve][admin]") {
  Hub hub("--bind 127.0.0.1 --admin-bind 127.0.0.1:0 --admin-bind fd:3",
          listening_on(INADDR_LOOPBACK).get());
  hub.program.wait_for_err("listening on http://127.0.0.1:" + hub.port + "\n");
  hub.program.wait_for_err(" for the operator\n");
  const std::string said = hub.program.err();
  const auto end = said.find(" for the operator");
  const auto begin = said.rfind("http://", end);
  const std::string admin = said.substr(begin, end - begin);
  CHECK(admin != "http://127.0.0.1:" + hub.port);
  CHECK(status_of(admin + "/-/metrics") == "200");
  CHECK(status_of(admin + "/-/metrics", {"-H", "X-Forwarded-For: 192.0.2.1"}) == "200");
  CHECK(status_of(admin + "/-/metrics", {"-H", "Host: evil.com"}) == "403");
  CHECK(status_of(admin + "/events") == "404");
  CHECK(status_of("http://127.0.0.1:" + hub.port + "/-/metrics") == "403");
}

TEST_CASE("An operator's address beyond this machine is warned of", "[serve][admin]") {
  Hub open("--bind 127.0.0.1 --admin-bind 0.0.0.0:0");
  open.program.wait_for_err(" for the operator\n");
  constexpr std::string_view kWarning = "listening beyond this machine for the operator";
  CHECK(open.program.err().find(kWarning) != std::string::npos);
  Hub closed("--bind 127.0.0.1 --admin-bind 127.0.0.1:0");
  closed.program.wait_for_err(" for the operator\n");
  CHECK(closed.program.err().find(kWarning) == std::string::npos);
}

TEST_CASE("Of the sockets that are passed, --admin-bind may have one", "[serve][admin]") {
  const auto inherited = listening_on(INADDR_LOOPBACK);
  sockaddr_in bound{};
  socklen_t length = sizeof bound;
  ::getsockname(inherited.get(), reinterpret_cast<sockaddr*>(&bound), &length);
  Program hub({"bash", "-c",
               "exec 3<&" + std::to_string(inherited.get()) + "; LISTEN_FDS=1 LISTEN_PID=$$ exec " +
                   program_path("sse-serve") +
                   " --bind 127.0.0.1 --port 0 --ready-fd 1 --admin-bind fd:3"});
  hub.wait_for_out("\n");
  const std::string port = hub.out().substr(0, hub.out().find('\n'));
  const std::string admin_port = std::to_string(ntohs(bound.sin_port));
  CHECK(port != admin_port);
  CHECK(status_of("http://127.0.0.1:" + admin_port + "/-/metrics") == "200");
  CHECK(status_of("http://127.0.0.1:" + port + "/-/metrics") == "403");
}

}  // namespace
}  // namespace sse::test
