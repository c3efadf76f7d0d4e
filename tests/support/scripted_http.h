#pragma once

/// \file
/// A server that does what a script says, request by request.

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "sse/base/mutex.h"
#include "sse/base/unique_fd.h"
#include "sse/base/wake_fd.h"

namespace sse::test {

/// What happens to one request, after all of it has arrived.
struct ScriptedAnswer {
  enum class Then {
    kKeepOpen,
    kClose,
    kHang,  ///< until the server ends
  };
  std::string bytes;  ///< the whole answer; empty: none
  Then then = Then::kKeepOpen;
  /// When it is set, the answer is what this makes of the request.
  std::function<std::string(const std::string& request)> make = nullptr;
};

/// An answer with a Content-Length.
ScriptedAnswer answer(int status, const std::string& body, const std::string& headers = {});

/// One connection at a time on a free port of 127.0.0.1; each request takes the next answer, and
/// the last one is for all that follow. Thread-safe.
class ScriptedHttp {
 public:
  explicit ScriptedHttp(std::vector<ScriptedAnswer> script);
  ~ScriptedHttp();
  ScriptedHttp(const ScriptedHttp&) = delete;
  ScriptedHttp& operator=(const ScriptedHttp&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// The requests so far: head and body.
  std::vector<std::string> requests() const SSE_EXCLUDES(mutex_);

  /// Connections accepted so far.
  std::size_t connections() const SSE_EXCLUDES(mutex_);

 private:
  void serve();
  void serve_connection(int fd);
  bool read_request(int fd, std::string& buffer, std::string& request) const;
  bool wait_readable(int fd) const;

  const std::vector<ScriptedAnswer> script_;
  std::uint16_t port_ = 0;  // before the listener, which finds it
  UniqueFd listener_;
  const WakeFd stop_;
  mutable Mutex mutex_;
  std::vector<std::string> requests_ SSE_GUARDED_BY(mutex_);
  std::size_t connections_ SSE_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

/// A port without a listener.
std::uint16_t closed_port();

}  // namespace sse::test
