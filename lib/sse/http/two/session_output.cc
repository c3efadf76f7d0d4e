// What a session's streams write: DATA frames in one output, within all windows.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "sse/base/ascii.h"
#include "sse/http/response.h"
#include "sse/http/response_head.h"
#include "sse/http/two/session.h"
#include "sse/http/two/sessions.h"
#include "sse/net/loop.h"

namespace sse::http {
namespace {

constexpr std::size_t kFrameHead = 9;

// Stands for the stream of an answer that ends when its stream has gone already.
char ending_mark = 0;

/// Field lines as nghttp2 takes them.
class FieldBlock {
 public:
  explicit FieldBlock(int status) { add(":status", std::to_string(status)); }

  void add(std::string_view name, std::string_view value) {
    auto& [lower, text] = fields_.emplace_back(std::string(name), std::string(value));
    for (char& c : lower) c = to_lower(c);
  }
  std::vector<nghttp2_nv> lines() {
    std::vector<nghttp2_nv> lines;
    for (auto& [name, value] : fields_) {
      // What a cookie holds must not be guessed by the size of a compressed head.
      const auto flags = name == "set-cookie" ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
      lines.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(),
                       static_cast<std::uint8_t>(flags)});
    }
    return lines;
  }

 private:
  static std::uint8_t* bytes_of(std::string& text) {
    return reinterpret_cast<std::uint8_t*>(text.data());
  }

  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace

net::IoResult Session::write(RequestStream& stream, std::span<const iovec> pieces) {
  if (host_ == nullptr || is_broken_) return {net::IoStatus::kPeerGone, 0};
  std::size_t given = 0;
  for (const iovec& piece : pieces) given += piece.iov_len;
  if (given == 0) return {net::IoStatus::kOk, 0};
  lent_ = {&stream, pieces, 0, given};
  do {
    nghttp2_session_resume_data(http2_, stream.id());
    pump();
  } while (lent_.left > 0 && room() == 0 && !is_blocked_ && flush());
  const std::size_t taken = given - std::exchange(lent_, {}).left;
  if (taken < given) {
    stream.awaits_room_ = true;
    const bool has_window = window_of(stream) <= 0 || share_of_window(stream) > 0;
    if (!has_window && !without_window_) without_window_ = now();
  }
  sessions_.run_later(*this);
  return {taken > 0 ? net::IoStatus::kOk : net::IoStatus::kWouldBlock, taken};
}

// Without the head of a frame; none where less than one byte would be left.
std::size_t Session::room() const {
  const std::size_t held = output_.size() - written_ + kFrameHead;
  return held < kMostOutput ? kMostOutput - held : 0;
}

RequestStream* Session::stream_at(std::int32_t id) const {
  void* const data = nghttp2_session_get_stream_user_data(http2_, id);
  return data == &ending_mark ? nullptr : static_cast<RequestStream*>(data);
}

// DATA of the stream that writes now, and what ends a stream. All others wait for their turn.
std::int64_t Session::plan_data(std::int32_t id, std::size_t most, std::uint32_t& flags) {
  void* const data = nghttp2_session_get_stream_user_data(http2_, id);
  if (data == &ending_mark) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    return 0;
  }
  auto* const stream = static_cast<RequestStream*>(data);
  if (stream == nullptr) return NGHTTP2_ERR_DEFERRED;
  if (stream == lent_.stream && lent_.left > 0) {
    const std::size_t bytes = std::min({most, lent_.left, room(), share_of_window(*stream)});
    if (bytes == 0) return NGHTTP2_ERR_DEFERRED;
    flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (stream->is_sized_ && bytes >= stream->body_left_) flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<std::int64_t>(bytes);
  }
  if (!stream->is_ending_) return NGHTTP2_ERR_DEFERRED;
  flags |= NGHTTP2_DATA_FLAG_EOF;
  return 0;
}

void Session::copy_lent(std::size_t bytes) {
  RequestStream& stream = *lent_.stream;
  stream.body_left_ -= std::min<std::uint64_t>(stream.body_left_, bytes);
  lent_.left -= bytes;
  while (bytes > 0) {
    const iovec& piece = lent_.pieces.front();
    const std::size_t part = std::min(bytes, piece.iov_len - lent_.used);
    output_.append(static_cast<const char*>(piece.iov_base) + lent_.used, part);
    lent_.used += part;
    bytes -= part;
    if (lent_.used < piece.iov_len) continue;
    lent_.pieces = lent_.pieces.subspan(1);
    lent_.used = 0;
  }
}

void Session::pump() {
  if (output_.empty()) {
    sessions_.lend_buffer(output_);
    moved_ = now();
  }
  while (!is_full()) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(http2_, &bytes);
    if (size < 0) fail(static_cast<int>(size));
    if (size <= 0) break;
    output_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  if (output_.empty()) sessions_.take_back_buffer(output_);
  // Frames that answer others pile up while the peer reads none of them.
  constexpr std::size_t kMostQueued = 1000;
  if (nghttp2_session_get_outbound_queue_size(http2_) > kMostQueued) calm_down();
}

bool Session::flush() {
  while (written_ < output_.size()) {
    const iovec piece{output_.data() + written_, output_.size() - written_};
    const auto result = socket_->write({&piece, 1});
    sessions_.loop().budget().spend(Budget::kSystemCall + Budget::steps_for_bytes(result.bytes));
    if (result.status == net::IoStatus::kPeerGone) is_broken_ = true;
    if (result.bytes > 0) moved_ = now();
    written_ += result.bytes;
    is_blocked_ = result.bytes < piece.iov_len;
    if (is_blocked_) break;
  }
  has_changed_ = has_changed_ || is_blocked_;
  const bool is_empty = written_ == output_.size();
  if (is_empty || written_ >= kMostOutput / 2) {
    output_.erase(0, std::exchange(written_, 0));
    wake_writers();
  }
  if (is_empty) sessions_.take_back_buffer(output_);
  return is_empty;
}

// What the peer was sent of it and has not read, as far as it says.
std::int32_t Session::held_by(const RequestStream& stream) const {
  return stream.widest_ - window_of(stream);
}

// The last eighth of the connection's window is for streams that hold less than an eighth of it: a
// few that are not read leave it to the others. Peers update a window past half of it at the
// latest, so one that is read is not kept waiting.
std::size_t Session::share_of_window(const RequestStream& stream) {
  const std::int32_t window = nghttp2_session_get_remote_window_size(http2_);
  widest_ = std::max(widest_, window);
  const std::int32_t kept = held_by(stream) > widest_ / 8 ? widest_ / 8 : 0;
  return window > kept ? static_cast<std::size_t>(window - kept) : 0;
}

// Those whose windows and whose connection's output have room again; first those that hold least.
bool Session::wake_writers() {
  if (room() == 0) return false;
  std::vector<RequestStream*> writers;
  for (const RequestStream::List* list : {&streams_, &told_}) {
    for (RequestStream* const stream : *list) {
      const bool may_write = stream->awaits_room_ && !stream->is_closed_ &&
                             window_of(*stream) > 0 && share_of_window(*stream) > 0;
      if (may_write) writers.push_back(stream);
    }
  }
  std::stable_sort(writers.begin(), writers.end(),
                   [this](const auto* a, const auto* b) { return held_by(*a) < held_by(*b); });
  for (RequestStream* const stream : writers) note(*stream, {.writable = true});
  return !writers.empty();
}

std::int32_t Session::window_of(const RequestStream& stream) const {
  return nghttp2_session_get_stream_remote_window_size(http2_, stream.id());
}

void Session::note_window(RequestStream& stream) {
  const std::int32_t window = window_of(stream);
  stream.widest_ = std::max(stream.widest_, window);
  if (stream.awaits_room_ && window > 0) note(stream, {.writable = true});
}

void Session::send_head(RequestStream& stream, const Response& response, const AnswerFields& fields,
                        bool has_body) {
  FieldBlock block(response.status);
  for_each_field(response, fields,
                 [&](std::string_view name, std::string_view value) { block.add(name, value); });
  const auto lines = block.lines();
  nghttp2_data_provider provider{};
  provider.read_callback = [](nghttp2_session* /*http2*/, std::int32_t id, std::uint8_t* /*into*/,
                              std::size_t most, std::uint32_t* flags,
                              nghttp2_data_source* /*source*/, void* session) -> ssize_t {
    return static_cast<Session*>(session)->plan_data(id, most, *flags);
  };
  stream.has_head_ = true;
  stream.is_sized_ = fields.form == BodyForm::kSized;
  stream.body_left_ = has_body ? fields.length : 0;
  stream.is_ending_ = !has_body;
  nghttp2_submit_response(http2_, stream.id(), lines.data(), lines.size(),
                          has_body ? &provider : nullptr);
  sessions_.run_later(*this);
}

void Session::send_continue(RequestStream& stream) {
  FieldBlock block(100);
  const auto lines = block.lines();
  nghttp2_submit_headers(http2_, NGHTTP2_FLAG_NONE, stream.id(), nullptr, lines.data(),
                         lines.size(), nullptr);
  sessions_.run_later(*this);
}

void Session::end_answer(RequestStream& stream) {
  nghttp2_session_resume_data(http2_, stream.id());
  sessions_.run_later(*this);
}

void Session::give_room(const RequestStream& stream, std::size_t bytes) {
  if (bytes == 0) return;
  if (stream.is_closed_) {
    nghttp2_session_consume_connection(http2_, bytes);
  } else {
    nghttp2_session_consume(http2_, stream.id(), bytes);
  }
  sessions_.run_later(*this);
}

// An answer that is whole, but for what the windows let through, ends without its stream; one that
// is not must not look so.
void Session::let_go(RequestStream& stream) {
  sessions_.counts().streams.fetch_sub(1, std::memory_order_relaxed);
  if (stream.is_subscription_) --subscriptions_;
  has_changed_ = true;
  sessions_.run_later(*this);
  give_room(stream, stream.unread_data_);
  if (lent_.stream == &stream) lent_ = {};
  if (stream.is_closed_) return;
  const bool is_whole = stream.is_ending_ || stream.has_ended_;
  nghttp2_session_set_stream_user_data(http2_, stream.id(), is_whole ? &ending_mark : nullptr);
  if (is_whole && !stream.has_ended_) return;
  if (!is_whole) sessions_.counts().count_reset(ResetReason::kCut);
  ++own_resets_;
  nghttp2_submit_rst_stream(http2_, NGHTTP2_FLAG_NONE, stream.id(),
                            is_whole ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
}

bool Session::keeps_waiting(const RequestStream& holder) const {
  for (const RequestStream::List* list : {&streams_, &told_}) {
    for (const RequestStream* const stream : *list) {
      if (stream != &holder && stream->awaits_room_ && window_of(*stream) > 0) return true;
    }
  }
  return false;
}

// The peer reads its other streams, as far as is known. One that keeps no other waiting has the
// time that any answer has.
void Session::cut_holder() {
  RequestStream* holder = nullptr;
  std::int32_t most = 0;
  for (const RequestStream::List* list : {&streams_, &told_}) {
    for (RequestStream* const stream : *list) {
      const std::int32_t held = held_by(*stream);
      if (stream->is_closed_ || held <= most) continue;
      holder = stream;
      most = held;
    }
  }
  without_window_.reset();
  if (holder == nullptr || !keeps_waiting(*holder)) return;
  without_window_ = now();
  sessions_.counts().count_reset(ResetReason::kSlow);
  ++own_resets_;
  nghttp2_session_set_stream_user_data(http2_, holder->id(), nullptr);
  nghttp2_submit_rst_stream(http2_, NGHTTP2_FLAG_NONE, holder->id(), NGHTTP2_CANCEL);
  holder->close(true);
  note(*holder, {.is_slow = true});
  sessions_.run_later(*this);
}

}  // namespace sse::http
