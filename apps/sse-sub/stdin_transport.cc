#include "stdin_transport.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "sse/base/wake_fd.h"

namespace sse::sub {
namespace {

class StdinExchange final : public client::Exchange {
 public:
  StdinExchange(int fd, std::string& failure) : fd_(fd), failure_(failure) {
    head_is_there_.wake();
    head_.status = 200;
    head_.headers = {{"Content-Type", "text/event-stream"}};
  }

  /// A stdin that is silent has a head all the same.
  int ready_fd() const override { return head_taken_ ? fd_ : head_is_there_.get(); }

  Arrived take() override {
    Arrived arrived;
    if (!std::exchange(head_taken_, true)) {
      arrived.head = &head_;
      return arrived;
    }
    const ssize_t size = ::read(fd_, bytes_.data(), bytes_.size());
    if (size > 0) {
      arrived.bytes = {bytes_.data(), static_cast<std::size_t>(size)};
    } else if (size == 0) {
      arrived.end = {client::ExchangeEnd::Kind::kClosed, "stdin has ended"};
    } else if (errno != EINTR && errno != EAGAIN) {
      failure_ = "cannot read stdin: " + std::generic_category().message(errno);
      arrived.end = {client::ExchangeEnd::Kind::kUnreachable, failure_};
    }
    return arrived;
  }

 private:
  const int fd_;
  std::string& failure_;
  const WakeFd head_is_there_;
  client::ResponseHead head_;
  bool head_taken_ = false;
  std::array<char, std::size_t{256} * 1024> bytes_{};
};

}  // namespace

std::unique_ptr<client::Exchange> StdinTransport::open(client::StreamRequest /*request*/) {
  return std::make_unique<StdinExchange>(fd_, failure_);
}

}  // namespace sse::sub
