#pragma once

/// \file
/// Bodies in the content coding gzip (RFC 1952), whole or in pieces.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sse/base/later.h"
#include "sse/http/deflater.h"
#include "sse/http/response.h"

namespace sse::http {

/// One member of the format, which is one body: what a stream has to keep between its pieces. A
/// value.
class GzipMember {
 public:
  /// Appends the next piece, of at most Deflater::kMostAtOnce bytes, behind the header, if it is
  /// the first; with Then::kEnd the trailer follows.
  void append(std::string& out, std::string_view piece, Deflater& deflater, Deflater::Then then);

 private:
  bool is_begun_ = false;
  std::uint32_t crc_ = 0;   // of what was appended, before it was compressed
  std::uint32_t size_ = 0;  // the same, modulo 2^32
};

/// Compresses a whole body of at most Deflater::kMostAtOnce bytes. The steps of a Budget that it
/// took.
std::uint64_t gzip(std::string& body, Deflater& deflater);

/// A body that is made in pieces, and compressed a piece at a time. Loop-affine.
class GzipBody {
 public:
  /// `plain`: the beginning of the body, if it was made already. `deflater` outlives this.
  GzipBody(std::string plain, Deflater& deflater) : plain_(std::move(plain)), deflater_(deflater) {}

  /// Appends the next piece, never an empty one: of what it holds, or of what `pieces` gives next.
  Piece next(std::string& out, const PieceSource& pieces, const FunctionRef<Resume()>& later);

  /// Steps of a Budget that the last piece has taken, its making included.
  std::uint64_t steps() const { return steps_; }
  /// Bytes that it holds.
  std::size_t held() const { return plain_.capacity(); }

 private:
  /// Fills plain_. Nothing: there is something to compress, or the end to write; else why not.
  std::optional<Piece> take(const PieceSource& pieces, const FunctionRef<Resume()>& later);

  std::string plain_;  // made, and from offset_ on not compressed
  std::size_t offset_ = 0;
  bool is_last_ = false;  // nothing comes behind plain_
  std::uint64_t steps_ = 0;
  GzipMember member_;
  Deflater& deflater_;
};

}  // namespace sse::http
