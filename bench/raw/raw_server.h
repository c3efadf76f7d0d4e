#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

namespace sse::bench {

/// The least that a server of event streams can do: one thread, one epoll, one buffer of everything
/// that was published, one offset into it for each stream, one send() of all that is new. No
/// routes, no limits, no retention, no JSON, nothing checked: what a real server costs is measured
/// against this. Not for use.
class RawServer {
 public:
  enum class Sending {
    kAllThatIsNew,
    kEachEvent,  ///< a send() for each event and stream
  };

  explicit RawServer(Sending sending) : sending_(sending) {}

  /// Listens on 127.0.0.1; `port` 0 picks one. Returns the port.
  Result<std::uint16_t> listen(std::uint16_t port);

  /// Serves until it is killed.
  void run();

 private:
  using Offset = std::uint64_t;

  void serve_ready(int wait_ms);
  void accept_all();
  void read(int fd);
  std::size_t serve(int fd, std::string_view received);
  void publish(std::string_view body);
  void subscribe(int fd, std::string_view head);
  void unblock(int fd);
  void feed_all();
  void feed(int fd);
  void watch(int fd, std::uint32_t events);
  void forget(int fd);
  Offset end() const { return begin_ + buffer_.size(); }
  Offset end_of_event_at(Offset offset) const;
  void drop_what_all_have();

  const Sending sending_;
  UniqueFd epoll_;
  UniqueFd listener_;
  std::string buffer_;  // everything from begin_ on
  Offset begin_ = 0;
  std::vector<Offset> ends_;    // of each event
  std::vector<Offset> places_;  // by descriptor; also says what is not a stream, or blocked
  std::unordered_map<int, std::string> cut_requests_;
  Offset fed_ = 0;  // every stream whose socket takes bytes has what is before this
};

}  // namespace sse::bench
