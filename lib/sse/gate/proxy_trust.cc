#include "sse/gate/proxy_trust.h"

#include <algorithm>
#include <string_view>

#include "sse/base/ascii.h"
#include "sse/http/authority.h"
#include "sse/http/characters.h"
#include "sse/http/request.h"

namespace sse::gate {
namespace {

constexpr std::string_view kUnixPeer = "unix";

std::string_view without_quotes(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  return text.substr(1, text.size() - 2);
}

/// An address, with or without its port. An IPv6 address without brackets has none.
std::optional<IpAddress> address_of(std::string_view text) {
  if (const auto plain = IpAddress::parse(text)) return plain;
  const auto authority = http::Authority::parse(text);
  return authority ? authority->address : std::nullopt;
}

/// Of one element of `Forwarded`: `for=192.0.2.1;proto=https`.
std::string_view for_of(std::string_view element) {
  constexpr std::string_view kFor = "for=";
  while (!element.empty()) {
    const auto pair = http::take_part(element, ';');
    if (equals_ignoring_case(pair.substr(0, kFor.size()), kFor)) {
      return without_quotes(http::trimmed(pair.substr(kFor.size())));
    }
  }
  return {};
}

}  // namespace

void ProxyTrust::derive_peer(http::Request& request) const {
  if (request.is_forwarded || !is_ours(request.remote_address)) return;
  const char* const name =
      options_.field == ProxyField::kForwarded ? "Forwarded" : "X-Forwarded-For";
  const auto peer = last_foreign(request.fields.list(name));
  if (!peer) return;
  request.remote_address = to_string(*peer);
  request.remote_port = 0;
  request.group = peer_group(request.remote_address);
  request.is_forwarded = true;
}

bool ProxyTrust::is_ours(std::string_view remote_address) const {
  if (remote_address == kUnixPeer) return options_.has_unix;
  const auto address = IpAddress::parse(remote_address);
  return address && is_ours(*address);
}

bool ProxyTrust::is_ours(const IpAddress& address) const {
  return std::any_of(options_.from.begin(), options_.from.end(),
                     [&](const auto& range) { return range.holds(address); });
}

// nullopt: the list ends in what is not an address before one is found. It is not skipped: left of
// it a stranger may have written anything.
std::optional<IpAddress> ProxyTrust::last_foreign(std::string_view list) const {
  std::optional<IpAddress> furthest;  // of our proxies, when there is nothing else
  while (!list.empty()) {
    const auto comma = list.rfind(',');
    const auto begin = comma == std::string_view::npos ? 0 : comma + 1;
    const auto element = http::trimmed(list.substr(begin));
    list = list.substr(0, comma == std::string_view::npos ? 0 : comma);
    if (element.empty()) continue;
    const auto address =
        address_of(options_.field == ProxyField::kForwarded ? for_of(element) : element);
    if (!address) return furthest;
    if (!is_ours(*address)) return address;
    furthest = address;
  }
  return furthest;
}

}  // namespace sse::gate
