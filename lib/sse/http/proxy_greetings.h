#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>

#include "sse/base/budget.h"
#include "sse/base/clock.h"
#include "sse/http/newcomer.h"
#include "sse/net/loop.h"
#include "sse/net/socket.h"

namespace sse::http {

/// The connections of one loop whose PROXY header is not whole yet. Each is handed on once it is,
/// or closed: when what comes is not a header, and when it is late. Nothing is answered, since a
/// peer of a proxy must not learn of it. Loop-affine.
class ProxyGreetings {
 public:
  enum class Outcome : std::uint8_t {
    kDone,     ///< the newcomer is handed on
    kLeft,     ///< the peer has left, or the loop has no room
    kRefused,  ///< not a header, or late
  };
  /// Each connection that was added, once. `newcomer`: empty unless kDone. May destroy none of
  /// these.
  using OnEnd = std::function<void(Outcome outcome, Newcomer newcomer)>;
  /// Where connections read to, one after the other.
  using ReadBuffer = std::function<std::span<char>()>;

  ProxyGreetings(net::Loop& loop, ReadBuffer read_buffer, OnEnd on_end);
  ~ProxyGreetings();

  void add(Newcomer newcomer);
  /// Closes those that have waited for this long, as far as the budget goes.
  void sweep(BootTime now, std::chrono::nanoseconds timeout, Budget& budget);
  /// Closes all; OnEnd is told of kLeft.
  void close_all();
  bool empty() const { return greetings_.empty(); }

 private:
  class Greeting;

  void end(Greeting& greeting, Outcome outcome, Newcomer newcomer = {});
  void refuse(Greeting& greeting, const char* why);

  net::Loop& loop_;
  const ReadBuffer read_buffer_;
  const OnEnd on_end_;
  std::list<Greeting> greetings_;  // the longest here first
  bool has_warned_ = false;
};

}  // namespace sse::http
