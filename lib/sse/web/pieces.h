#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "sse/http/response.h"

namespace sse::web {

/// About how large a piece is: most answers are one.
inline constexpr std::size_t kPieceSize = 64U << 10U;

/// Appends the next piece of a body: an http::PieceSource that always has one.
using PieceSource = std::function<http::Piece(std::string& out)>;

/// 200 with JSON that is made in pieces as the peer takes them. `held`: as
/// http::Response::held_by_pieces.
void answer_in_pieces(http::Response& response, PieceSource source,
                      std::shared_ptr<const std::size_t> held = nullptr);

}  // namespace sse::web
