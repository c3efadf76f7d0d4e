#pragma once

/// \file
/// Lets tests that speak HTTP/1.1 ask a hub over HTTP/2: suites that run as they are, with
/// SSE_TEST_HTTP2 in the environment.

#include <cstdint>
#include <memory>

namespace sse::test {

class Program;

/// Whether hubs of tests are asked over HTTP/2.
bool wants_http2();

/// nghttpx: listens on a free port of 127.0.0.1, and passes requests on to `port` as HTTP/2, many
/// connections' on one. What is malformed it refuses itself. Ends when destroyed.
class Http2Relay {
 public:
  enum class Over { kPlain, kTls };

  Http2Relay(std::uint16_t port, Over over);
  ~Http2Relay();
  Http2Relay(const Http2Relay&) = delete;
  Http2Relay& operator=(const Http2Relay&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  std::unique_ptr<Program> program_;
};

}  // namespace sse::test
