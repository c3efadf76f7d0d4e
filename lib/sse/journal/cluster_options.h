#pragma once

/// \file
/// The options of a journal that many hubs share.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/log/row_ledger.h"

namespace sse::journal {

/// Where a server listens.
struct RedisAddress {
  std::string host;        ///< a name, an address without brackets, or the path of a Unix socket
  std::uint16_t port = 0;  ///< 0: `host` is a path

  friend bool operator==(const RedisAddress&, const RedisAddress&) = default;
};

/// `host:port`, or the path.
SSE_EXPORT std::string to_string(const RedisAddress& address);

/// Where the log of a cluster is.
struct RedisUrl {
  std::vector<RedisAddress> addresses;  ///< of servers, or of sentinels
  std::string user;                     ///< empty: the default one
  std::string sentinel;                 ///< what sentinels call the master; empty: no sentinels
  std::string sentinel_user;            ///< of sentinels; empty: the default one
  std::string name = "sse";             ///< of the log: its keys begin with `{name}:`
  unsigned database = 0;
  bool is_secure = false;  ///< over TLS, to sentinels too
};

/// Reads `redis://[USER@]HOST[:PORT][,HOST[:PORT]...][/DB]`, with
/// `?sentinel=NAME&sentinel-user=USER&name=KEY` or some of these, the same with `rediss://`, or
/// `redis+unix:PATH[?name=KEY]`. The port is 6379, of sentinels 26379. Error: kInvalid.
SSE_EXPORT Result<RedisUrl> parse_redis_url(std::string_view text);

/// The files of TLS to Redis and its sentinels, in PEM form. They are read for each connection. A
/// value.
struct RedisTlsFiles {
  /// The authorities that sign the other side's certificate, each an anchor by itself; empty: those
  /// of the system.
  std::string authorities;
  /// The hub's own, then those between it and its root; empty: it shows none.
  std::string certificate;
  std::string key;  ///< of the first of them, without a passphrase

  friend bool operator==(const RedisTlsFiles&, const RedisTlsFiles&) = default;
};

struct ClusterOptions {
  std::string url;                ///< parse_redis_url(); empty: no cluster
  std::string password;           ///< of Redis; empty: it needs none
  std::string sentinel_password;  ///< of each sentinel; empty: they need none
  RedisTlsFiles tls;              ///< for a URL with `rediss://`
  /// How long an event may wait for the engine before it is answered without its outcome.
  std::chrono::nanoseconds timeout = std::chrono::seconds(5);
  /// Of events, that the engine keeps where this hub makes the log; then the oldest go. 0: as many
  /// as a start reads (LogLimits::memory_bytes).
  std::uint64_t max_bytes = 0;
  /// Calls about tickets and sessions that wait for the engine at a time. More are refused at once.
  std::size_t max_calls = 512;
  std::size_t replicas = 0;  ///< that must have an event before it is acknowledged
  /// Called while a start waits for the engine, each time it has failed, with the reason. False:
  /// the start gives up. Null: it waits as long as it takes.
  std::function<bool(const std::string& why)> on_wait = {};
  /// Asked some twenty times a second while a start waits for a reply of the engine. False: it
  /// gives up this try, and calls `on_wait`. Null: it goes on.
  std::function<bool()> goes_on = {};
};

}  // namespace sse::journal
