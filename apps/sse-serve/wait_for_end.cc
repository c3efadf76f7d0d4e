#include "wait_for_end.h"

#include <poll.h>

#include <array>

#include "watchdog.h"

namespace sse::serve {

std::optional<int> wait_for_end(const cli::StopSignals& signals, const ServiceManager& manager,
                                server::EventServer& server, const TakeoverSocket* takeover,
                                std::optional<cli::Child>& child) {
  Watchdog watchdog(server.loops());
  const auto interval = manager.watchdog_interval();
  const int patience = interval ? static_cast<int>(interval->count()) : -1;
  std::array<pollfd, 3> fds{{{signals.fd(), POLLIN, 0},
                             {child ? child->ended_fd() : -1, POLLIN, 0},
                             {takeover != nullptr ? takeover->taken_fd() : -1, POLLIN, 0}}};
  while (true) {
    const bool is_alive = interval && (server.stands_still() || watchdog.all_loops_turn());
    if (is_alive) manager.notify("WATCHDOG=1");
    // EINTR: the signal is on its descriptor
    if (::poll(fds.data(), fds.size(), patience) <= 0) continue;
    if (fds[1].revents != 0) return child->wait();
    if (fds[2].revents != 0) return std::nullopt;
    if (fds[0].revents == 0) continue;
    if (!child) return std::nullopt;
    cli::forward(signals, *child);
    fds[0].fd = -1;  // said once; now the command ends, or a second signal ends us
  }
}

}  // namespace sse::serve
