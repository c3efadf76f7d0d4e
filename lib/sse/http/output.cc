#include "sse/http/output.h"

#include <sys/uio.h>

#include <utility>

#include "sse/http/body_source.h"

namespace sse::http {
namespace {

// A write wakes its peer, and frees or fills buffers of the kernel.
constexpr std::uint64_t kStepsPerWrite = 2 * Budget::kSystemCall;

// Up to this size a body is copied behind its head: one piece is cheaper to send than two.
constexpr std::size_t kCopiedBody = 16U << 10U;

}  // namespace

net::IoResult write_at_once(net::Socket& socket, Budget& budget, std::string& head,
                            std::string& body) {
  if (body.size() <= kCopiedBody) {
    head += body;
    body.clear();
  }
  const iovec pieces[2] = {{head.data(), head.size()}, {body.data(), body.size()}};
  const auto result = socket.write({pieces, body.empty() ? std::size_t{1} : 2});
  budget.spend(kStepsPerWrite + Budget::steps_for_bytes(result.bytes));
  return result;
}

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

std::size_t Output::held() const {
  return head_.capacity() + body_.capacity() + (source_ == nullptr ? 0 : source_->held());
}

// It may wait for a while until the last of it has left.
void Output::forget_taken() {
  std::string().swap(head_);
  std::string().swap(body_);
  offset_ = 0;
}

Output::Flush Output::flush_piece(net::Socket& socket, Budget& budget,
                                  const FunctionRef<Resume()>& later) {
  if (const auto result = flush(socket, budget); result != Flush::kYield) return result;
  head_.clear();
  body_.clear();
  offset_ = 0;
  const auto pulled = source_->pull(head_, later);
  budget.spend(source_->steps());
  switch (pulled) {
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
  return flush(socket, budget);
}

Output::Flush Output::flush(net::Socket& socket, Budget& budget) {
  const std::size_t size = head_.size() + body_.size();
  while (offset_ < size) {
    iovec pieces[2];
    std::size_t count = 0;
    if (offset_ < head_.size()) pieces[count++] = {head_.data() + offset_, head_.size() - offset_};
    const std::size_t in_body = offset_ > head_.size() ? offset_ - head_.size() : 0;
    if (in_body < body_.size()) pieces[count++] = {body_.data() + in_body, body_.size() - in_body};
    const auto result = socket.write({pieces, count});
    budget.spend(kStepsPerWrite + Budget::steps_for_bytes(result.bytes));
    if (result.status == net::IoStatus::kWouldBlock) return Flush::kBlocked;
    if (result.status == net::IoStatus::kPeerGone) return Flush::kBroken;
    offset_ += result.bytes;
    sent_ += result.bytes;
  }
  if (source_ == nullptr) {
    forget_taken();
    return net::send_unsent(socket) ? Flush::kDone : Flush::kBlocked;
  }
  return is_awaiting_ ? Flush::kLater : Flush::kYield;
}

}  // namespace sse::http
