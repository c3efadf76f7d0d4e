#include "sse/api/snapshot_answer.h"

#include <memory>
#include <utility>

#include <httplib.h>

#include "sse/api/answer.h"
#include "sse/api/metric_json.h"

namespace sse::api {
namespace {

constexpr std::size_t kPiece = 64U << 10U;
constexpr std::size_t kMetricsPerPage = 256;

void append_metric_head(std::string& out, const domain::Metric& metric) {
  append_open_metric(out, metric);
  out += R"(,"readings":)";
}

/// An answer on its way: one piece is held at a time.
class Production {
 public:
  Production(std::string first, PieceSource source)
      : piece_(std::move(first)), source_(std::move(source)) {}

  bool write_piece(httplib::DataSink& sink) {
    const Piece piece = piece_.empty() ? source_(piece_) : Piece::kMore;
    if (piece == Piece::kGone || !sink.write(piece_.data(), piece_.size())) return false;
    piece_.clear();
    if (piece == Piece::kLast) sink.done();
    return true;
  }

 private:
  std::string piece_;
  PieceSource source_;
};

}  // namespace

void answer_in_pieces(httplib::Response& response, const domain::Snapshot& at, PieceSource source) {
  response.set_header("SSE-Cursor", to_string(at.cursor));
  answer_in_pieces(response, std::move(source));
}

void answer_in_pieces(httplib::Response& response, PieceSource source) {
  std::string first;
  const Piece piece = source(first);
  if (piece == Piece::kLast) return answer_json(response, 200, std::move(first));
  if (piece == Piece::kGone) {
    return answer_error(response, {ErrorCode::kUnavailable, "the log was restarted; ask again"});
  }

  response.status = 200;
  // httplib's providers are std::functions, which must be copyable: the state is shared.
  auto production = std::make_shared<Production>(std::move(first), std::move(source));
  response.set_chunked_content_provider(
      kJsonType,
      [production](std::size_t, httplib::DataSink& sink) { return production->write_piece(sink); });
}

ReadingPieces::ReadingPieces(std::vector<domain::Reading> readings)
    : readings_(std::move(readings)) {
}

Piece ReadingPieces::operator()(std::string& out) {
  if (!started_) out += '[';
  started_ = true;
  while (next_ < readings_.size() && out.size() < kPiece) {
    if (next_ > 0) out += ',';
    append_reading(out, readings_[next_++]);
  }
  if (next_ < readings_.size()) return Piece::kMore;
  out += ']';
  return Piece::kLast;
}

MetricPieces::MetricPieces(domain::MetricStore& store, const domain::Snapshot& at,
                           std::optional<std::string> name, std::size_t readings)
    : store_(store),
      at_(at),
      readings_limit_(readings),
      query_{std::move(name), 0, kMetricsPerPage} {
}

Piece MetricPieces::operator()(std::string& out) {
  if (!store_.is_current(at_)) return Piece::kGone;
  if (!started_) out += '[';
  while (out.size() < kPiece) {
    if (!readings_ && !begin_metric(out)) {
      out += ']';
      return store_.is_current(at_) ? Piece::kLast : Piece::kGone;
    }
    if ((*readings_)(out) == Piece::kMore) break;
    readings_.reset();
    out += '}';
  }
  return store_.is_current(at_) ? Piece::kMore : Piece::kGone;
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

PieceSource one_metric_pieces(const domain::Metric& metric, std::vector<domain::Reading> readings) {
  std::string head;
  append_metric_head(head, metric);
  return [head = std::move(head),
          pieces = ReadingPieces(std::move(readings))](std::string& out) mutable {
    out += std::exchange(head, {});
    if (pieces(out) == Piece::kMore) return Piece::kMore;
    out += '}';
    return Piece::kLast;
  };
}

}  // namespace sse::api
