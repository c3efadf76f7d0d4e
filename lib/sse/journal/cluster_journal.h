#pragma once

/// \file
/// The journal of a hub that shares its log with others, as the rooms above know it: also in a
/// build without it (SSE_REDIS=OFF), where making one is an error.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/random.h"
#include "sse/journal/cluster_options.h"
#include "sse/journal/cluster_tickets.h"
#include "sse/journal/journal_options.h"
#include "sse/log/cluster_counts.h"
#include "sse/log/cluster_status.h"
#include "sse/log/journal.h"

namespace sse::journal {

/// All options of the journal of a cluster.
struct ClusterSettings {
  ClusterOptions cluster;
  LogLimits log;        ///< `memory_bytes` is what a start reads; `ttl` bounds the stream, too
  log::RowLimits rows;  ///< these, `ttl` and the bytes of the node that makes the log hold for all
  RepeatLimits repeats = {};
  std::size_t max_event_size = std::size_t{256} << 10U;  ///< as it is sent
  std::size_t largest_event = std::size_t{1} << 20U;     ///< that the log here can hold
  std::size_t max_pending = std::size_t{64} << 20U;      ///< bytes of events that wait
};

/// What a start has read.
struct ClusterLoaded {
  std::string address;  ///< of the master
  std::uint64_t events = 0;
  std::uint64_t archived_events = 0;  ///< that stay in the engine, and were not read
  std::size_t rows = 0;
  std::size_t members = 0;          ///< of the series of those rows
  log::RowLimits limits;            ///< those of the log
  std::chrono::nanoseconds ttl{0};  ///< how long the log is kept; 0: no limit
  std::uint64_t bytes = 0;          ///< of events that the log keeps
  bool is_new = false;              ///< there was no log
};

/// Thread-safe.
class SSE_EXPORT ClusterJournal : public log::Journal {
 public:
  using LostRepeats =
      std::function<void(const std::array<std::uint64_t, 2>& digest_key, BootTime since)>;

  /// `told` is called whenever the engine has lost all that it knew of repeated requests, with
  /// their events: with the key that they are told by from now on, and the time from which on they
  /// are known. On the journal's thread. Before start().
  virtual void on_lost_repeats(LostRepeats told) = 0;
  /// Constant after start().
  virtual const ClusterLoaded& loaded() const = 0;
  virtual log::ClusterCounts cluster_counts() const = 0;

  /// Those that the hubs share. Calls before start() wait for it.
  virtual ClusterTickets& tickets() = 0;

  using Describe = std::function<log::ClusterSelf()>;
  /// What this hub says of itself to the others; asked once a second, on the journal's thread, and
  /// by list_nodes(). Null: they do not know of it. Before start().
  virtual void set_describe(Describe describe) = 0;
  /// The hubs of the cluster, and the engine. When that does not answer in time the outcome has
  /// this hub alone. `done` is called once, on the journal's thread, or here when it has ended.
  virtual void list_nodes(std::function<void(log::ClusterStatus)> done) const = 0;
};

/// Whether this build has a journal for clusters.
SSE_EXPORT bool has_cluster_journal();

/// Whether the files of TLS to Redis can be used, where the URL asks for TLS: start() fails by it,
/// too. Errors, which name the file: kIo, kNotAllowed (check_file()), kInvalid.
SSE_EXPORT Status check_cluster_files(const ClusterOptions& options);

/// Makes a journal; null when has_cluster_journal() is false. Its start() waits for the engine as
/// ClusterOptions::on_wait says, and reads rows and the newest events. Errors of start(): kInvalid
/// (the URL, or what the engine holds), kForbidden (the engine is set up in a way that loses
/// events, or does not let this user in, or has a certificate that is refused), those of
/// check_cluster_files(), kUnavailable (it has given up).
SSE_EXPORT std::unique_ptr<ClusterJournal> make_cluster_journal(const ClusterSettings& settings,
                                                                const Clock& clock,
                                                                RandomSource& random);

}  // namespace sse::journal
