#include "support/http2_relay.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <string>

#include "sse/base/unique_fd.h"

#include "support/catch.h"
#include "support/program.h"

namespace sse::test {

bool wants_http2() {
  return std::getenv("SSE_TEST_HTTP2") != nullptr;
}

// The port is bound here and handed over, as nghttpx does itself when it is replaced by another
// (NGHTTPX_ACCEPT_1): connections wait in it until nghttpx takes them.
Http2Relay::Http2Relay(std::uint16_t port, Over over) {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener.get(), any, size) == 0);
  REQUIRE(::listen(listener.get(), SOMAXCONN) == 0);
  REQUIRE(::getsockname(listener.get(), any, &size) == 0);
  port_ = ntohs(address.sin_port);
  const std::string front = "127.0.0.1," + std::to_string(port_) + ";no-tls";
  const std::string back =
      "127.0.0.1," + std::to_string(port) + ";;proto=h2" + (over == Over::kTls ? ";tls" : "");
  Program::Options options;
  options.environment = {"NGHTTPX_ACCEPT_1=tcp," + std::to_string(listener.get())};
  program_ = std::make_unique<Program>(
      std::vector<std::string>{"/usr/sbin/nghttpx", "--conf=/dev/null", "--frontend=" + front,
                               "--backend=" + back, "--insecure", "--single-process", "--workers=1",
                               "--no-via", "--no-server-rewrite", "--no-location-rewrite",
                               "--no-add-x-forwarded-proto",
                               "--no-strip-incoming-x-forwarded-proto", "--log-level=WARN",
                               "--errorlog-file=/dev/stderr", "--accesslog-file=/dev/null"},
      options);
}

Http2Relay::~Http2Relay() = default;

}  // namespace sse::test
