#include "sse/gate/piece_recorder.h"

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

namespace sse::gate {

PieceRecorder::PieceRecorder(http::PieceSource source, bool has_length, std::size_t most,
                             std::shared_ptr<KeptAnswer> answer,
                             std::shared_ptr<KeyReservation> reservation)
    : source_(std::move(source)),
      most_(most),
      answer_(std::move(answer)),
      reservation_(std::move(reservation)),
      may_fail_(!has_length) {
}

PieceRecorder::~PieceRecorder() {
  if (reservation_ == nullptr) return;
  give_up_copy();
  keep();
}

http::Piece PieceRecorder::next(std::string& out, const FunctionRef<http::Resume()>& later) {
  const std::size_t before = out.size();
  auto piece = http::Piece::kFailed;
  try {
    piece = source_(out, later);
  } catch (...) {
    if (may_fail_) reservation_.reset();
    throw;
  }
  switch (piece) {
    case http::Piece::kLater:
      may_fail_ = false;
      break;
    case http::Piece::kMore:
    case http::Piece::kLast:
      may_fail_ = false;
      copy(std::string_view(out).substr(before));
      if (piece == http::Piece::kLast) keep();
      break;
    case http::Piece::kGone:
    case http::Piece::kFailed:
      if (may_fail_) reservation_.reset();
      break;
  }
  return piece;
}

void PieceRecorder::copy(std::string_view piece) {
  if (!answer_->is_whole) return;
  const std::size_t size = answer_->body.size() + piece.size();
  const std::size_t missing = size - std::min(size, reserved_);
  if (size > most_ || !reservation_->store().reserve_copy(missing)) return give_up_copy();
  reserved_ += missing;
  answer_->body.append(piece);
}

void PieceRecorder::give_up_copy() {
  answer_->is_whole = false;
  std::string().swap(answer_->body);
  answer_->fields = {};
  reservation_->store().free_copy(std::exchange(reserved_, 0));
}

void PieceRecorder::keep() {
  if (reservation_ == nullptr) return;
  const auto reservation = std::exchange(reservation_, nullptr);
  reservation->store().free_copy(std::exchange(reserved_, 0));
  answer_->body.shrink_to_fit();
  try {
    reservation->keep(std::move(answer_));
  } catch (const std::bad_alloc&) {
    // Without memory nothing is known of it; a repeat is a new request.
  }
}

}  // namespace sse::gate
