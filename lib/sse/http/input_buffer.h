#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "sse/net/socket.h"

namespace sse::http {

/// What a connection has read and not taken yet. What comes with one read is looked at in the
/// loop's buffer, and only what is left of it is kept: an idle connection has none. Loop-affine.
class InputBuffer {
 public:
  enum class Fill {
    kBytes,
    kNothing,  ///< there is nothing to read: note() tells of more
    kEnd,      ///< the peer's end, or the connection is broken
  };

  /// The socket has told of this.
  void note(net::Readiness readiness);
  /// The peer sent its end; it is read when everything before it was.
  bool is_hung_up() const { return hung_up_; }

  /// Reads once, through `shared`, which keep() gives back.
  Fill fill(net::Socket& socket, std::span<char> shared);

  /// What was read and not taken.
  std::string_view bytes() const;
  /// Takes `count` of them; what is left was not tried.
  void consume(std::size_t count);
  /// More bytes are needed before those that are left make sense.
  void wait_for_more() { is_untried_ = false; }
  /// Whether there are bytes that were not tried yet.
  bool is_untried() const { return is_untried_; }
  /// Copies what is left of the last read: from now on its buffer belongs to other connections.
  void keep();
  /// Bytes that are held between two calls; none when everything was taken.
  std::size_t held() const { return kept_.empty() ? 0 : kept_.capacity(); }
  /// Forgets all of it.
  void drop();

 private:
  std::string kept_;
  std::size_t used_ = 0;       // of kept_
  std::string_view borrowed_;  // instead of kept_, until keep()
  bool is_untried_ = false;
  bool readable_ = false;  // there may be bytes
  bool hung_up_ = false;
};

}  // namespace sse::http
