#pragma once

/// \file
/// Metrics and their readings in pieces, from one snapshot of the store, without a lock between the
/// pieces.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sse/domain/store.h"
#include "sse/web/pieces.h"

namespace sse::http {
struct Response;
}

namespace sse::metrics {

/// web::answer_in_pieces() with `SSE-Cursor`.
void answer_in_pieces(http::Response& response, const domain::Snapshot& at,
                      web::PieceSource source);

/// An array of readings: itself a web::PieceSource.
class ReadingPieces {
 public:
  explicit ReadingPieces(std::vector<domain::Reading> readings);

  http::Piece operator()(std::string& out);

 private:
  std::vector<domain::Reading> readings_;
  std::size_t next_ = 0;
  bool started_ = false;
};

/// An array of metrics, each with its `readings`: a web::PieceSource, too.
class MetricPieces {
 public:
  /// `readings`: the newest so many of each metric.
  MetricPieces(domain::MetricStore& store, const domain::Snapshot& at,
               std::optional<std::string> name, std::size_t readings);

  http::Piece operator()(std::string& out);

 private:
  bool load_page();
  bool begin_metric(std::string& out);

  domain::MetricStore& store_;
  const domain::Snapshot at_;
  const std::size_t readings_limit_;
  domain::MetricQuery query_;
  std::vector<domain::ListedMetric> page_;
  std::size_t next_ = 0;                   // of the page
  std::optional<ReadingPieces> readings_;  // of the metric that is being written
  bool started_ = false;
};

/// One metric with its `readings`: an item of MetricPieces.
web::PieceSource one_metric_pieces(const domain::Metric& metric,
                                   std::vector<domain::Reading> readings);

}  // namespace sse::metrics
