#pragma once

/// \file
/// Answers that may be big: produced in pieces as the socket takes them.

#include <cstddef>
#include <functional>
#include <string>

namespace httplib {
struct Response;
}

namespace sse::web {

/// What a PieceSource has appended.
enum class Piece {
  kMore,
  kLast,
  kGone,  ///< nothing: the log was restarted, so what was sent does not hold; the body is cut off
};

/// About how large a piece is: most answers are one.
inline constexpr std::size_t kPieceSize = 64U << 10U;

/// Appends the next piece.
using PieceSource = std::function<Piece(std::string& out)>;

/// 200 with JSON. What fits into one piece has a Content-Length, else it is chunked.
void answer_in_pieces(httplib::Response& response, PieceSource source);

}  // namespace sse::web
