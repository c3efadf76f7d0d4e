#pragma once

/// \file
/// A hub gives itself to another process.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/result.h"
#include "sse/net/standstill.h"
#include "sse/server/carried.h"
#include "sse/server/listening_socket.h"
#include "sse/takeover/giver.h"

namespace sse::net {
class Listener;
class LoopPool;
}  // namespace sse::net

namespace sse::server {

class Parts;
class TicketKeeper;

/// Thread-compatible: for one thread, which is none of the loops'.
class Handover final : public takeover::Holdings {
 public:
  struct Owner {
    const Clock& clock;
    net::LoopPool& loops;
    Parts& parts;
    TicketKeeper* tickets = nullptr;  ///< null: no file of tickets
    takeover::Keeping keeping = takeover::Keeping::kMemory;
    std::string place;
    std::vector<ListeningSocket> sockets;
    takeover::Supervisor supervisor;
    std::atomic<BootTime>& stands_until;  ///< set while everything stands still; else BootTime()
    std::chrono::nanoseconds patience;  ///< for the loops and the journal together, to come to rest
  };

  /// What `owner` refers to outlives it.
  explicit Handover(Owner owner) : owner_(std::move(owner)) {}

  Result<Offered> offer(const takeover::Hello& hello) override;
  Status stop() override;
  Status send(takeover::Channel& channel) override;
  void go_on() override;
  void let_go() override;

 private:
  log::CarriedLog log_without_chunks() const;
  std::string took() const;
  void end_standstill();

  const Owner owner_;
  std::optional<net::Standstill> standstill_;
  bool is_suspended_ = false;
  std::vector<std::vector<hub::HandedStream>> streams_;  // of each loop
  std::size_t handed_ = 0;
  BootTime stopped_;
};

/// What is named in a Hello, of the options of a hub.
struct KeptPlace {
  takeover::Keeping keeping = takeover::Keeping::kMemory;
  std::string place;
};
KeptPlace kept_place(const std::string& directory, const std::string& cluster_url);

}  // namespace sse::server
