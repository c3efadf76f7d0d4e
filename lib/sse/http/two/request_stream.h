#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sse/http/answer_socket.h"
#include "sse/http/two/request_text.h"

namespace sse::http {

class Session;

/// One stream of an HTTP/2 connection (RFC 9113 section 5): a request that is read as the text of
/// HTTP/1.1, and its answer. It has no end of input before the stream is closed, since END_STREAM
/// on a request says that the request is whole, and not that the peer leaves. What it has taken is
/// the session's, which outlives it until all of that has left: nothing is unsent() of it.
///
/// Owned by what it serves, a Connection or a subscriber, and known to its session until one of the
/// two goes; then the session resets the stream unless the answer is whole, or the stream is told
/// that it is broken, in a later turn. Loop-affine.
class RequestStream final : public AnswerSocket {
 public:
  using List = std::list<RequestStream*>;

  /// It begins in `streams`, which outlives it or lets it go.
  RequestStream(Session& session, std::int32_t id, List& streams);
  ~RequestStream() override;
  RequestStream(const RequestStream&) = delete;
  RequestStream& operator=(const RequestStream&) = delete;

  bool attach(net::Loop& loop, net::ReadyHandler& handler) override;
  net::IoResult read(std::span<char> into) override;
  net::IoResult write(std::span<const iovec> pieces) override;
  void shutdown_write() override;
  std::string peer() const override;
  const net::TlsPeer* tls() const override;

  void send_head(const Response& response, const AnswerFields& fields, bool has_body) override;
  void send_continue() override;
  void park_input() override;
  std::size_t input_held() const override { return input_.capacity(); }
  void become_stream() override;

 private:
  friend class Session;
  friend class Sessions;

  // For the session that knows it, and what tells it when there is none any more.

  std::int32_t id() const { return id_; }
  /// Into another list, to its end.
  void move_to(List& list);
  /// It is to be told of this; the caller moves it to the list of those.
  void note(net::Readiness readiness);
  /// Tells its handler what was noted. May destroy it.
  void tell();
  void begin_input(std::string head, RequestText::BodyForm form);
  void add_input(std::string_view data);
  void end_input();
  /// The peer sends no more on the whole connection.
  void hang_up();
  /// The stream is closed. `is_reset`: before the answer was whole.
  void close(bool is_reset);
  /// The session has gone.
  void orphan(List& orphans);
  /// No list has it any more.
  void leave_list() { list_ = nullptr; }

  Session* session_;
  const std::shared_ptr<const std::string> peer_;
  net::Loop* loop_ = nullptr;
  net::ReadyHandler* handler_ = nullptr;
  List* list_;
  List::iterator position_;
  std::string input_;
  std::size_t used_ = 0;         // of input_
  std::size_t unread_data_ = 0;  // bytes of DATA that the peer was not given room for again
  std::size_t parked_data_ = 0;  // the same, but of the connection it has this room again
  std::uint64_t body_left_ = 0;  // of a sized body
  std::uint64_t held_ = 0;       // bytes that were sent, and the peer has not said to have read
  const std::int32_t id_;
  net::Readiness noted_;
  RequestText::BodyForm input_form_ = RequestText::BodyForm::kNone;
  bool is_parked_ = false;
  bool is_sized_ = false;
  bool is_read_ = false;      // of the request
  bool has_head_ = false;     // of the answer
  bool is_ending_ = false;    // END_STREAM is asked for
  bool has_ended_ = false;    // END_STREAM is in the output
  bool has_no_more_ = false;  // the peer has sent FIN
  bool is_closed_ = false;
  bool is_reset_ = false;
  bool is_subscription_ = false;
  bool awaits_room_ = false;  // a write met that there is none
};

}  // namespace sse::http
