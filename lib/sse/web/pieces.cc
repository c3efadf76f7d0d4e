#include "sse/web/pieces.h"

#include <utility>

#include "sse/web/answer.h"

namespace sse::web {

void answer_in_pieces(http::Response& response, PieceSource source,
                      std::shared_ptr<const std::size_t> held) {
  response.status = 200;
  response.fields.set("Content-Type", kJsonType);
  response.held_by_pieces = std::move(held);
  response.pieces = [source = std::move(source)](std::string& out, const auto& /*later*/) {
    return source(out);
  };
}

}  // namespace sse::web
