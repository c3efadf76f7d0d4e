#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sse/api/reserved_events.h"
#include "sse/api/topic_parameter.h"
#include "sse/auth/credential_files.h"
#include "sse/base/export.h"
#include "sse/base/ip_address.h"
#include "sse/gate/idempotency.h"
#include "sse/gate/proxy_trust.h"
#include "sse/gate/rate_limits.h"
#include "sse/gate/tickets.h"
#include "sse/http/server.h"
#include "sse/hub/options.h"
#include "sse/journal/cluster_options.h"
#include "sse/journal/journal_options.h"
#include "sse/log/event_log.h"
#include "sse/log/row_ledger.h"
#include "sse/net/address.h"
#include "sse/net/tls_context.h"
#include "sse/wire/event_id.h"

namespace sse::net {
class AdoptedSockets;
}

namespace sse::server {

/// Loops: one for each core, at most 4.
SSE_EXPORT std::size_t default_threads();

/// TLS of the addresses that `binds` names; Unix sockets and descriptors stay plain. A value.
struct TlsSettings {
  std::string certificate;  ///< path, PEM: the hub's own, then those between it and its root
  std::string key;          ///< path, PEM
  /// Path, PEM: the authorities that sign client certificates; with it, clients are asked for one.
  /// What a certificate may do is in the token file, in a row with `certificate`.
  std::string client_ca;
  net::TlsVersion least = net::TlsVersion::k12;

  bool is_on() const { return !certificate.empty(); }
};

/// The defaults are those of sse-serve: its flags set these fields.
struct EventServerOptions {
  // Where it listens, and with how many loops.
  std::vector<std::string> binds;  ///< also `unix:PATH`, `fd:N`; empty: 127.0.0.1 and any ::1
  std::uint16_t port = 8089;       ///< 0: any
  /// The operator's own: net::parse_address_and_port() has the forms. When there is one, the
  /// operator's routes are served only there, and health beside them.
  std::vector<std::string> admin_binds;
  /// Listening sockets of another process, used in place of new ones where they fit; the rest is
  /// closed. Not null: this hub takes over from that process (EventServer::take_over()).
  std::shared_ptr<net::AdoptedSockets> adopted;
  TlsSettings tls;  ///< without a certificate all are plain
  /// A plain port on loopback beside TLS, for programs of this machine; 0: any.
  std::optional<std::uint16_t> plain_port;
  std::size_t threads = default_threads();
  net::SocketOptions socket;
  std::chrono::nanoseconds drain = std::chrono::seconds(5);

  // What it keeps and serves.
  hub::HubOptions hub;
  log::EventLog::Options log = {.retention = {.ttl = std::chrono::seconds(60)}};
  /// Where history is kept over a restart. Without a directory it stays in memory. With one the age
  /// and the number of events of `log` apply to the directory, and its bytes only to memory: what
  /// is older is read back from the disk.
  journal::JournalOptions durable;
  std::uint64_t max_disk_bytes = std::uint64_t{4} << 30U;  ///< of the directory; 0: no limit
  std::size_t history_cache = std::size_t{32} << 20U;      ///< memory for what is read back
  /// Where the log is that this hub shares with others; without a URL it has its own. Not with a
  /// directory. The age of `log` holds for all of them; its bytes bound memory alone, and what is
  /// older is read back. `durable.max_pending` and `history_cache` hold here, too.
  journal::ClusterOptions cluster;
  wire::Epoch epoch = 0;  ///< names this life of a log in memory; 0: a random one
  log::RowLimits rows;    ///< of a projection on the hub; a reading takes some 42 bytes
  http::ServerOptions http;
  gate::IdempotencyOptions idempotency;
  api::TopicParameters topic_parameters;  ///< in addition to `topic=`, in streams and polls
  std::function<void(const http::Answered&)> observe;  ///< each answered request, on its loop

  // Who may use it (docs/access.md).
  /// Files of tokens and keys. None: the hub asks for no credentials, and every peer that reaches
  /// it may read and publish.
  auth::CredentialSources auth;
  /// Without credentials, and bound beyond loopback, a hub does not start unless this is set.
  bool open_to_all = false;
  gate::ProxyOptions proxies;     ///< ours, which name the peer of what they forward
  gate::RateOptions rates;        ///< without rates of its own only tokens have some
  std::size_t max_per_token = 0;  ///< streams of one principal; 0: no limit
  gate::TicketOptions tickets;
  std::string public_url;        ///< `https://hub.example/live`, where a proxy stands in front
  api::ReservedEvents reserved;  ///< events that take grants of their own
  std::vector<std::string> cors_origins;   ///< as gate::AccessOptions has them
  std::vector<std::string> allowed_hosts;  ///< the same
  std::vector<AddressRange> admin_from;    ///< operators, in addition to peers on this machine
};

}  // namespace sse::server
