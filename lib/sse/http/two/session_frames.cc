// What nghttp2 finds in the peer's bytes, and asks for to make ours. Callbacks note; they tell no
// stream's handler, and write to no socket.

#include <memory>
#include <new>

#include <nghttp2/nghttp2.h>

#include "sse/http/two/guarded_callback.h"
#include "sse/http/two/session.h"
#include "sse/http/two/sessions.h"
#include "sse/net/loop.h"

namespace sse::http {
namespace {

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// All that come are looked at by note_reset().
constexpr std::uint64_t kMostResets = 1'000'000'000;

template <auto kCallback>
constexpr auto* kGuarded = GuardedCallback<kCallback, NGHTTP2_ERR_CALLBACK_FAILURE>::call;

struct FreeHttp2 {
  void operator()(nghttp2_session_callbacks* callbacks) const {
    nghttp2_session_callbacks_del(callbacks);
  }
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};

// What makes a session fails only when there is no memory.
void require_memory(int result) {
  if (result != 0) throw std::bad_alloc();
}

constexpr bool has_flag(const nghttp2_frame_hd& head, nghttp2_flag flag) {
  return (head.flags & static_cast<unsigned>(flag)) != 0;
}

}  // namespace

struct Session::Frames {
  static Session& of(void* session) { return *static_cast<Session*>(session); }
  static bool is_request(const nghttp2_frame* frame) {
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
  }

  // Requests are work that was asked for, and DATA is looked at when it is there; frames that
  // continue a head nghttp2 counts itself, and it skips those of a type that it does not know.
  static int on_begin_frame(nghttp2_session* /*http2*/, const nghttp2_frame_hd* head,
                            void* session) {
    Session& self = of(session);
    switch (head->type) {
      case NGHTTP2_DATA:
      case NGHTTP2_HEADERS:
      case NGHTTP2_CONTINUATION:
      case NGHTTP2_RST_STREAM:  // on_frame() knows what it was about
        break;
      case NGHTTP2_WINDOW_UPDATE:
        self.note_idle(self.flood_.add_window_update(self.now()));
        break;
      default:
        self.note_idle(self.flood_.add(self.now()));
        break;
    }
    return 0;
  }

  static int on_begin_headers(nghttp2_session* /*http2*/, const nghttp2_frame* frame,
                              void* session) {
    of(session).block_bytes_ = 0;
    if (is_request(frame)) of(session).begin_head(frame->hd.stream_id);
    return 0;
  }

  // Trailers are read past, as those of HTTP/1 are. A head of many times the limit costs more than
  // an answer that says so: nghttp2 then resets its stream, and reads the rest of it without a look
  // at what is in it. A few such heads are an error, and many are an attack: a byte of a head may
  // stand for kilobytes (RFC 9113 section 10.5.1).
  static int on_header(nghttp2_session* /*http2*/, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t /*flags*/, void* session) {
    constexpr std::size_t kMostHeads = 8;
    constexpr std::uint64_t kStepsPerField = 10;
    constexpr double kWeightOfHead = 50;
    Session& self = of(session);
    const std::size_t bytes = name_size + value_size;
    self.sessions_.loop().budget().spend(kStepsPerField + 4 * Budget::steps_for_bytes(bytes));
    self.block_bytes_ += bytes;
    if (self.block_bytes_ > kMostHeads * self.limits_.max_head) {
      if (is_request(frame)) self.text_.reset();
      self.has_changed_ = true;
      self.note_idle(self.flood_.add(self.now(), kWeightOfHead));
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    if (is_request(frame) && self.text_) {
      self.text_->add(text_of(name, name_size), text_of(value, value_size));
    }
    return 0;
  }

  // nghttp2 would leave the field out, and serve the rest.
  static int on_invalid_header(nghttp2_session* /*http2*/, const nghttp2_frame* /*frame*/,
                               const std::uint8_t* /*name*/, std::size_t /*name_size*/,
                               const std::uint8_t* /*value*/, std::size_t /*value_size*/,
                               std::uint8_t /*flags*/, void* /*session*/) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int on_data(nghttp2_session* http2, std::uint8_t /*flags*/, std::int32_t id,
                     const std::uint8_t* data, std::size_t size, void* session) {
    Session& self = of(session);
    RequestStream* const stream = self.stream_at(id);
    if (stream == nullptr) {
      return nghttp2_session_consume(http2, id, size) == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    stream->add_input(text_of(data, size));
    if (stream->is_parked_ && nghttp2_session_consume_connection(http2, size) != 0) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    self.note(*stream, {.readable = true});
    return 0;
  }

  static int on_frame(nghttp2_session* /*http2*/, const nghttp2_frame* frame, void* session) {
    Session& self = of(session);
    const bool ends = has_flag(frame->hd, NGHTTP2_FLAG_END_STREAM);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (is_request(frame)) {
          if (self.text_) self.end_head(ends);
          break;
        }
        [[fallthrough]];  // trailers
      case NGHTTP2_DATA:
        if (frame->hd.type == NGHTTP2_DATA && frame->hd.length <= frame->data.padlen && !ends) {
          self.note_idle(self.flood_.add(self.now()));
        }
        if (RequestStream* const stream = self.stream_at(frame->hd.stream_id);
            ends && stream != nullptr) {
          stream->end_input();
          self.note(*stream, {.readable = true});
        }
        break;
      case NGHTTP2_WINDOW_UPDATE:
        if (RequestStream* const stream = self.stream_at(frame->hd.stream_id)) {
          self.note_window(*stream,
                           static_cast<std::size_t>(frame->window_update.window_size_increment));
        } else if (frame->hd.stream_id == 0) {
          self.note_own_window();
        }
        break;
      case NGHTTP2_RST_STREAM:
        self.note_reset(self.stream_at(frame->hd.stream_id));
        break;
      case NGHTTP2_SETTINGS:
        self.has_changed_ = self.has_changed_ || !self.has_settings_;
        self.has_settings_ = true;
        self.wake_writers();
        break;
      default:
        break;
    }
    return 0;
  }

  static int on_frame_sent(nghttp2_session* http2, const nghttp2_frame* frame, void* session) {
    Session& self = of(session);
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
      self.count_reset(frame->rst_stream.error_code);
      return 0;
    }
    if (frame->hd.type == NGHTTP2_DATA) self.flood_.count_sent(frame->hd.length);
    const bool is_answer = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (!is_answer || !has_flag(frame->hd, NGHTTP2_FLAG_END_STREAM)) return 0;
    if (RequestStream* const stream = self.stream_at(frame->hd.stream_id)) {
      stream->has_ended_ = true;
    } else if (nghttp2_session_get_stream_remote_close(http2, frame->hd.stream_id) == 0) {
      // The answer is whole, and what it was asked with is not wanted (RFC 9113 section 8.1).
      self.reset(frame->hd.stream_id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  // Such is a head of an answer that is larger than nghttp2 sends.
  static int on_frame_not_sent(nghttp2_session* http2, const nghttp2_frame* frame, int /*error*/,
                               void* session) {
    const std::int32_t id = frame->hd.stream_id;
    const bool is_head = frame->hd.type == NGHTTP2_HEADERS;
    if (is_head && nghttp2_session_get_stream_user_data(http2, id) != nullptr) {
      of(session).reset(id, NGHTTP2_INTERNAL_ERROR);
    }
    return 0;
  }

  static int on_stream_closed(nghttp2_session* /*http2*/, std::int32_t id, std::uint32_t error,
                              void* session) {
    Session& self = of(session);
    if (self.text_ && self.text_stream_ == id) {
      self.text_.reset();
      self.has_changed_ = true;
    }
    if (self.note_ending_closed(id)) return 0;
    if (RequestStream* const stream = self.stream_at(id)) self.note_closed(*stream, error);
    return 0;
  }

  static int copy_data(nghttp2_session* /*http2*/, nghttp2_frame* /*frame*/,
                       const std::uint8_t* head, std::size_t size, nghttp2_data_source* /*source*/,
                       void* session) {
    constexpr std::size_t kFrameHead = 9;
    Session& self = of(session);
    self.output_.append(text_of(head, kFrameHead));
    self.copy_lent(size);
    return 0;
  }
};

nghttp2_session* Session::open_http2(Session& session) {
  nghttp2_session_callbacks* callbacks = nullptr;
  require_memory(nghttp2_session_callbacks_new(&callbacks));
  const std::unique_ptr<nghttp2_session_callbacks, FreeHttp2> own_callbacks(callbacks);
  nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks,
                                                        kGuarded<Frames::on_begin_frame>);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks,
                                                          kGuarded<Frames::on_begin_headers>);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, kGuarded<Frames::on_header>);
  nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks,
                                                           kGuarded<Frames::on_invalid_header>);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, kGuarded<Frames::on_data>);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, kGuarded<Frames::on_frame>);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, kGuarded<Frames::on_frame_sent>);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks,
                                                           kGuarded<Frames::on_frame_not_sent>);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                         kGuarded<Frames::on_stream_closed>);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, kGuarded<Frames::copy_data>);
  nghttp2_option* option = nullptr;
  require_memory(nghttp2_option_new(&option));
  const std::unique_ptr<nghttp2_option, FreeHttp2> own_option(option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  // Of its own, nghttp2 takes 33 a second: a proxy passes on that each of its clients has left.
  nghttp2_option_set_stream_reset_rate_limit(option, kMostResets, kMostResets);
  nghttp2_session* http2 = nullptr;
  require_memory(nghttp2_session_server_new2(&http2, callbacks, &session, option));
  return http2;
}

// One that was begun has taken a place, and was paid for by the session's share of a turn; others
// are asked for and taken back for nothing (CVE-2023-44487).
void Session::note_reset(const RequestStream* stream) {
  if (stream != nullptr) sessions_.counts().count_reset(ResetReason::kPeer);
  if (stream == nullptr || !stream->is_read_) note_idle(flood_.add(now()));
}

// Those with kCancel were counted by their reason.
void Session::count_reset(std::uint32_t error) {
  switch (error) {
    case NGHTTP2_NO_ERROR:
    case NGHTTP2_CANCEL:
      break;
    case NGHTTP2_REFUSED_STREAM:
      sessions_.counts().count_reset(ResetReason::kRefused);
      break;
    case NGHTTP2_INTERNAL_ERROR:
      sessions_.counts().count_reset(ResetReason::kCut);
      break;
    default:
      sessions_.counts().count_reset(ResetReason::kMalformed);
      note_idle(flood_.add(now()));
      break;
  }
}

}  // namespace sse::http
