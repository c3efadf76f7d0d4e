#include "sse/web/pieces.h"

#include <utility>

#include "sse/web/answer.h"

namespace sse::web {

void answer_in_pieces(http::Response& response, PieceSource source) {
  response.status = 200;
  response.fields.set("Content-Type", kJsonType);
  response.pieces = [source = std::move(source)](std::string& out, const auto& /*later*/) {
    return source(out);
  };
}

}  // namespace sse::web
