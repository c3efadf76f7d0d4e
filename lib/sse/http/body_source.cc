#include "sse/http/body_source.h"

#include <exception>
#include <string_view>
#include <utility>

#include "sse/base/logging.h"
#include "sse/http/error_response.h"

namespace sse::http {
namespace {

// The size line of a chunk, filled in when the chunk is there; leading zeros are allowed.
constexpr std::string_view kSizeLine = "00000000\r\n";

void write_size(char* digits, std::size_t size) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (std::size_t i = 8; i-- > 0; size >>= 4U) digits[i] = kHex[size & 0xFU];
}

}  // namespace

Piece next_piece(const PieceSource& pieces, std::string& out, const FunctionRef<Resume()>& later) {
  try {
    return pieces(out, later);
  } catch (const std::exception& failure) {
    log_line(LogLevel::kError, std::string("a body in pieces failed: ") + failure.what());
  } catch (...) {
    log_line(LogLevel::kError, "a body in pieces failed: an unknown exception");
  }
  return Piece::kFailed;
}

Piece take_first_piece(Response& response, std::string& first, const FunctionRef<Resume()>& later) {
  const Piece piece = next_piece(response.pieces, first, later);
  switch (piece) {
    case Piece::kMore:
    case Piece::kLater:
      break;
    case Piece::kLast:
      response.pieces = nullptr;
      response.body = std::move(first);
      break;
    case Piece::kGone:
      response.fields.set("Retry-After", "1");
      error_response(response, 503, "what was asked for has changed meanwhile; ask again");
      break;
    case Piece::kFailed:
      error_response(response, 500, kInternalError);
      break;
  }
  return piece;
}

void make_pieces(Response& response, std::string& first) {
  first = std::exchange(response.body, {});
  response.pieces = [](std::string& /*out*/, const auto& /*later*/) { return Piece::kLast; };
}

BodySource::BodySource(PieceSource pieces, BodyForm form, std::uint64_t length, std::string first,
                       std::shared_ptr<const std::size_t> held_by_pieces, Deflater* deflater)
    : pieces_(std::move(pieces)),
      form_(form),
      left_(length),
      held_by_pieces_(std::move(held_by_pieces)) {
  if (deflater == nullptr) {
    first_ = std::move(first);
  } else {
    gzip_.emplace(std::move(first), *deflater);
  }
}

BodySource::Pull BodySource::pull(std::string& out, const FunctionRef<Resume()>& later) {
  const std::size_t start = out.size();
  if (form_ == BodyForm::kChunked) out += kSizeLine;
  const Piece piece = append_piece(out, later);
  steps_ = gzip_ ? gzip_->steps() : steps_of_piece(out.size() - start);
  switch (piece) {
    case Piece::kMore:
    case Piece::kLast:
      return frame(out, start, piece == Piece::kLast);
    case Piece::kLater:
      out.resize(start);
      return Pull::kLater;
    case Piece::kGone:
    case Piece::kFailed:
      break;
  }
  return Pull::kFailed;
}

Piece BodySource::append_piece(std::string& out, const FunctionRef<Resume()>& later) {
  if (gzip_) {  // guarded like a source: memory may be short
    return next_piece(
        [this](std::string& to, const auto& when) { return gzip_->next(to, pieces_, when); }, out,
        later);
  }
  if (first_.empty()) return next_piece(pieces_, out, later);
  out += std::exchange(first_, {});
  return Piece::kMore;
}

BodySource::Pull BodySource::frame(std::string& out, std::size_t start, bool is_last) {
  const std::size_t head = form_ == BodyForm::kChunked ? kSizeLine.size() : 0;
  const std::size_t size = out.size() - start - head;
  if (size == 0 && !is_last) return Pull::kFailed;  // it would be asked for ever
  if (form_ == BodyForm::kSized) {
    if (size > left_ || (is_last && size < left_)) return Pull::kFailed;
    left_ -= size;
    return left_ == 0 ? Pull::kDone : Pull::kMore;
  }
  if (form_ == BodyForm::kChunked) {
    if (size == 0) {
      out.resize(start);
    } else {
      write_size(&out[start], size);
      out += "\r\n";
    }
    if (is_last) out += "0\r\n\r\n";
  }
  return is_last ? Pull::kDone : Pull::kMore;
}

}  // namespace sse::http
