#include "sse/metrics/snapshot_answer.h"

#include <memory>
#include <utility>

#include "sse/http/response.h"
#include "sse/metrics/metric_json.h"
#include "sse/web/answer.h"

namespace sse::metrics {
namespace {

constexpr std::size_t kMetricsPerPage = 256;

void append_metric_head(std::string& out, const domain::Metric& metric) {
  append_open_metric(out, metric);
  out += R"(,"readings":)";
}

}  // namespace

void answer_in_pieces(http::Response& response, const domain::Snapshot& at, web::PieceSource source,
                      std::shared_ptr<const std::size_t> held) {
  response.fields.set("SSE-Cursor", to_string(at.cursor));
  web::answer_in_pieces(response, std::move(source), std::move(held));
}

std::shared_ptr<const std::size_t> count_held(const std::vector<domain::Reading>& readings) {
  return std::make_shared<const std::size_t>(readings.capacity() * sizeof(domain::Reading));
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
                           std::optional<std::string> name, std::size_t readings)
    : store_(store),
      at_(at),
      readings_limit_(readings),
      query_{std::move(name), 0, kMetricsPerPage} {
}

http::Piece MetricPieces::operator()(std::string& out) {
  const http::Piece piece = append_piece(out);
  *held_ = page_.capacity() * sizeof(domain::ListedMetric) + (readings_ ? readings_->held() : 0);
  return piece;
}

http::Piece MetricPieces::append_piece(std::string& out) {
  if (!store_.is_current(at_)) return http::Piece::kGone;
  if (!started_) out += '[';
  while (out.size() < web::kPieceSize) {
    if (!readings_ && !begin_metric(out)) {
      out += ']';
      return store_.is_current(at_) ? http::Piece::kLast : http::Piece::kGone;
    }
    if ((*readings_)(out) == http::Piece::kMore) break;
    readings_.reset();
    out += '}';
  }
  return store_.is_current(at_) ? http::Piece::kMore : http::Piece::kGone;
}

bool MetricPieces::begin_metric(std::string& out) {
  while (next_ < page_.size() || load_page()) {
    const domain::Metric& metric = page_[next_++].metric;
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
    return true;
  }
  return false;
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
