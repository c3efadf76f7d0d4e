#include "support/http2_peer.h"

#include <algorithm>
#include <cstring>

#include <nghttp2/nghttp2.h>

namespace sse::test {
namespace {

std::string text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::vector<nghttp2_nv> lines_of(const Http2Peer::Fields& fields) {
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  std::vector<nghttp2_nv> lines;
  for (const auto& [name, value] : fields) {
    lines.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  return lines;
}

}  // namespace

std::string Http2Answer::field(std::string_view name) const {
  for (const auto& [known, value] : fields) {
    if (known == name) return value;
  }
  return {};
}

struct Http2Peer::Callbacks {
  static Http2Peer& of(void* peer) { return *static_cast<Http2Peer*>(peer); }

  static int on_header(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t /*flags*/, void* peer) {
    Http2Answer& answer = of(peer).answers_[frame->hd.stream_id];
    const std::string field = text_of(name, name_size);
    if (field == ":status") {
      answer.status = text_of(value, value_size);
      if (answer.status == "100") ++answer.continues;
    } else {
      answer.fields.emplace_back(field, text_of(value, value_size));
    }
    return 0;
  }
  static int on_data(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t id,
                     const std::uint8_t* data, std::size_t size, void* peer) {
    Http2Peer& self = of(peer);
    self.answers_[id].body += text_of(data, size);
    if (self.unread_.count(id) > 0) {
      self.unconsumed_[id] += size;
    } else {
      nghttp2_session_consume(session, id, size);
    }
    return 0;
  }
  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* peer) {
    Http2Peer& self = of(peer);
    const bool is_ack = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_DATA:
      case NGHTTP2_HEADERS:
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
          self.answers_[frame->hd.stream_id].ended = true;
        }
        break;
      case NGHTTP2_RST_STREAM:
        self.answers_[frame->hd.stream_id].reset_with = frame->rst_stream.error_code;
        if (auto& unread = self.unconsumed_[frame->hd.stream_id]; unread > 0) {
          // At once, as Chromium does where it has given nothing back for five seconds.
          nghttp2_submit_window_update(session, NGHTTP2_FLAG_NONE, 0,
                                       static_cast<std::int32_t>(unread));
          unread = 0;
        }
        break;
      case NGHTTP2_GOAWAY:
        self.goaway_ = frame->goaway.error_code;
        break;
      case NGHTTP2_PING:
        ++(is_ack ? self.acks_ : self.pings_);
        break;
      default:
        break;
    }
    return 0;
  }
  static ssize_t read_body(nghttp2_session* /*session*/, std::int32_t id, std::uint8_t* into,
                           std::size_t most, std::uint32_t* flags, nghttp2_data_source* /*source*/,
                           void* peer) {
    if (of(peer).unsent_.count(id) > 0) return NGHTTP2_ERR_DEFERRED;
    std::string& body = of(peer).bodies_[id];
    const std::size_t bytes = body.copy(reinterpret_cast<char*>(into), most);
    body.erase(0, bytes);
    if (body.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(bytes);
  }
};

Http2Peer::Http2Peer(Peer& peer, Options options) : peer_(peer) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_http_messaging(option, 1);  // faulty requests are sent, too
  nghttp2_session_client_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry setting{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &setting, 1);
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, options.connection_window);
}

Http2Peer::~Http2Peer() {
  nghttp2_session_del(session_);
}

std::int32_t Http2Peer::request(const Fields& fields, bool ends, std::string body) {
  const auto lines = lines_of(fields);
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::read_body;
  const auto id = nghttp2_submit_request(session_, nullptr, lines.data(), lines.size(),
                                         ends ? nullptr : &provider, nullptr);
  bodies_[id] = std::move(body);
  return id;
}

std::int32_t Http2Peer::get(const std::string& path, const Fields& more) {
  Fields fields = {
      {":method", "GET"}, {":scheme", "http"}, {":authority", "localhost"}, {":path", path}};
  fields.insert(fields.end(), more.begin(), more.end());
  return request(fields);
}

std::int32_t Http2Peer::post(const std::string& path, std::string body, const Fields& more) {
  Fields fields = {
      {":method", "POST"}, {":scheme", "http"}, {":authority", "localhost"}, {":path", path}};
  fields.insert(fields.end(), more.begin(), more.end());
  return request(fields, false, std::move(body));
}

void Http2Peer::reset(std::int32_t id, std::uint32_t error) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, error);
}

void Http2Peer::update_window(std::int32_t id, std::int32_t bytes) {
  nghttp2_submit_window_update(session_, NGHTTP2_FLAG_NONE, id, bytes);
}

void Http2Peer::set_window(std::uint32_t bytes) {
  const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, bytes};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
}

void Http2Peer::ping() {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
}

void Http2Peer::go_on_reading(std::int32_t id) {
  unread_.erase(id);
  nghttp2_session_consume(session_, id, std::exchange(unconsumed_[id], 0));
}

void Http2Peer::exchange() {
  std::string received = peer_.take();
  nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(received.data()),
                           received.size());
  std::string sent;
  for (;;) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) break;
    sent += text_of(bytes, static_cast<std::size_t>(size));
  }
  if (!sent.empty() && peer_.is_attached()) peer_.send(sent);
}

std::uint32_t Http2Peer::setting(int id) const {
  return nghttp2_session_get_remote_settings(session_, static_cast<nghttp2_settings_id>(id));
}

std::string http2_frame(int type, int flags, std::uint32_t stream, std::string_view payload) {
  std::string frame;
  for (const int shift : {16, 8, 0}) {
    frame += static_cast<char>(payload.size() >> static_cast<unsigned>(shift) & 0xFFU);
  }
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) {
    frame += static_cast<char>(stream >> static_cast<unsigned>(shift) & 0xFFU);
  }
  return frame.append(payload);
}

}  // namespace sse::test
