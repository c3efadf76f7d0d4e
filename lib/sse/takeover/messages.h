#pragma once

/// \file
/// What the two processes of a takeover say before anything is handed over. The version comes first
/// in both. So that processes of different versions can tell each other so, these stay as they are
/// in every version: that place of it, the twelve bytes before each message (channel.h), the
/// numbers of Hello, Offer and Refusal, and the form of a refusal (pack_refusal()).

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::takeover {

/// Of the messages, and of what is in the parts. A process of another version is refused.
inline constexpr std::uint64_t kVersion = 1;

/// Where the log of a hub is.
enum class Keeping : std::uint8_t { kMemory, kDirectory, kCluster };

/// To the old process. A value.
struct Hello {
  std::string program;  ///< its version, for the log
  Keeping keeping = Keeping::kMemory;
  std::string place;  ///< of a directory its path, of a cluster its URL without a password

  std::string pack() const;
  /// Error: kInvalid; the text is for the other process.
  static Result<Hello> unpack(std::string_view bytes);
};

/// Who starts the hub and watches over it, in the words of sd_notify(3): the new process goes on
/// with that one. A value.
struct Supervisor {
  std::string notify_socket;                      ///< NOTIFY_SOCKET; empty: there is none
  std::chrono::milliseconds watchdog_interval{};  ///< between two WATCHDOG=1; 0: none is wanted
};

/// From the old process. The descriptors of its message are those of `listeners`. A value.
struct Offer {
  struct Listener {
    std::string use;  ///< `main`, `admin` or `plain`
    std::string bind;
  };
  std::string program;
  std::uint64_t streams = 0;  ///< that are open now
  std::vector<Listener> listeners;
  Supervisor supervisor = {};

  std::string pack() const;
  static Result<Offer> unpack(std::string_view bytes);
};

/// The bytes of a refusal.
SSE_EXPORT std::string pack_refusal(std::string_view why);

}  // namespace sse::takeover
