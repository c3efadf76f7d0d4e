#include "sse/client/fetch.h"

#include <utility>

namespace sse::client {
namespace {

/// What a peer sends without end must not fill our memory.
constexpr std::size_t kMaxBody = std::size_t{16} << 20U;

}  // namespace

std::variant<Fetched, Ending> fetch(StreamRequest request, Transport& transport, Waiter& waiter,
                                    const Clock& clock, std::chrono::nanoseconds most) {
  const std::string url = request.url.shown();
  const BootTime deadline = clock.now().boot + most;
  const auto exchange = transport.open(std::move(request));
  Fetched fetched;
  for (;;) {
    switch (waiter.wait(exchange->ready_fd(), deadline)) {
      case Waiter::Woke::kInterrupted:
        return Ending{Ending::Reason::kInterrupted, "interrupted"};
      case Waiter::Woke::kDeadline:
        return Ending{Ending::Reason::kUnreachable, url + " gave no answer in time"};
      case Waiter::Woke::kReady:
        break;
    }
    const auto arrived = exchange->take();
    if (arrived.head != nullptr) fetched.head = *arrived.head;
    fetched.body += arrived.bytes;
    if (fetched.body.size() > kMaxBody) {
      return Ending{Ending::Reason::kNotAnEventStream, url + " answered with more than 16 MiB"};
    }
    if (!arrived.end) continue;
    if (arrived.end->kind == ExchangeEnd::Kind::kClosed) return fetched;
    return Ending{reason_of(arrived.end->kind), arrived.end->text};
  }
}

}  // namespace sse::client
