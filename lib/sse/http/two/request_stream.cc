#include "sse/http/two/request_stream.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sse/http/two/session.h"
#include "sse/net/loop.h"

namespace sse::http {

RequestStream::RequestStream(Session& session, std::int32_t id, List& streams)
    : session_(&session),
      peer_(session.peer()),
      list_(&streams),
      position_(streams.insert(streams.end(), this)),
      id_(id) {
}

RequestStream::~RequestStream() {
  if (list_ != nullptr) list_->erase(position_);
  if (session_ != nullptr) session_->let_go(*this);
  if (loop_ != nullptr) loop_->count_attached(-1);
}

bool RequestStream::attach(net::Loop& loop, net::ReadyHandler& handler) {
  handler_ = &handler;
  if (loop_ == nullptr) loop.count_attached(+1);
  loop_ = &loop;
  return true;
}

net::IoResult RequestStream::read(std::span<char> into) {
  const std::size_t bytes = std::min(into.size(), input_.size() - used_);
  if (bytes == 0) {
    if (session_ == nullptr || is_reset_) return {net::IoStatus::kPeerGone, 0};
    const bool has_ended = is_closed_ || has_no_more_;
    return {has_ended ? net::IoStatus::kEnd : net::IoStatus::kWouldBlock, 0};
  }
  is_read_ = true;
  is_parked_ = false;
  input_.copy(into.data(), bytes, used_);
  used_ += bytes;
  if (used_ < input_.size()) return {net::IoStatus::kOk, bytes};
  std::string().swap(input_);
  used_ = 0;
  if (session_ != nullptr) {
    session_->give_room(*this, std::exchange(unread_data_, 0));
    session_->give_own_room(*this, std::exchange(parked_data_, 0));
  }
  return {net::IoStatus::kOk, bytes};
}

net::IoResult RequestStream::write(std::span<const iovec> pieces) {
  if (session_ == nullptr || is_closed_) return {net::IoStatus::kPeerGone, 0};
  return session_->write(*this, pieces);
}

void RequestStream::shutdown_write() {
  if (session_ == nullptr || is_closed_ || is_ending_ || has_ended_) return;
  is_ending_ = true;
  session_->end_answer(*this);
}

std::string RequestStream::peer() const {
  return *peer_;
}

const net::TlsPeer* RequestStream::tls() const {
  return session_ == nullptr ? nullptr : session_->tls();
}

void RequestStream::send_head(const Response& response, const AnswerFields& fields, bool has_body) {
  if (session_ != nullptr && !is_closed_) session_->send_head(*this, response, fields, has_body);
}

void RequestStream::send_continue() {
  if (session_ != nullptr && !is_closed_) session_->send_continue(*this);
}

void RequestStream::park_input() {
  is_parked_ = true;
  const std::size_t bytes = std::exchange(unread_data_, 0);
  parked_data_ += bytes;
  if (session_ != nullptr) session_->give_shared_room(bytes);
}

void RequestStream::become_stream() {
  is_subscription_ = true;
  handler_ = nullptr;  // it has gone with the request
  if (session_ != nullptr) session_->count_subscription(+1);
}

void RequestStream::move_to(List& list) {
  list.splice(list.end(), *list_, position_);
  list_ = &list;
}

void RequestStream::note(net::Readiness readiness) {
  noted_.readable = noted_.readable || readiness.readable;
  noted_.writable = noted_.writable || readiness.writable;
  noted_.hung_up = noted_.hung_up || readiness.hung_up;
  noted_.broken = noted_.broken || readiness.broken;
  noted_.is_slow = noted_.is_slow || readiness.is_slow;
}

void RequestStream::tell() {
  const net::Readiness readiness = std::exchange(noted_, {});
  if (handler_ != nullptr) handler_->on_ready(readiness);
}

void RequestStream::begin_input(std::string head, RequestText::BodyForm form) {
  input_ = std::move(head);
  input_form_ = form;
}

void RequestStream::add_input(std::string_view data) {
  (is_parked_ ? parked_data_ : unread_data_) += data.size();
  if (input_form_ == RequestText::BodyForm::kChunked) {
    append_chunk(input_, data);
  } else {
    input_ += data;
  }
}

void RequestStream::end_input() {
  if (input_form_ == RequestText::BodyForm::kChunked) input_ += kLastChunkText;
}

void RequestStream::hang_up() {
  has_no_more_ = true;
  note({.readable = true, .hung_up = true});
}

void RequestStream::close(bool is_reset) {
  is_closed_ = true;
  is_reset_ = is_reset;
  note({.readable = true, .writable = is_reset, .hung_up = true, .broken = is_reset});
}

void RequestStream::orphan(List& orphans) {
  session_ = nullptr;
  close(true);
  move_to(orphans);
}

}  // namespace sse::http
