#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sse/http/gzip.h"
#include "sse/http/response.h"
#include "sse/http/response_head.h"

namespace sse::http {

/// What it takes to make a piece of so many bytes: most are JSON, of numbers and escaped text.
constexpr std::uint64_t steps_of_piece(std::uint64_t bytes) {
  return 100 + bytes / 2;
}

/// What `pieces` appends next; kFailed, with a line in the log, when it throws.
Piece next_piece(const PieceSource& pieces, std::string& out, const FunctionRef<Resume()>& later);

/// The first piece of a body whose length is not known: what is one piece becomes a whole body, and
/// what fails at once an error rather than a body that is cut off. kMore: there are more behind
/// `first`; kLater: it has none yet; else `response` is whole.
Piece take_first_piece(Response& response, std::string& first, const FunctionRef<Resume()>& later);

/// Turns a whole body into one of pieces: `first`, and nothing behind it.
void make_pieces(Response& response, std::string& first);

/// The body of a response that is made in pieces, as it goes on the wire: its source is asked for
/// the next one when the last has left, and what it gives is compressed where the answer is.
/// Loop-affine.
class BodySource {
 public:
  enum class Pull {
    kMore,    ///< a piece was added
    kDone,    ///< the last one was
    kLater,   ///< none yet
    kFailed,  ///< the body cannot be finished
  };

  /// `first` was taken from the source already, if it is not empty. `length`: of a sized body.
  /// `deflater`: the body is sent in gzip; null: as it is made.
  BodySource(PieceSource pieces, BodyForm form, std::uint64_t length, std::string first,
             std::shared_ptr<const std::size_t> held_by_pieces = nullptr,
             Deflater* deflater = nullptr);

  /// Bytes that it and its source hold.
  std::size_t held() const {
    return first_.capacity() + (gzip_ ? gzip_->held() : 0) +
           (held_by_pieces_ == nullptr ? 0 : *held_by_pieces_);
  }

  /// Steps of a Budget that the last pull() has taken.
  std::uint64_t steps() const { return steps_; }

  /// Appends the next piece, framed as the form asks.
  Pull pull(std::string& out, const FunctionRef<Resume()>& later);

 private:
  Piece append_piece(std::string& out, const FunctionRef<Resume()>& later);
  Pull frame(std::string& out, std::size_t start, bool is_last);

  const PieceSource pieces_;
  const BodyForm form_;
  std::uint64_t left_;  // of a sized body
  std::string first_;
  std::uint64_t steps_ = 0;
  std::optional<GzipBody> gzip_;                             // none: the body is sent as it is made
  const std::shared_ptr<const std::size_t> held_by_pieces_;  // null: few
};

}  // namespace sse::http
