#pragma once

/// \file
/// A service manager that hears what it is notified of.

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "sse/base/unique_fd.h"

#include "sse-serve/service_manager.h"
#include "support/catch.h"

namespace sse::test {

inline constexpr pid_t kSelf = 4711;

inline serve::ServiceManager manager_of(std::map<std::string, std::string> variables) {
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return {environment, kSelf};
}

/// A socket as a service manager has it. `name` starts with @ for an abstract one.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& name)
      : name_(name), fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = offsetof(sockaddr_un, sun_path) + name.size();
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(length)) == 0);
  }

  /// The environment of what is to notify it.
  std::map<std::string, std::string> variables() const { return {{"NOTIFY_SOCKET", name_}}; }

  std::string receive() const {
    char text[256];
    const auto bytes = ::recv(fd_.get(), text, sizeof text, MSG_DONTWAIT);
    return bytes < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(bytes));
  }

 private:
  const std::string name_;
  UniqueFd fd_;
};

}  // namespace sse::test
