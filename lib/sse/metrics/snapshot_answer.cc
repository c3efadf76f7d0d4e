#include "sse/metrics/snapshot_answer.h"

#include <memory>
#include <utility>

#include "sse/http/response.h"
#include "sse/metrics/metric_json.h"
#include "sse/web/answer.h"

namespace sse::metrics {
namespace {

constexpr std::size_t kMetricsPerPage = 256;

// Metrics that one piece passes over. Each is asked about for all grants, up to 64: some 4 us.
constexpr std::size_t kMostHidden = 128;

std::size_t bytes_of(const std::vector<domain::Reading>& readings) {
  return readings.capacity() * sizeof(domain::Reading);
}

void append_metric_head(std::string& out, const domain::Metric& metric) {
  append_open_metric(out, metric);
  out += R"(,"readings":)";
}

}  // namespace

void answer_in_pieces(http::Response& response, const domain::Snapshot& at, web::PieceSource source,
                      std::shared_ptr<const std::size_t> held) {
  response.fields.set("SSE-Cursor", to_string(at.cursor));
  response.fields.add("Vary", "Accept-Encoding");  // it may be compressed
  web::answer_in_pieces(response, std::move(source), std::move(held));
}

void answer_with_readings(http::Response& response, domain::MetricStore& store,
                          const domain::Snapshot& at, const Uuid& metric,
                          domain::ReadingQuery query,
                          std::function<web::PieceSource(std::vector<domain::Reading>)> pieces_of) {
  auto held = std::make_shared<std::size_t>(0);
  answer_in_pieces(
      response, at,
      [&store, at, metric, query, pieces_of = std::move(pieces_of), held,
       pieces = web::PieceSource()](std::string& out) mutable {
        if (!pieces) {
          auto readings = store.list_readings(at, metric, query);
          if (!readings) return http::Piece::kGone;
          *held = bytes_of(*readings);
          pieces = pieces_of(std::move(*readings));
        }
        return pieces(out);
      },
      held);
}

ReadingPieces::ReadingPieces(std::vector<domain::Reading> readings)
    : readings_(std::move(readings)) {
}

http::Piece ReadingPieces::operator()(std::string& out) {
  if (!started_) out += '[';
  started_ = true;
  while (next_ < readings_.size() && out.size() < web::kPieceSize) {
    if (next_ > 0) out += ',';
    append_reading(out, readings_[next_++]);
  }
  if (next_ < readings_.size()) return http::Piece::kMore;
  out += ']';
  return http::Piece::kLast;
}

MetricPieces::MetricPieces(domain::MetricStore& store, const domain::Snapshot& at,
                           std::optional<std::string> name, std::size_t readings,
                           MetricRights rights)
    : store_(store),
      at_(at),
      readings_limit_(readings),
      rights_(std::move(rights)),
      query_{std::move(name), 0, kMetricsPerPage} {
}

http::Piece MetricPieces::operator()(std::string& out) {
  const http::Piece piece = append_piece(out);
  *held_ = page_.capacity() * sizeof(domain::ListedMetric) + (readings_ ? readings_->held() : 0);
  return piece;
}

http::Piece MetricPieces::append_piece(std::string& out) {
  if (!store_.is_current(at_)) return http::Piece::kGone;
  if (!std::exchange(opened_, true)) out += '[';
  while (out.size() < web::kPieceSize) {
    const Found found = readings_ ? Found::kMetric : begin_metric(out);
    if (found == Found::kEnd) {
      out += ']';
      return store_.is_current(at_) ? http::Piece::kLast : http::Piece::kGone;
    }
    if (found == Found::kHidden) {
      out += '\n';  // between two metrics it says nothing, and a piece is not empty
      break;
    }
    if ((*readings_)(out) == http::Piece::kMore) break;
    readings_.reset();
    out += '}';
  }
  return store_.is_current(at_) ? http::Piece::kMore : http::Piece::kGone;
}

MetricPieces::Found MetricPieces::begin_metric(std::string& out) {
  std::size_t hidden = 0;
  while (next_ < page_.size() || load_page()) {
    const domain::Metric& metric = page_[next_++].metric;
    if (rights_.are_limited() && !rights_.may_read(metric)) {
      if (++hidden == kMostHidden) return Found::kHidden;
      continue;
    }
    std::vector<domain::Reading> readings;
    if (readings_limit_ > 0) {
      auto found = store_.list_readings(at_, metric.id, {{}, {}, readings_limit_});
      if (!found) continue;  // deleted since the page was read
      readings = std::move(*found);
    }
    if (started_) out += ',';
    started_ = true;
    append_metric_head(out, metric);
    readings_.emplace(std::move(readings));
    return Found::kMetric;
  }
  return Found::kEnd;
}

bool MetricPieces::load_page() {
  if (started_ && page_.size() < query_.limit) return false;
  page_ = store_.list_metrics(at_, query_);
  next_ = 0;
  if (page_.empty()) return false;
  query_.after = page_.back().sequence;
  return true;
}

web::PieceSource one_metric_pieces(const domain::Metric& metric,
                                   std::vector<domain::Reading> readings) {
  std::string head;
  append_metric_head(head, metric);
  return [head = std::move(head),
          pieces = ReadingPieces(std::move(readings))](std::string& out) mutable {
    out += std::exchange(head, {});
    if (pieces(out) == http::Piece::kMore) return http::Piece::kMore;
    out += '}';
    return http::Piece::kLast;
  };
}

}  // namespace sse::metrics
