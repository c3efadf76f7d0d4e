#include "service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "sse/base/unique_fd.h"

namespace sse::serve {
namespace {

/// SD_LISTEN_FDS_START: the passed sockets have the numbers from here on.
constexpr int kFirstSocket = 3;

/// More than anybody passes; a number beyond it is a mistake.
constexpr int kMostSockets = 64;

/// A variable that is a whole number; nullopt for anything else.
template <typename Number>
std::optional<Number> number_of(const cli::Environment& environment, const char* name) {
  const std::string text = environment(name).value_or("");
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

ServiceManager::ServiceManager(const cli::Environment& environment, pid_t self)
    : notify_socket_(environment("NOTIFY_SOCKET").value_or("")) {
  if (number_of<pid_t>(environment, "LISTEN_PID") == self) {
    const int count = std::min(number_of<int>(environment, "LISTEN_FDS").value_or(0), kMostSockets);
    for (int i = 0; i < count; ++i) sockets_.push_back("fd:" + std::to_string(kFirstSocket + i));
  }
  const auto period = number_of<std::int64_t>(environment, "WATCHDOG_USEC");
  const auto watched = number_of<pid_t>(environment, "WATCHDOG_PID");
  if (period && *period > 0 && (!watched || *watched == self)) {
    const auto half = std::chrono::milliseconds(*period / 2000);
    watchdog_interval_ = std::max(half, std::chrono::milliseconds(1));
  }
}

void ServiceManager::keep_from_children() const {
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS",
                           "LISTEN_PID", "LISTEN_FDNAMES"}) {
    ::unsetenv(name);
  }
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    ::fcntl(kFirstSocket + static_cast<int>(i), F_SETFD, FD_CLOEXEC);
  }
}

takeover::Supervisor ServiceManager::supervisor() const {
  return {notify_socket_, watchdog_interval_.value_or(std::chrono::milliseconds(0))};
}

void ServiceManager::adopt(const takeover::Supervisor& supervisor) {
  if (notify_socket_.empty()) notify_socket_ = supervisor.notify_socket;
  const auto interval = supervisor.watchdog_interval;
  if (!watchdog_interval_ && interval.count() > 0) watchdog_interval_ = interval;
}

void ServiceManager::notify(std::string_view state) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (notify_socket_.empty() || notify_socket_.size() >= sizeof address.sun_path) return;
  notify_socket_.copy(address.sun_path, notify_socket_.size());
  if (notify_socket_.front() == '@') address.sun_path[0] = '\0';  // abstract
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = offsetof(sockaddr_un, sun_path) + notify_socket_.size();
  // Never waits: a manager that does not read its socket must not stop the hub.
  [[maybe_unused]] const auto sent =
      ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length));
}

}  // namespace sse::serve
