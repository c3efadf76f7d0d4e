#pragma once

/// \file
/// A response before it is sent: whole, or made piece by piece as the peer takes it.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sse/base/later.h"
#include "sse/http/fields.h"

namespace sse::http {

/// What a PieceSource did.
enum class Piece : std::uint8_t {
  kMore,    ///< it appended a piece, and has more
  kLast,    ///< it appended the last one, which may be empty
  kLater,   ///< nothing yet: it has taken a Resume, and calls it
  kGone,    ///< what the body is made of is gone: 503, or the body is cut off
  kFailed,  ///< the same, by a mistake of its own: 500
};

/// Has a source that said kLater asked again. Once; from any thread, at any time, also when the
/// connection is gone. When the last copy goes uncalled, the body is cut off.
using Resume = std::function<void()>;

/// Appends the next piece of a body, of some 64 KiB. One that cannot yet (a slow disk) calls
/// `later`, keeps what that gives, and says kLater. On the connection's loop: it must not block.
using PieceSource = std::function<Piece(std::string& out, const FunctionRef<Resume()>& later)>;

/// What a handler answers. A value.
struct Response {
  int status = 200;
  Fields fields;  ///< Content-Length, Transfer-Encoding and Connection are the connection's to say
  std::string body;
  PieceSource pieces;  ///< instead of a body
  /// Bytes that `pieces` holds, as it goes on; null: few. Counted in --max-http-bytes.
  std::shared_ptr<const std::size_t> held_by_pieces;
  std::optional<std::uint64_t> length;  ///< of all pieces, in bytes, when it is known

  /// As a new one; what the fields have allocated stays.
  void clear() {
    status = 200;
    fields.clear();
    body.clear();
    pieces = nullptr;
    held_by_pieces = nullptr;
    length.reset();
  }

  void set_content(std::string content, std::string_view type) {
    body = std::move(content);
    fields.set("Content-Type", type);
  }
};

}  // namespace sse::http
