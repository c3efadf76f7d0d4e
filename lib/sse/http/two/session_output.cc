// What a session's streams write: DATA frames in one output.

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
    resume(stream);
    pump();
  } while (lent_.left > 0 && room() == 0 && !is_blocked_ && flush());
  const std::size_t taken = given - std::exchange(lent_, {}).left;
  if (taken < given) {
    stream.awaits_room_ = has_waiting_ = true;
    if (is_starved(stream) && !without_window_) without_window_ = now();
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
std::int64_t Session::plan_data(std::int32_t id, std::size_t most, std::uint32_t& flags) noexcept {
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
  stream.held_ += bytes;
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
    if (!is_blocked_) moved_ = now();
  }
  while (!is_full() && !is_broken_) {
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
    unheard_ += result.bytes;
    is_blocked_ = result.bytes < piece.iov_len || result.status == net::IoStatus::kUnsent;
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
  const int result = nghttp2_submit_response(http2_, stream.id(), lines.data(), lines.size(),
                                             has_body ? &provider : nullptr);
  if (result != 0) reset(stream.id(), NGHTTP2_INTERNAL_ERROR);
  sessions_.run_later(*this);
}

void Session::send_continue(RequestStream& stream) {
  FieldBlock block(100);
  const auto lines = block.lines();
  const auto result = nghttp2_submit_headers(http2_, NGHTTP2_FLAG_NONE, stream.id(), nullptr,
                                             lines.data(), lines.size(), nullptr);
  if (result != 0) fail(result);
  sessions_.run_later(*this);
}

// One that was not deferred goes on by itself.
void Session::resume(const RequestStream& stream) {
  const int result = nghttp2_session_resume_data(http2_, stream.id());
  if (nghttp2_is_fatal(result) != 0) fail(result);
}

void Session::end_answer(RequestStream& stream) {
  resume(stream);
  sessions_.run_later(*this);
}

void Session::give_room(const RequestStream& stream, std::size_t bytes) {
  if (bytes == 0) return;
  if (stream.is_closed_) {
    expect(nghttp2_session_consume_connection(http2_, bytes));
  } else {
    expect(nghttp2_session_consume(http2_, stream.id(), bytes));
  }
  sessions_.run_later(*this);
}

void Session::give_shared_room(std::size_t bytes) {
  if (bytes == 0) return;
  expect(nghttp2_session_consume_connection(http2_, bytes));
  sessions_.run_later(*this);
}

void Session::give_own_room(const RequestStream& stream, std::size_t bytes) {
  if (bytes == 0 || stream.is_closed_) return;
  expect(nghttp2_session_consume_stream(http2_, stream.id(), bytes));
  sessions_.run_later(*this);
}

// An answer that is whole, but for what the windows let through, ends without its stream; one that
// is not must not look so. A request that was not looked at may be sent again.
void Session::let_go(RequestStream& stream) {
  sessions_.counts().streams.fetch_sub(1, std::memory_order_relaxed);
  if (stream.is_subscription_) --subscriptions_;
  has_changed_ = true;
  sessions_.run_later(*this);
  give_room(stream, stream.unread_data_);
  if (lent_.stream == &stream) lent_ = {};
  if (stream.is_closed_) return;
  const bool is_whole = stream.is_ending_ || stream.has_ended_;
  const bool waits_for_window = is_whole && !stream.has_ended_;
  expect(nghttp2_session_set_stream_user_data(http2_, stream.id(),
                                              waits_for_window ? &ending_mark : nullptr));
  if (waits_for_window) {
    ++endings_;
    last_ending_ = now();
    return;
  }
  const bool is_untouched = !stream.is_read_ && !stream.has_head_;
  if (!is_whole && !is_untouched) sessions_.counts().count_reset(ResetReason::kCut);
  reset(stream.id(), is_whole       ? NGHTTP2_NO_ERROR
                     : is_untouched ? NGHTTP2_REFUSED_STREAM
                                    : NGHTTP2_CANCEL);
}

void Session::reset(std::int32_t id, std::uint32_t error) {
  expect(nghttp2_submit_rst_stream(http2_, NGHTTP2_FLAG_NONE, id, error));
}

bool Session::note_ending_closed(std::int32_t id) {
  if (nghttp2_session_get_stream_user_data(http2_, id) != &ending_mark) return false;
  --endings_;
  has_changed_ = true;
  return true;
}

}  // namespace sse::http
