#pragma once

/// \file
/// Metrics and their readings in pieces, from one snapshot of the store, without a lock between the
/// pieces.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sse/domain/store.h"
#include "sse/metrics/metric_rights.h"
#include "sse/web/pieces.h"

namespace sse::http {
struct Response;
}

namespace sse::metrics {

/// web::answer_in_pieces() with `SSE-Cursor`.
void answer_in_pieces(http::Response& response, const domain::Snapshot& at, web::PieceSource source,
                      std::shared_ptr<const std::size_t> held);

/// answer_in_pieces() with what `pieces_of` makes of a metric's readings. They are listed when the
/// first piece is asked for, since a list may be long; kGone when the metric is deleted by then.
void answer_with_readings(http::Response& response, domain::MetricStore& store,
                          const domain::Snapshot& at, const Uuid& metric,
                          domain::ReadingQuery query,
                          std::function<web::PieceSource(std::vector<domain::Reading>)> pieces_of);

/// An array of readings: itself a web::PieceSource.
class ReadingPieces {
 public:
  explicit ReadingPieces(std::vector<domain::Reading> readings);

  http::Piece operator()(std::string& out);

  std::size_t held() const { return readings_.capacity() * sizeof(domain::Reading); }

 private:
  std::vector<domain::Reading> readings_;
  std::size_t next_ = 0;
  bool started_ = false;
};

/// An array of metrics, each with its `readings`: a web::PieceSource, too.
class MetricPieces {
 public:
  /// `readings`: the newest so many of each metric. Metrics that `rights` hide are left out.
  MetricPieces(domain::MetricStore& store, const domain::Snapshot& at,
               std::optional<std::string> name, std::size_t readings, MetricRights rights);

  http::Piece operator()(std::string& out);

  /// As http::Response::held_by_pieces, of all copies together.
  const std::shared_ptr<std::size_t>& held() const { return held_; }

 private:
  http::Piece append_piece(std::string& out);
  /// What a look for the next metric came to.
  enum class Found : std::uint8_t {
    kMetric,
    kEnd,
    kHidden,  ///< many that the rights hide: the rest is for another piece
  };

  bool load_page();
  Found begin_metric(std::string& out);

  domain::MetricStore& store_;
  const domain::Snapshot at_;
  const std::size_t readings_limit_;
  const MetricRights rights_;
  domain::MetricQuery query_;
  std::vector<domain::ListedMetric> page_;
  std::size_t next_ = 0;                   // of the page
  std::optional<ReadingPieces> readings_;  // of the metric that is being written
  bool opened_ = false;                    // the array
  bool started_ = false;                   // its first metric
  std::shared_ptr<std::size_t> held_ = std::make_shared<std::size_t>(0);
};

/// One metric with its `readings`: an item of MetricPieces.
web::PieceSource one_metric_pieces(const domain::Metric& metric,
                                   std::vector<domain::Reading> readings);

}  // namespace sse::metrics
