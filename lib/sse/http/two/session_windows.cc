// How the streams of a session share its window (RFC 9113 section 5.2).

#include <algorithm>
#include <chrono>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "sse/http/two/session.h"
#include "sse/http/two/sessions.h"

namespace sse::http {
namespace {

// How long the connection's window may be gone. It is looked at each second, so that others wait
// for five at most.
constexpr std::chrono::nanoseconds kWithoutWindow = std::chrono::seconds(4);

}  // namespace

// The last eighth of the connection's window is for streams of which the peer holds less than an
// eighth of it: a few that are not read leave it to the others. Peers update a window past half of
// it at the latest, so one that is read is not kept waiting.
std::size_t Session::share_of_window(const RequestStream& stream) {
  const std::int32_t window = nghttp2_session_get_remote_window_size(http2_);
  widest_ = std::max(widest_, window);
  const bool is_holder = stream.held_ > static_cast<std::uint64_t>(widest_ / 8);
  const std::int32_t kept = is_holder ? widest_ / 8 : 0;
  return window > kept ? static_cast<std::size_t>(window - kept) : 0;
}

std::int32_t Session::window_of(const RequestStream& stream) const {
  return nghttp2_session_get_stream_remote_window_size(http2_, stream.id());
}

bool Session::is_starved(const RequestStream& stream) {
  return stream.awaits_room_ && !stream.is_closed_ && window_of(stream) > 0 &&
         share_of_window(stream) == 0;
}

// `but`: not asked.
bool Session::has_starved(const RequestStream* but) {
  for (const RequestStream::List* list : {&streams_, &told_}) {
    for (const RequestStream* const stream : *list) {
      if (stream != but && is_starved(*stream)) return true;
    }
  }
  return false;
}

// Those whose windows and whose connection's output have room again; first those that hold least.
void Session::wake_writers() {
  if (!has_waiting_ || room() == 0) return;
  has_waiting_ = false;
  std::vector<RequestStream*> writers;
  for (const RequestStream::List* list : {&streams_, &told_}) {
    for (RequestStream* const stream : *list) {
      if (!stream->awaits_room_) continue;
      has_waiting_ = true;
      const bool may_write =
          !stream->is_closed_ && window_of(*stream) > 0 && share_of_window(*stream) > 0;
      if (may_write) writers.push_back(stream);
    }
  }
  std::stable_sort(writers.begin(), writers.end(),
                   [](const auto* a, const auto* b) { return a->held_ < b->held_; });
  for (RequestStream* const stream : writers) note(*stream, {.writable = true});
}

void Session::note_window(RequestStream& stream, std::size_t update) {
  stream.held_ -= std::min<std::uint64_t>(stream.held_, update);
  if (stream.awaits_room_ && window_of(stream) > 0) note(stream, {.writable = true});
}

void Session::note_own_window() {
  if (without_window_ && !has_starved(nullptr)) without_window_.reset();
  wake_writers();
}

void Session::check_window(BootTime now) {
  if (!without_window_) return;
  if (!has_starved(nullptr)) return without_window_.reset();
  if (now - *without_window_ >= kWithoutWindow) cut_holder();
}

// The peer reads its other streams, as far as is known. One that keeps no other waiting has the
// time that any answer has, and all of the window: its peer may give less than it once did.
void Session::cut_holder() {
  RequestStream* holder = nullptr;
  for (const RequestStream::List* list : {&streams_, &told_}) {
    for (RequestStream* const stream : *list) {
      if (stream->is_closed_ || stream->held_ == 0) continue;
      if (holder == nullptr || stream->held_ > holder->held_) holder = stream;
    }
  }
  without_window_.reset();
  if (holder == nullptr || !has_starved(holder)) {
    widest_ = nghttp2_session_get_remote_window_size(http2_);
    wake_writers();
    return sessions_.run_later(*this);
  }
  without_window_ = now();
  sessions_.counts().count_reset(ResetReason::kSlow);
  expect(nghttp2_session_set_stream_user_data(http2_, holder->id(), nullptr));
  reset(holder->id(), NGHTTP2_CANCEL);
  holder->close(true);
  note(*holder, {.is_slow = true});
  sessions_.run_later(*this);
}

}  // namespace sse::http
