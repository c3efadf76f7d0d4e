#pragma once

/// \file
/// Addresses to listen on, as people write them, and sockets' own.

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/ip_address.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

namespace sse::net {

/// What every accepted socket is born with (inherited from the listening one, so that accepting
/// costs one system call).
struct SocketOptions {
  std::size_t send_buffer = 0;  ///< SO_SNDBUF, bytes; 0: the kernel's choice
  /// A peer that acknowledges nothing, or takes nothing, for this long is gone (TCP_USER_TIMEOUT).
  /// With a heartbeat of 15 s a dead peer is found within 60 s.
  std::chrono::milliseconds user_timeout = std::chrono::seconds(45);
};

/// A non-blocking listening socket on `bind`: an IPv4 or IPv6 address or a host name (with `port`),
/// `unix:PATH`, or `fd:N` (inherited, listening already). A Unix socket file that refuses
/// connections is replaced, anything else of that name stays. Errors: kUnavailable (the address is
/// in use), kNotAllowed (a privileged port), kInvalid, kIo.
SSE_EXPORT Result<UniqueFd> listen_on(const std::string& bind, std::uint16_t port,
                                      const SocketOptions& options);

/// Sets what is accepted from a listening socket gets with it. Best effort.
void set_inherited_options(int fd, const SocketOptions& options);

/// Which file a Unix socket is.
struct SocketFile {
  dev_t device{};
  ino_t number{};

  friend bool operator==(const SocketFile&, const SocketFile&) = default;
};

/// nullopt when there is no socket at `path`.
SSE_EXPORT std::optional<SocketFile> socket_file(const std::string& path);

/// Whether a Unix socket may be made at `path`: nothing is there, or a socket. Error: kUnavailable.
SSE_EXPORT Status check_socket_file(const std::string& path);

/// Where a socket is bound, as the kernel says. A value.
struct SSE_EXPORT BoundAddress {
  bool is_unix = false;
  std::optional<IpAddress> ip;  ///< nullopt: of another family
  std::uint16_t port = 0;       ///< 0 without an `ip`

  /// Whether only this machine reaches it: a loopback address, or a Unix socket.
  bool is_local() const { return is_unix || (ip && ip->is_loopback()); }
};

BoundAddress bound_address(int fd);

/// An address to listen on with its port, as `--admin-bind` has it.
struct AddressAndPort {
  std::string bind;        ///< as for listen_on(); empty: loopback, IPv4 and IPv6
  std::uint16_t port = 0;  ///< 0 for `unix:` and `fd:`

  friend bool operator==(const AddressAndPort&, const AddressAndPort&) = default;
};

/// Reads `PORT`, `HOST:PORT`, `[ADDRESS]:PORT`, `unix:PATH` or `fd:N`. Error: kInvalid.
SSE_EXPORT Result<AddressAndPort> parse_address_and_port(std::string_view text);

/// The peer as `address:port`, `[address]:port` or `unix`; `unknown` for another family.
std::string peer_of(int fd);

}  // namespace sse::net
