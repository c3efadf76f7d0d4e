#pragma once

/// \file
/// Lets tests that speak plain HTTP ask a hub over TLS: suites that run as they are, with
/// SSE_TEST_TLS in the environment.

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "sse/base/unique_fd.h"

#include "support/temporary_directory.h"

namespace sse::test {

/// Whether hubs of tests speak TLS.
bool wants_tls();

/// Files for --tls-cert and --tls-key.
class TlsTestFiles {
 public:
  TlsTestFiles();
  std::vector<std::string> options() const;

 private:
  TemporaryDirectory directory_;
};

/// Listens on a free port of 127.0.0.1, and has each connection go on over TLS to `port`.
/// Half-closes go through. A thread for each connection.
class TlsRelay {
 public:
  explicit TlsRelay(std::uint16_t port);
  ~TlsRelay();
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  void accept_all();
  void relay(UniqueFd plain) const;

  const std::uint16_t hub_port_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> is_ending_{false};
  std::vector<std::thread> connections_;  // of the accepting thread, until that has ended
  std::thread accepting_;
};

}  // namespace sse::test
