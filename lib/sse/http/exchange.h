#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sse/base/clock.h"
#include "sse/http/body_source.h"
#include "sse/http/call.h"
#include "sse/http/compression.h"
#include "sse/http/connection.h"
#include "sse/http/connection_shares.h"
#include "sse/http/pending_answer.h"
#include "sse/http/request_parser.h"

namespace sse::http {

struct Route;

/// What follows a response's head.
struct ResponseBody {
  std::string whole;
  std::unique_ptr<BodySource> source;  ///< instead; null when there are no pieces
  Piece piece = Piece::kMore;          ///< kLater: the source has none yet
  bool is_last = false;                ///< the connection ends with this response
};

/// A request being read or answered, and the call that its handler gets. Loop-affine.
class Connection::Exchange final : public Call {
 public:
  Exchange(Connection& its_connection, const RequestLimits& limits, BootTime now)
      : connection_(&its_connection), parser(limits), began(now) {}

  net::Loop& loop() override;
  Budget& budget() override;
  DeferredAnswer defer(OnHurry on_hurry) override;
  void answer_in_slices(SlicedWork work) override;
  bool is_again() const override { return is_again_; }
  Resume judge_later(Judge judge) override;
  std::unique_ptr<net::Socket> start_stream() override;

  /// After end(): it is a new one.
  void begin(Connection& its_connection, const RequestLimits& limits, BootTime now);
  /// Lets go of all that it has, but for what its texts have allocated.
  void end();
  /// Bytes that it has allocated, after end().
  std::size_t capacity() const { return request().capacity() + response().body.capacity(); }

  /// The response has left, or never will: it is counted and logged.
  void count(const std::string& peer, bool whole, std::uint64_t bytes) const;

  /// `peer`: `address:port`, with the address in brackets when it is IPv6; else a word (`unix`).
  void set_remote(std::string_view peer);

  /// What the connection does now, while it has this.
  Standing standing() const;

  /// Appends the head of the response as it goes on the wire, and takes the body out of it. What
  /// the body's source gives first may make the response an error.
  ResponseBody compose(std::string& head);

  /// Sends an error, and the connection ends.
  void refuse(int status, std::string_view text);
  /// The same, with 503 and Retry-After, when --max-connections or --max-http-bytes is used up.
  void refuse_for_places();
  void refuse_for_bytes();
  /// Before `more` bytes of the body are taken. False: they do not fit, and it is refused.
  bool has_room(std::size_t more);
  /// Once, if the peer waits for `100 Continue`. False: it does not take it.
  bool send_continue();

  /// Bytes that the connection holds for the request and its response when `more` bytes of the body
  /// have come.
  std::size_t held(std::size_t more) const;

  // The handler has deferred.

  bool is_deferred() const { return pending_ != nullptr; }
  /// Of the request only what the response and the log need is kept.
  void await();
  /// Asks for the deferred response now.
  void hurry(Hurry why);
  /// The response is as it was when the handler deferred; its connection is forgotten.
  void stop_awaiting();

  // The handler makes the response in slices.

  bool is_sliced() const { return work_ != nullptr; }
  /// A response in pieces is begun in a slice: the first one may be dear. Whether it is one.
  bool slice_first_piece();
  /// What a handler that is not sliced takes to read the body, at most: JSON of many keys, and data
  /// of many lines, take 20 ns a byte.
  std::uint64_t steps_of_body() const { return is_sliced() ? 0 : 2 * request().body.size(); }
  Slice do_slice(Budget& budget);
  /// A short one, from the loop's budget.
  Slice do_first_slice();
  /// After Slice::kAgain: calls the handler again.
  void ask_again();

  /// After Verdict::kLater, once stop_waiting() was true: what says the verdict. Once.
  Judge take_judge() { return std::exchange(judge_, nullptr); }

  /// The verdict is not waited for any more: the Resume does nothing.
  void stop_judging();

  // A source of pieces has none yet, or work in slices or a gate waits for an outcome.

  Resume make_resume();
  /// What was awaited is there: whether anything was. Once.
  bool stop_waiting() { return std::exchange(is_waiting_, false); }

 private:
  void take_first(Budget& budget);
  /// The response, whose body or first piece is there, is sent in the coding that fits best.
  void code_body(Budget& budget);
  void refuse_for_now(std::string_view text);
  void forget_pending();

  Connection* connection_;
  std::shared_ptr<PendingAnswer> pending_;       // null unless the handler deferred
  std::shared_ptr<PendingPiece> pending_piece_;  // null while no Resume was given
  SlicedWork work_;                              // null unless the response is made in slices
  Judge judge_;                                  // null unless its gate waits for an outcome
  bool is_waiting_ = false;                      // in slices, or a gate: for an outcome
  bool is_again_ = false;                        // the handler was called before
  std::string first_;                            // the first piece, if it was made already
  std::optional<Piece> first_piece_;             // and what it is
  std::optional<AcceptedCodings> accepted_;      // once the response was deferred
  bool is_gzip_ = false;                         // the response's pieces are to be compressed

 public:
  RequestParser parser;
  const Route* route = nullptr;
  Finish finish;  ///< may be null
  BootTime began;
  int status = 0;
  bool sent_continue = false;
  bool is_stream = false;  ///< the response is a stream's head, or was
};

}  // namespace sse::http
