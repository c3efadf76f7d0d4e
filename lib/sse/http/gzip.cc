#include "sse/http/gzip.h"

#include <utility>

#include "sse/base/crc32.h"
#include "sse/http/body_source.h"

namespace sse::http {
namespace {

// RFC 1952 section 2.3.1: the magic number, DEFLATE, no flags, no time, the fastest method, Unix.
constexpr std::string_view kHeader("\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\x03", 10);

void append_little_endian(std::string& out, std::uint32_t number) {
  for (int i = 0; i < 4; ++i, number >>= 8U) out += static_cast<char>(number & 0xFFU);
}

}  // namespace

void GzipMember::append(std::string& out, std::string_view piece, Deflater& deflater,
                        Deflater::Then then) {
  if (!std::exchange(is_begun_, true)) out += kHeader;
  crc_ = crc32(piece, crc_);
  size_ += static_cast<std::uint32_t>(piece.size());
  deflater.append(out, piece, then);
  if (then == Deflater::Then::kMore) return;
  append_little_endian(out, crc_);
  append_little_endian(out, size_);
}

std::uint64_t gzip(std::string& body, Deflater& deflater) {
  const std::string plain = std::exchange(body, {});
  GzipMember().append(body, plain, deflater, Deflater::Then::kEnd);
  return Deflater::steps(plain.size(), body.size());
}

Piece GzipBody::next(std::string& out, const PieceSource& pieces,
                     const FunctionRef<Resume()>& later) {
  steps_ = 0;
  if (offset_ == plain_.size() && !is_last_) {
    if (const auto nothing = take(pieces, later)) return *nothing;
  }
  const auto part = std::string_view(plain_).substr(offset_, Deflater::kMostAtOnce);
  offset_ += part.size();
  const bool ends = is_last_ && offset_ == plain_.size();
  const std::size_t before = out.size();
  member_.append(out, part, deflater_, ends ? Deflater::Then::kEnd : Deflater::Then::kMore);
  steps_ += Deflater::steps(part.size(), out.size() - before);
  if (offset_ == plain_.size()) {
    std::string().swap(plain_);  // a peer that reads slowly holds what is compressed alone
    offset_ = 0;
  }
  return ends ? Piece::kLast : Piece::kMore;
}

std::optional<Piece> GzipBody::take(const PieceSource& pieces, const FunctionRef<Resume()>& later) {
  const Piece piece = next_piece(pieces, plain_, later);
  steps_ += steps_of_piece(plain_.size());
  is_last_ = piece == Piece::kLast;
  if (is_last_ || (piece == Piece::kMore && !plain_.empty())) return std::nullopt;
  std::string().swap(plain_);
  return piece == Piece::kMore ? Piece::kFailed : piece;  // an empty one would be asked for ever
}

}  // namespace sse::http
