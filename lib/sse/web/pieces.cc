#include "sse/web/pieces.h"

#include <memory>
#include <utility>

#include <httplib.h>

#include "sse/web/answer.h"

namespace sse::web {
namespace {

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

}  // namespace sse::web
