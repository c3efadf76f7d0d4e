#pragma once

/// \file
/// Which proxy leads to a server, as curl and its relatives decide it.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/client/endpoint.h"

namespace sse::client {

/// The value of a variable of the environment; empty when it is not set.
using Variables = std::function<std::string(const char* name)>;

/// The proxy for requests to `url`; empty: none. `given` is the user's choice; without it
/// http_proxy (lower case only: a CGI script's HTTP_PROXY comes from its client), https_proxy and
/// all_proxy count. Never a proxy for loopback addresses, Unix sockets and what no_proxy names.
SSE_EXPORT std::string proxy_for(const Endpoint& url, const std::optional<std::string>& given,
                                 const Variables& variables);

/// Whether `list` covers the server: entries separated by commas or blanks, each `*`, a host name
/// (and all below it), an address or a CIDR range, the first three with or without `:port`.
SSE_EXPORT bool no_proxy_covers(std::string_view list, std::string_view host, std::uint16_t port);

/// Whether the text names a proxy as HttpSettings takes it. Error: kInvalid.
SSE_EXPORT Status check_proxy(std::string_view text);

/// The proxy without its user name and password, for messages.
SSE_EXPORT std::string shown_proxy(std::string_view proxy);

}  // namespace sse::client
