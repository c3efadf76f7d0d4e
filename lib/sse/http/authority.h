#pragma once

/// \file
/// The value of a Host field, and the authority of a URL without a user: `host[:port]`.

#include <cstdint>
#include <optional>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/ip_address.h"

namespace sse::http {

/// A view of the text that it was read from.
struct SSE_EXPORT Authority {
  std::string_view host;              ///< a name or an address, without brackets; not empty
  std::optional<IpAddress> address;   ///< when the host is one
  std::optional<std::uint16_t> port;  ///< nullopt: none, or an empty one

  /// Reads `uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2): a name of
  /// unreserved, percent-encoded and sub-delim characters, an IPv4 address, or an IPv6 address in
  /// brackets; digits up to 65535. nullopt for everything else: an empty host, a user, blanks, a
  /// zone, an address of a future version.
  static std::optional<Authority> parse(std::string_view text);
};

}  // namespace sse::http
