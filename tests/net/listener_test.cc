#include "sse/net/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "support/catch.h"
#include "support/manual_clock.h"

namespace sse::net {
namespace {

using namespace std::chrono_literals;

UniqueFd connect_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

struct Acceptor {
  explicit Acceptor(const std::string& bind = "127.0.0.1") {
    auto opened = Loop::open(clock);
    REQUIRE(opened);
    loop = std::move(opened).value();
    auto made = Listener::open(bind, 0, {});
    REQUIRE(made);
    listener = std::move(made).value();
    REQUIRE(listener->start(
        *loop, [this](std::unique_ptr<Socket> socket) { accepted.push_back(std::move(socket)); }));
  }
  test::ManualClock clock;
  std::unique_ptr<Loop> loop;
  std::vector<std::unique_ptr<Socket>> accepted;
  std::unique_ptr<Listener> listener;
};

TEST_CASE("A listener hands over each connection with its peer's address", "[net][listener]") {
  Acceptor acceptor;
  const auto peer = connect_to(acceptor.listener->port());
  acceptor.loop->turn(10s);
  REQUIRE(acceptor.accepted.size() == 1);
  CHECK(acceptor.accepted[0]->peer().rfind("127.0.0.1:", 0) == 0);
}

TEST_CASE("A storm of connections is accepted in portions, one a turn", "[net][listener][storm]") {
  constexpr std::size_t kStorm = 200;
  Acceptor acceptor;
  std::vector<UniqueFd> peers;
  for (std::size_t i = 0; i < kStorm; ++i) peers.push_back(connect_to(acceptor.listener->port()));
  acceptor.loop->turn();
  const std::size_t portion = acceptor.accepted.size();
  CHECK(portion > 0);
  CHECK(portion < kStorm / 2);
  for (std::size_t turn = 2; acceptor.accepted.size() < kStorm; ++turn) {
    acceptor.loop->turn();
    REQUIRE(acceptor.accepted.size() == std::min(turn * portion, kStorm));
  }
}

TEST_CASE("A second listener on the same port is told that it is in use", "[net][listener]") {
  Acceptor acceptor;
  const auto second = Listener::open("127.0.0.1", acceptor.listener->port(), {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::kUnavailable);
  CHECK(second.error().text.find("Address already in use") != std::string::npos);
}

TEST_CASE("An address that is none says what was expected", "[net][listener]") {
  const auto listener = Listener::open("not an address", 0, {});
  REQUIRE_FALSE(listener);
  CHECK(listener.error().code == ErrorCode::kInvalid);
  CHECK(listener.error().text.find("expected an address") != std::string::npos);
}

TEST_CASE("Port 0 on several addresses gives one port", "[net][listener]") {
  const auto listeners = open_listeners({"127.0.0.1", "127.0.0.2"}, 0, {});
  REQUIRE(listeners);
  REQUIRE(listeners->size() == 2);
  CHECK((*listeners)[0]->port() == (*listeners)[1]->port());
}

TEST_CASE("Without descriptors a connection is refused, and the next one served", "[net][emfile]") {
  Acceptor acceptor;
  // Served before, too. (And what UBSan asks the kernel about a type, it asks while it can.)
  const auto first = connect_to(acceptor.listener->port());
  acceptor.loop->turn(10s);
  REQUIRE(acceptor.accepted.size() == 1);
  auto refused = connect_to(acceptor.listener->port());
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int next_free = ::dup(0);
  ::close(next_free);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next_free);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  acceptor.loop->turn(10s);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(acceptor.accepted.size() == 1);
  char byte = 0;
  CHECK(::read(refused.get(), &byte, 1) <= 0);  // closed, not left waiting

  const auto next = connect_to(acceptor.listener->port());
  acceptor.loop->turn(10s);
  CHECK(acceptor.accepted.size() == 2);
}

TEST_CASE("A Unix socket file left by a killed hub is replaced, a live one is not",
          "[net][listener]") {
  const std::string path = "/tmp/sse-listener-test." + std::to_string(::getpid());
  {
    Acceptor live("unix:" + path);
    const auto second = Listener::open("unix:" + path, 0, {});
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::kUnavailable);
  }
  CHECK(::access(path.c_str(), F_OK) != 0);
  {
    const UniqueFd stale(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    REQUIRE(::bind(stale.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  CHECK(Listener::open("unix:" + path, 0, {}));
}

bool is_local(const std::string& bind) {
  const auto listener = Listener::open(bind, 0, {});
  REQUIRE(listener);
  return (*listener)->bound().is_local();
}

TEST_CASE("Whether only this machine reaches a listener is asked of its socket", "[net][address]") {
  for (const auto* bind : {"127.0.0.1", "127.1.2.3", "127.1", "2130706433", "0x7f.1", "0x7f000001",
                           "0177.0.0.1", "localhost"}) {
    CAPTURE(bind);
    CHECK(is_local(bind));
  }
  CHECK(is_local("unix:/tmp/sse-listener-local." + std::to_string(::getpid())));
  for (const auto* bind : {"0.0.0.0", "0"}) {
    CAPTURE(bind);
    CHECK_FALSE(is_local(bind));
  }
  if (!Listener::open("::1", 0, {})) return;  // a machine without IPv6
  for (const auto* bind : {"::1", "[::1]", "0:0:0:0:0:0:0:1"}) {
    CAPTURE(bind);
    CHECK(is_local(bind));
  }
  CHECK_FALSE(is_local("::"));
}

TEST_CASE("An inherited socket says where it is bound", "[net][address]") {
  for (const auto* bind : {"127.0.0.1", "0.0.0.0"}) {
    CAPTURE(bind);
    const auto inherited = listen_on(bind, 0, {});
    REQUIRE(inherited);
    const auto listener = Listener::open("fd:" + std::to_string(inherited->get()), 0, {});
    REQUIRE(listener);
    const auto& bound = (*listener)->bound();
    CHECK(bound.ip == IpAddress::parse(bind));
    CHECK(bound.port == bound_address(inherited->get()).port);
    CHECK(bound.is_local() == (std::string(bind) == "127.0.0.1"));
  }
  CHECK_FALSE(bound_address(-1).is_local());
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  CHECK(bound_address(UniqueFd(pair[0]).get()).is_unix);
  ::close(pair[1]);
}

TEST_CASE("An address with its port is read", "[net][address]") {
  const std::pair<const char*, AddressAndPort> good[] = {
      {"9100", {"", 9100}},
      {"0", {"", 0}},
      {"127.0.0.1:9100", {"127.0.0.1", 9100}},
      {"localhost:0", {"localhost", 0}},
      {"[::1]:65535", {"[::1]", 65535}},
      {"unix:/run/a:1", {"unix:/run/a:1", 0}},
      {"fd:4", {"fd:4", 0}},
  };
  for (const auto& [text, expected] : good) {
    CAPTURE(text);
    const auto read = parse_address_and_port(text);
    REQUIRE(read);
    CHECK(*read == expected);
  }
  for (const auto* text :
       {"", ":", ":9100", "127.0.0.1", "localhost", "localhost:", "h:65536", "h:-1", "h:+1", "h: 1",
        "h:1x", "::1", "::1:9100", "[::1]", "[::1]9100", "[::1:9100", "65536", "-1", "0x10"}) {
    CAPTURE(text);
    const auto read = parse_address_and_port(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().text.find("expected one such as 9100") != std::string::npos);
  }
}

TEST_CASE("A Unix socket that was adopted keeps its file until it is claimed", "[net][listener]") {
  const std::string path = "/tmp/sse-adopted-test." + std::to_string(::getpid());
  auto first = Listener::open("unix:" + path, 0, {});
  REQUIRE(first);
  const auto adopt = [&] {
    return Listener::adopt("unix:" + path, UniqueFd(::dup((*first)->descriptor())), {});
  };
  {
    const auto gives_up = adopt();
    REQUIRE(gives_up);
  }
  CHECK(::access(path.c_str(), F_OK) == 0);
  {
    const auto goes_on = adopt();
    REQUIRE(goes_on);
    (*goes_on)->claim();
    (*first)->let_go();
    CHECK(::access(path.c_str(), F_OK) == 0);
  }
  CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("What is accepted from an adopted socket has the options of its new owner",
          "[net][listener]") {
  auto first = Listener::open("127.0.0.1", 0, {});
  REQUIRE(first);
  SocketOptions options;
  options.send_buffer = 300'000;
  const auto adopted =
      Listener::adopt("127.0.0.1", UniqueFd(::dup((*first)->descriptor())), options);
  REQUIRE(adopted);
  const auto size = [&] {
    int bytes = 0;
    socklen_t length = sizeof bytes;
    ::getsockopt((*first)->descriptor(), SOL_SOCKET, SO_SNDBUF, &bytes, &length);
    return bytes;
  };
  const int before = size();
  (*adopted)->claim();
  CHECK(size() > before);
}

TEST_CASE("An adopted socket of an address is found whatever it was used for", "[net][listener]") {
  auto first = Listener::open("127.0.0.1", 0, {});
  auto other = Listener::open("127.0.0.1", 0, {});
  REQUIRE(first);
  REQUIRE(other);
  const auto port = (*first)->port();
  AdoptedSockets adopted;
  adopted.add("main", "127.0.0.1", UniqueFd(::dup((*first)->descriptor())));
  adopted.add("admin", "127.0.0.1", UniqueFd(::dup((*other)->descriptor())));
  CHECK_FALSE(adopted.has("plain", "127.0.0.1", 0));  // any port is one of this use
  CHECK_FALSE(adopted.has("admin", "::1", port));
  CHECK(adopted.has("admin", "127.0.0.1", port));
  const auto listeners = open_listeners({"127.0.0.1"}, port, {}, &adopted, "admin");
  REQUIRE(listeners);
  CHECK(listeners->front()->port() == port);
  CHECK_FALSE(adopted.has("main", "127.0.0.1", port));
  CHECK(adopted.take("admin", "127.0.0.1", 0).is_open());
}

TEST_CASE("Adopted sockets that none asks for are closed, and their files removed",
          "[net][listener]") {
  const std::string path = "/tmp/sse-dropped-test." + std::to_string(::getpid());
  auto first = Listener::open("unix:" + path, 0, {});
  REQUIRE(first);
  AdoptedSockets adopted;
  adopted.add("admin", "unix:" + path, UniqueFd(::dup((*first)->descriptor())));
  adopted.drop_rest();
  CHECK_FALSE(adopted.take("admin", "unix:" + path, 0).is_open());
  CHECK(::access(path.c_str(), F_OK) == 0);
  (*first)->let_go();
  adopted.remove_files();
  CHECK(::access(path.c_str(), F_OK) != 0);
}

}  // namespace
}  // namespace sse::net
