#include "carrier.h"
#include "chunks.h"

namespace sse::bench {
namespace {

class HttpOneCarrier final : public Carrier, private ByteTaker {
 public:
  HttpOneCarrier(std::unique_ptr<Channel> channel, WatchRequest request, CheckedStream& stream,
                 Witness& witness)
      : channel_(std::move(channel)), stream_(stream), witness_(witness), head_(request.text()) {}

  bool begin() override { return channel_->send(std::exchange(head_, {})); }

  bool read() override {
    if (channel_->receive(*this)) return true;
    if (witness_.refusal.empty()) witness_.refusal = channel_->failure();
    ++witness_.seen.ended;
    return false;
  }

 private:
  void take(std::string_view bytes) override {
    const auto now_ns = steady_ns();
    if (!has_head_) take_head(bytes);
    witness_.seen.bytes += bytes.size();
    if (!is_chunked_) return stream_.take(bytes, now_ns);
    for (auto text = chunks_.next(bytes); !text.empty(); text = chunks_.next(bytes)) {
      stream_.take(text, now_ns);
    }
    if (chunks_.is_broken()) ++witness_.seen.wrong_chunks;
  }

  void take_head(std::string_view& bytes) {
    constexpr std::string_view kEndOfHead = "\r\n\r\n";
    const auto earlier = head_.size();
    head_ += bytes;
    const auto end = head_.find(kEndOfHead);
    if (end == std::string::npos) {
      bytes = {};
      return;
    }
    bytes.remove_prefix(end + kEndOfHead.size() - earlier);
    const bool is_stream = head_.find(" 200 ") == head_.find(' ') &&
                           head_.find("text/event-stream") < end && head_.find("SSE-Refused") > end;
    witness_.note_head(is_stream ? std::string() : head_.substr(0, head_.find('\r')));
    is_chunked_ = head_.find("\r\nTransfer-Encoding: chunked\r\n") < end;
    head_.clear();
    head_.shrink_to_fit();
    has_head_ = true;
  }

  const std::unique_ptr<Channel> channel_;
  CheckedStream& stream_;
  Witness& witness_;
  std::string head_;  // of the request before it is sent, then of the answer
  bool has_head_ = false;
  bool is_chunked_ = false;
  Chunks chunks_;
};

}  // namespace

std::unique_ptr<Carrier> carry_one(std::unique_ptr<Channel> channel, WatchRequest request,
                                   CheckedStream& stream, Witness& witness) {
  return std::make_unique<HttpOneCarrier>(std::move(channel), std::move(request), stream, witness);
}

}  // namespace sse::bench
