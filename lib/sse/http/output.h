#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sse/base/budget.h"
#include "sse/base/later.h"
#include "sse/http/response.h"
#include "sse/net/socket.h"

namespace sse::http {

class BodySource;

/// Writes a response as far as the socket takes it. A body that is small is moved behind its head.
net::IoResult write_at_once(net::Socket& socket, Budget& budget, std::string& head,
                            std::string& body);

/// The bytes of one answer that are still on their way. Loop-affine.
class Output {
 public:
  enum class Flush {
    kDone,     ///< everything was taken, and has left
    kBlocked,  ///< on_ready() comes when there is room, or when what was taken has left
    kYield,    ///< there is more, and room, but others want their turn
    kLater,    ///< the source has nothing yet; go_on() when it has
    kBroken,   ///< the peer is gone, or the body cannot be finished
  };

  Output();
  ~Output();

  /// `head` goes before the body; `sent` bytes of the two have left already.
  void add(std::string_view head, std::string body, std::size_t sent);
  /// What follows them, in pieces.
  void set_source(std::unique_ptr<BodySource> source);

  /// Writes what is there.
  Flush flush(net::Socket& socket, Budget& budget);
  /// The same, then the next piece of the source, if there is one. `later`: as PieceSource has it.
  Flush flush_piece(net::Socket& socket, Budget& budget, const FunctionRef<Resume()>& later);

  /// The source has nothing yet.
  void await_source() { is_awaiting_ = true; }
  /// It is asked again.
  void go_on() { is_awaiting_ = false; }
  bool is_awaiting() const { return is_awaiting_; }

  /// Bytes that it holds, sent or not.
  std::size_t held() const;

  /// Bytes taken by the socket so far.
  std::uint64_t sent() const { return sent_; }

 private:
  void forget_taken();

  std::string head_;  // also the pieces of the source
  std::string body_;
  std::size_t offset_ = 0;  // into the two, as one
  std::unique_ptr<BodySource> source_;
  std::uint64_t sent_ = 0;
  bool is_awaiting_ = false;
};

}  // namespace sse::http
