#pragma once

/// \file
/// The way to the engine: which server is the master, what must hold of it, and where the order
/// stands there.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/random.h"
#include "sse/base/result.h"
#include "sse/journal/cluster_options.h"
#include "sse/journal/redis_batch.h"
#include "sse/journal/redis_connection.h"
#include "sse/log/row_ledger.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// When ids of an epoch began, and what came before.
struct EpochRecord {
  wire::Epoch epoch = 0;
  wire::Sequence first = 0;
  wire::EventId before;  ///< the newest id at that time; sequence 0: none
};

/// How much the stream keeps; 0: no limit.
struct RedisRetention {
  std::chrono::milliseconds ttl{0};
  std::uint64_t bytes = 0;  ///< of events
};

/// What the node that makes a log sets for all.
struct RedisLogLimits {
  log::RowLimits rows;
  std::size_t max_event_size = 0;
  RedisRetention retention;
};

/// The engine as it was when a connection was made.
struct Attached {
  std::string why;  ///< `same`, `new log`, `engine changed`: the last two began a new epoch
  wire::Epoch epoch = 0;
  wire::EventId head;
  std::chrono::milliseconds now{0};           ///< by the engine's clock
  log::RowLimits limits;                      ///< those of the node that made the log
  std::size_t max_event_size = 0;             ///< the same
  RedisRetention retention;                   ///< the same
  std::uint64_t max_memory = 0;               ///< of the engine; 0: no limit, or not asked
  std::vector<EpochRecord> epochs;            ///< the newest 64, oldest first
  std::array<std::uint64_t, 2> digest_key{};  ///< of fingerprints of requests

  /// The epoch that this sequence has got, or will get.
  wire::Epoch epoch_of(wire::Sequence sequence) const;
  /// Whether the order still has this event: after a fail-over it may not.
  bool has(const wire::EventId& id) const;
  /// The newest id that this order has in common with one that was `past` and had got to `head`;
  /// nullopt: there is none.
  std::optional<wire::EventId> common(const std::vector<EpochRecord>& past,
                                      const wire::EventId& head) const;
};

/// Where an order stands, of which more connections may read. A value.
struct RedisEngine {
  RedisAddress address;
  std::string user;
  std::string password;
  unsigned database = 0;
  std::optional<RedisTlsFiles> tls;
  std::string run_id;

  /// Error: kUnavailable, also where another server answers by now.
  Result<RedisConnection> open(const RedisPatience& patience) const;
  friend bool operator==(const RedisEngine&, const RedisEngine&) = default;
};

/// Where the log begins.
struct OldestEntry {
  std::optional<RedisPlace> place;  ///< nullopt: nothing is in it
  wire::EventId first;              ///< its first event; of an empty log the next one, at least
};

/// Three connections to the master: one for calls, one that waits for entries, and one for calls
/// beside the log, which wait for neither. Thread-compatible.
class SSE_EXPORT RedisLink {
 public:
  RedisLink(const ClusterOptions& options, RedisUrl url, const RedisLogLimits& limits,
            RandomSource& random);

  /// Finds the master, opens all connections, and attaches. Errors: kForbidden: the server must
  /// not be used as it is set up; else kUnavailable: another time it may work.
  Result<Attached> connect(const RedisPatience& patience);
  bool is_open() const { return calls_.is_open() && tail_.is_open() && asides_.is_open(); }
  void close();

  RedisConnection& calls() { return calls_; }
  RedisConnection& tail() { return tail_; }
  RedisConnection& asides() { return asides_; }
  const std::string& address() const { return address_; }
  /// The engine that it is connected to.
  const RedisEngine& engine() const { return engine_; }

  /// A key of this log: `{name}:<what>`.
  std::string key(std::string_view what) const { return prefix_ + std::string(what); }

  /// Asks where the order stands: connect() does it first, and a node that sees nothing new should
  /// from time to time.
  void send_attach();
  Result<Attached> read_attached(const RedisReply& reply);

  /// Asks where the log begins, once what is too old is deleted.
  void send_oldest();
  /// Error: kUnavailable, for one that is damaged kInvalid.
  static Result<OldestEntry> read_oldest(const RedisReply& reply);

  /// Calls append.lua. `keys`: the node's, then the once keys.
  void send_append(std::span<const std::string_view> keys,
                   std::span<const std::string_view> arguments);
  /// The script is not there any more, as after SCRIPT FLUSH: the next call brings it along.
  void forget_script() { append_sha_.clear(); }

 private:
  /// What connections to the engine and to sentinels have; nullopt: they are plain.
  std::optional<RedisTlsFiles> tls() const;
  Result<std::vector<RedisAddress>> find_servers(const RedisPatience& patience) const;
  /// Where the master is, by what this sentinel says.
  Result<RedisAddress> ask_sentinel(const RedisAddress& sentinel,
                                    const RedisPatience& patience) const;
  Result<Attached> connect_to(const RedisAddress& address, const RedisPatience& patience);
  /// Returns what the engine may take of memory; 0: no limit.
  Result<std::uint64_t> check(const RedisPatience& patience);

  const ClusterOptions& options_;
  const RedisUrl url_;
  const RedisLogLimits limits_;
  RandomSource& random_;
  const std::string prefix_;
  std::string digest_key_;  // as text
  std::string append_sha_;
  RedisEngine engine_;  // that calls go to
  std::string address_;
  RedisConnection calls_;
  RedisConnection tail_;
  RedisConnection asides_;
};

/// What an error of Redis means: kForbidden where only its operator can change it, kFull without
/// memory, else kUnavailable.
SSE_EXPORT Error error_of_reply(const RedisReply& reply);

}  // namespace sse::journal
