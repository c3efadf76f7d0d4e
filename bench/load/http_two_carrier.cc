#include <algorithm>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "sse/base/ascii.h"

#include "carrier.h"

namespace sse::bench {
namespace {

constexpr std::uint32_t kStreamWindow = 6U << 20U;
constexpr std::int32_t kConnectionWindow = 15 << 20;
constexpr std::size_t kFrameHead = 9;  // RFC 9113 section 4.1

/// As names of fields are in HTTP/2.
std::string lower(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), to_lower);
  return name;
}

/// One stream of the connection, and what its head has said so far.
struct Lane {
  CheckedStream* stream = nullptr;
  std::string status;
  bool is_events = false;
  bool is_refused = false;
  bool has_head = false;
};

class HttpTwoCarrier final : public Carrier, private ByteTaker {
 public:
  HttpTwoCarrier(std::unique_ptr<Channel> channel, const std::vector<WatchRequest>& requests,
                 std::span<CheckedStream> streams, Witness& witness)
      : channel_(std::move(channel)), witness_(witness), lanes_(streams.size()) {
    open_session();
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      lanes_[i].stream = &streams[i];
      submit(requests[i], lanes_[i]);
    }
  }
  ~HttpTwoCarrier() override { nghttp2_session_del(session_); }
  HttpTwoCarrier(const HttpTwoCarrier&) = delete;
  HttpTwoCarrier& operator=(const HttpTwoCarrier&) = delete;

  bool begin() override { return flush(); }

  bool read() override {
    if (channel_->receive(*this) && !is_broken_ && flush()) return true;
    if (witness_.refusal.empty()) witness_.refusal = channel_->failure();
    witness_.seen.ended += lanes_.size() - ended_;
    return false;
  }

 private:
  struct Callbacks;

  void open_session();
  void submit(const WatchRequest& request, Lane& lane);

  void take(std::string_view bytes) override {
    now_ns_ = steady_ns();
    const auto* const begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
    is_broken_ = is_broken_ || nghttp2_session_mem_recv(session_, begin, bytes.size()) < 0;
  }

  /// Sends requests, updates of windows, and answers to PING.
  bool flush() {
    out_.clear();
    const std::uint8_t* bytes = nullptr;
    for (auto size = nghttp2_session_mem_send(session_, &bytes); size != 0;
         size = nghttp2_session_mem_send(session_, &bytes)) {
      if (size < 0) return false;
      out_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    return out_.empty() || channel_->send(out_);
  }

  const std::unique_ptr<Channel> channel_;
  Witness& witness_;
  nghttp2_session* session_ = nullptr;
  std::vector<Lane> lanes_;
  std::size_t ended_ = 0;
  std::int64_t now_ns_ = 0;
  bool is_broken_ = false;
  std::string out_;
};

/// What nghttp2 tells; `self` is the carrier.
struct HttpTwoCarrier::Callbacks {
  static Lane* lane_of(nghttp2_session* session, std::int32_t id) {
    return static_cast<Lane*>(nghttp2_session_get_stream_user_data(session, id));
  }
  static HttpTwoCarrier& carrier(void* self) { return *static_cast<HttpTwoCarrier*>(self); }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                       const std::uint8_t* name_bytes, std::size_t name_size,
                       const std::uint8_t* value_bytes, std::size_t value_size,
                       std::uint8_t /*flags*/, void* /*self*/) {
    Lane* const lane = lane_of(session, frame->hd.stream_id);
    if (lane == nullptr) return 0;
    const std::string_view name(reinterpret_cast<const char*>(name_bytes), name_size);
    const std::string_view value(reinterpret_cast<const char*>(value_bytes), value_size);
    if (name == ":status") lane->status = value;
    lane->is_events |= name == "content-type" && value.starts_with("text/event-stream");
    lane->is_refused |= name == "sse-refused";
    return 0;
  }

  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    auto& witness = carrier(self).witness_;
    if (frame->hd.type == NGHTTP2_DATA) witness.seen.bytes += kFrameHead;
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    Lane* const lane = lane_of(session, frame->hd.stream_id);
    if (lane == nullptr || lane->has_head) return 0;
    lane->has_head = true;
    const bool is_stream = lane->status == "200" && lane->is_events && !lane->is_refused;
    witness.note_head(is_stream ? std::string() : "HTTP/2 " + lane->status);
    return 0;
  }

  static int on_data(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t id,
                     const std::uint8_t* data, std::size_t size, void* self) {
    HttpTwoCarrier& owner = carrier(self);
    owner.witness_.seen.bytes += size;
    if (Lane* const lane = lane_of(session, id)) {
      lane->stream->take({reinterpret_cast<const char*>(data), size}, owner.now_ns_);
    }
    return 0;
  }

  static int on_close(nghttp2_session* session, std::int32_t id, std::uint32_t /*error*/,
                      void* self) {
    if (lane_of(session, id) == nullptr) return 0;
    ++carrier(self).ended_;
    ++carrier(self).witness_.seen.ended;
    return 0;
  }
};

void HttpTwoCarrier::open_session() {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_close);
  nghttp2_session_client_new(&session_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry setting{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &setting, 1);
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

void HttpTwoCarrier::submit(const WatchRequest& request, Lane& lane) {
  std::vector<std::pair<std::string, std::string>> fields{{":method", "GET"},
                                                          {":scheme", "https"},
                                                          {":authority", "127.0.0.1"},
                                                          {":path", request.path}};
  for (const auto& [name, value] : request.fields) fields.emplace_back(lower(name), value);
  std::vector<nghttp2_nv> lines;
  for (auto& [name, value] : fields) {
    lines.push_back({reinterpret_cast<std::uint8_t*>(name.data()),
                     reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(),
                     NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_submit_request(session_, nullptr, lines.data(), lines.size(), nullptr, &lane);
}

}  // namespace

std::unique_ptr<Carrier> carry_many(std::unique_ptr<Channel> channel,
                                    const std::vector<WatchRequest>& requests,
                                    std::span<CheckedStream> streams, Witness& witness) {
  return std::make_unique<HttpTwoCarrier>(std::move(channel), requests, streams, witness);
}

}  // namespace sse::bench
