#pragma once

/// \file
/// `GET /-/metrics`, `GET /-/streams` and `GET /-/cluster`: how the hub is, and the others that
/// share its log, for its operator; `DELETE /-/streams` closes streams, and `POST /-/backup` copies
/// history (docs/operations.md).

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/gate/admin_access.h"
#include "sse/http/server.h"
#include "sse/log/cluster_status.h"

namespace sse::gate {
class Idempotency;
}

namespace sse::http {
class Call;
class Router;
struct Request;
struct Response;
}  // namespace sse::http

namespace sse::hub {
class Hub;
}

namespace sse::api {

class Exposition;

/// Streams that `/-/streams` lists: the newest.
inline constexpr std::size_t kMostListedStreams = 1'000;

/// Thread-safe once it serves. Outlives the router's use.
class SSE_EXPORT AdminRoutes {
 public:
  AdminRoutes(hub::Hub& hub, const Clock& clock, const gate::Idempotency& idempotency,
              std::function<http::ServerCounts()> server_counts, gate::AdminAccess access);

  /// More series for `/-/metrics`, of the program's own. Before serving; `append` runs on the
  /// loops' threads.
  void add_series(std::function<void(Exposition&)> append);

  void add_to(http::Router& router);

  /// Makes a backup: `done` gets the answer's JSON, on any thread.
  using Backup = std::function<void(std::function<void(Result<std::string>)> done)>;
  /// The route for it. Before serving.
  void add_backup(http::Router& router, Backup backup);

  /// Tells of the cluster: `done` gets it on any thread.
  using ClusterSource = std::function<void(std::function<void(log::ClusterStatus)> done)>;
  /// What `GET /-/cluster` shows; without it the answer is 404. Before serving.
  void set_cluster(ClusterSource source) { cluster_ = std::move(source); }

  void show_metrics(http::Call& call) const;
  void show_cluster(http::Call& call) const;
  void list_streams(http::Call& call) const;
  void back_up(http::Call& call) const;
  /// `DELETE /-/streams/{id}`, and with `?principal=` all streams of one.
  void close_stream(http::Call& call) const;
  void close_streams(http::Call& call) const;

 private:
  bool refuse_others(http::Call& call) const;

  hub::Hub& hub_;
  const Clock& clock_;
  const gate::Idempotency& idempotency_;
  const std::function<http::ServerCounts()> server_counts_;
  const gate::AdminAccess access_;
  std::vector<std::function<void(Exposition&)>> more_series_;
  Backup backup_;
  ClusterSource cluster_;  // null: the hub shares its log with no other
};

}  // namespace sse::api
