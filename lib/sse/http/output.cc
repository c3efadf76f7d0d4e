#include "sse/http/output.h"

#include <sys/uio.h>

#include <utility>

#include "sse/http/body_source.h"
#include "sse/net/socket.h"

namespace sse::http {
namespace {

// What one answer may write per turn: a fast reader of a large one does not stop the loop.
constexpr std::uint64_t kBytesPerTurn = 1U << 20U;

}  // namespace

Output::Output() = default;
Output::~Output() = default;

void Output::add(std::string_view head, std::string body, std::size_t sent) {
  head_ = head;
  body_ = std::move(body);
  offset_ = sent;
  sent_ = sent;
}

void Output::set_source(std::unique_ptr<BodySource> source) {
  source_ = std::move(source);
}

Output::Flush Output::flush(net::Socket& socket, const FunctionRef<Resume()>& later) {
  const std::uint64_t before = sent_;
  for (;;) {
    if (const auto result = write_buffered(socket); result != Flush::kDone) return result;
    if (source_ == nullptr) return Flush::kDone;
    if (is_awaiting_) return Flush::kLater;
    if (sent_ - before >= kBytesPerTurn) return Flush::kYield;
    head_.clear();
    body_.clear();
    offset_ = 0;
    switch (source_->pull(head_, later)) {
      case BodySource::Pull::kMore:
        break;
      case BodySource::Pull::kDone:
        source_.reset();
        break;
      case BodySource::Pull::kLater:
        await_source();
        break;
      case BodySource::Pull::kFailed:
        return Flush::kBroken;
    }
  }
}

Output::Flush Output::write_buffered(net::Socket& socket) {
  const std::size_t size = head_.size() + body_.size();
  while (offset_ < size) {
    iovec pieces[2];
    std::size_t count = 0;
    if (offset_ < head_.size()) pieces[count++] = {head_.data() + offset_, head_.size() - offset_};
    const std::size_t in_body = offset_ > head_.size() ? offset_ - head_.size() : 0;
    if (in_body < body_.size()) pieces[count++] = {body_.data() + in_body, body_.size() - in_body};
    const auto result = socket.write({pieces, count});
    if (result.status == net::IoStatus::kWouldBlock) return Flush::kBlocked;
    if (result.status == net::IoStatus::kPeerGone) return Flush::kBroken;
    offset_ += result.bytes;
    sent_ += result.bytes;
  }
  return Flush::kDone;
}

}  // namespace sse::http
