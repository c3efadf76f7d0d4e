#pragma once

/// \file
/// A server of event streams that makes one mistake.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "sse/base/unique_fd.h"

namespace sse::test {

enum class Mistake {
  kNone,
  kLose,     ///< an event never comes
  kLoseAll,  ///< an event never comes to any stream
  kRepeat,   ///< an event comes twice
  kReorder,  ///< an event comes behind the next one
  kInvent,   ///< an event comes that was not published
  kChangeId,
  kClose,  ///< the stream ends in front of an event
};

/// What `sse-load --server raw` speaks to. The mistake is made with the fifth event, on the stream
/// that was opened as number `stream`; whatever else is published reaches every stream as it
/// should. Has a thread, which ends with it.
class FaultyServer {
 public:
  explicit FaultyServer(Mistake mistake, std::size_t stream = 0);
  ~FaultyServer();

  std::uint16_t port() const { return port_; }

 private:
  struct Connection {
    UniqueFd fd;
    std::string received;
  };

  void run();
  void take(Connection& connection);
  void publish(const std::string& data);
  std::vector<std::string> blocks_for(std::size_t stream, const std::string& block);

  const Mistake mistake_;
  const std::size_t wrong_stream_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::vector<Connection> connections_;
  std::vector<UniqueFd> streams_;
  std::size_t published_ = 0;
  std::string held_back_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace sse::test
