// Redirects, cuts and secure connections, as sse-sub meets them.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "commands/sub_stage.h"
#include "support/catch.h"
#include "support/secure_server.h"

using sse::test::SubStage;

TEST_CASE("A permanent redirect is kept for the next connection, a temporary one is not",
          "[commands][sub][connection]") {
  const std::pair<const char*, bool> rows[] = {
      {"301", true}, {"302", false}, {"303", false}, {"307", false}, {"308", true}};
  for (const auto& [status, is_permanent] : rows) {
    CAPTURE(status);
    SubStage stage;
    auto sub = stage.start({"-C2"});
    stage.server.answer(std::string(status) + " Moved", "Location: /new?a=b\r\n");
    CHECK(stage.server.accept_stream("id: 1\ndata: a\n\n").target() == "/new?a=b");
    const auto again = stage.server.accept_stream("id: 2\ndata: b\n\n");
    CHECK(again.target() == (is_permanent ? "/new?a=b" : "/events/watch"));
    CHECK(again.header("Last-Event-ID") == "1");
    CHECK(sub.wait() == 0);
  }
}

TEST_CASE("Fifty connections that are cut after the greeting lose and repeat nothing",
          "[commands][sub][connection]") {
  SubStage stage;
  auto sub = stage.start({"-C1", "--last-event-id=7"});
  for (int i = 0; i < 50; ++i) {
    const auto stream = stage.server.accept_stream("retry: 1\n: welcome\n\nid: 8\ndata: hal");
    CHECK(stream.header("Last-Event-ID") == "7");
  }
  const auto stream = stage.server.accept_stream("id: 8\ndata: whole\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "whole\n");
}

TEST_CASE("A position that is gone is a gap, and the stream starts without it",
          "[commands][sub][connection]") {
  for (const char* status : {"410 Gone", "412 Precondition Failed"}) {
    SubStage stage;
    auto sub = stage.start({"-C1", "--last-event-id=7", "--wait-server"});
    stage.server.answer(status);
    const auto stream = stage.server.accept_stream("data: a\n\n");
    CHECK(stream.header("Last-Event-ID").empty());
    CHECK(sub.wait() == 0);
    CHECK(sub.err().find("events may be lost") != std::string::npos);
  }
}

TEST_CASE("A connection that is not accepted is given up in time", "[commands][sub][connection]") {
  // A queue that is full: the kernel answers no further connection.
  const sse::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener.get(), 0) == 0);
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const sse::test::RawConnection first(ntohs(address.sin_port));
  SubStage stage;
  auto sub = stage.start(
      {"http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)), "--connect-timeout=50ms"});
  CHECK(sub.wait() == 69);
  CHECK(sub.err().find("in time") != std::string::npos);
}

#ifdef CPPHTTPLIB_OPENSSL_SUPPORT

TEST_CASE("A server behind https needs a trusted certificate", "[commands][sub][connection]") {
  const sse::test::SecureServer server;
  SubStage stage;
  auto refused = stage.start({server.url()});
  CHECK(refused.wait() == 76);
  CHECK(refused.err().find("--cacert names one to trust") != std::string::npos);
  for (const std::vector<std::string>& trust :
       {std::vector<std::string>{"--cacert", server.certificate()}, {"-k"}}) {
    auto options = trust;
    options.insert(options.end(), {server.url(), "-C1"});
    auto sub = stage.start(options);
    CHECK(sub.wait() == 0);
    CHECK(sub.out() == "secret\n");
  }
  auto missing = stage.start({server.url(), "--cacert", "no-such-file"});
  CHECK(missing.wait() == 66);
  CHECK(missing.err().find("cannot read no-such-file: No such file") != std::string::npos);
}

#endif
