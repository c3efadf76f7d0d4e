#include "prober.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <string>

namespace sse::bench {

Prober::Prober(const Target& target, TicketBook& book, double rate)
    : target_(target), book_(book), rate_(rate), requests_(target.publish_port()), thread_([this] {
        run();
      }) {
}

void Prober::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Prober::run() {
  // The server's delay is wanted, not how long this thread waits for a processor beside the one
  // that reads ten thousand streams. Who may not have it goes without.
  constexpr int kPriority = -15;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kPriority);
  const auto begin = steady_ns();
  std::string request;
  while (!stopping_ && !failed_) {
    const auto due =
        begin + static_cast<std::int64_t>(static_cast<double>(published()) * 1e9 / rate_);
    const auto left = due - steady_ns();
    if (left > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(left));
    const auto ticket = book_.issue();
    if (!ticket) return;
    request.clear();
    target_.append_publish(request, *ticket);
    const auto reply = requests_.exchange(request);
    failed_ = !target_.is_accepted(reply.status, reply.body, 1);
    times_.add(steady_ns() - due);
  }
}

}  // namespace sse::bench
