#include "access_options.h"

#include <string>
#include <vector>

#include "sse/base/escape.h"
#include "sse/base/ip_address.h"
#include "sse/base/quantities.h"
#include "sse/net/address.h"

#include "cli/option_list.h"

namespace sse::serve {
namespace {

/// Claims count seconds.
Status read_seconds(const std::string& text, std::chrono::seconds& target) {
  target = std::chrono::ceil<std::chrono::seconds>(SSE_TRY(cli::parse_bounded_duration(text)));
  return {};
}

Status wrong(const std::string& text, const char* what) {
  return Error{ErrorCode::kInvalid, sse::quoted(text) + " is not " + what};
}

/// Without what would stand behind it.
Status read_public_url(std::string text, server::EventServerOptions& options) {
  while (text.ends_with('/')) text.pop_back();
  const bool is_web = text.starts_with("https://") || text.starts_with("http://");
  if (!is_web || text.find_first_of("?#\" \\") != text.npos) {
    return wrong(text, "the URL of a hub: expected one such as https://hub.example/live");
  }
  options.public_url = text;
  return {};
}

/// What a browser would never send as its Origin would match no page, without a word to say why.
Status check_origin(const std::string& text) {
  const auto scheme_end = text.find("://");
  const bool is_origin = text == "*" || (scheme_end != std::string::npos && scheme_end > 0 &&
                                         scheme_end + 3 < text.size() &&
                                         text.find_first_of("/?# \t", scheme_end + 3) == text.npos);
  if (is_origin) return {};
  return wrong(text,
               "an origin: expected a scheme, a host and perhaps a port, without a path, as in "
               "https://board.example or http://localhost:*; or * for all");
}

/// The same for a Host, which is compared without its port.
Status check_host(const std::string& text) {
  const bool is_name = !text.empty() && text.find_first_of("/: \t[]*") == text.npos;
  if (is_name || IpAddress::parse(text)) return {};
  return wrong(text, "a host: expected its name without scheme and port, as in hub.example");
}

void declare_credentials(cli::OptionList& list, auth::CredentialSources& sources) {
  list.group("Credentials");
  list.text("--tokens", sources.tokens, "FILE",
            "ask for credentials: static tokens and what each may do (sse-serve token add)");
  list.list(
      "--jwt-keys", sources.keys, "FILE",
      "ask for credentials: keys that signed tokens (JWT) are checked with, PEM or a JWK Set; "
      "repeatable");
  list.text("--jwt-issuer", sources.issuer, "ISSUER",
            "whose tokens these keys sign: the claim iss (default: any)");
  list.list("--jwt-audience", sources.rules.audiences, "AUDIENCE",
            "this hub's name in the claim aud; repeatable; public keys need one");
  list.value(
          "--jwt-leeway", "DURATION", "how far clocks may differ",
          [&sources](const std::string& text) { return read_seconds(text, sources.rules.leeway); })
      .present([&sources] { return format_duration(sources.rules.leeway); });
  list.value("--jwt-max-life", "DURATION", "the longest time from iat to exp",
             [&sources](const std::string& text) {
               return read_seconds(text, sources.rules.max_life);
             })
      .present([&sources] { return format_duration(sources.rules.max_life); });
  list.choice<auth::ClaimsForm>(
      "--jwt-claims", sources.rules.form, "the claim that holds the rights",
      {{"sse", auth::ClaimsForm::kSse}, {"mercure", auth::ClaimsForm::kMercure}});
  list.text("--revoked", sources.revoked, "FILE",
            "revoked credentials, one a line: id PRINCIPAL, jti ID or before TIME PRINCIPAL");
}

}  // namespace

void declare_access(cli::OptionList& list, server::EventServerOptions& options) {
  declare_credentials(list, options.auth);
  list.group("Tickets");
  list.duration("--ticket-life", options.tickets.first_use,
                "how long a ticket waits for its first use");
  list.number("--max-tickets", options.tickets.most,
              "tickets and sessions that are kept, a tenth of them for one principal",
              std::size_t{10});
  list.value("--public-url", "URL",
             "where pages reach the hub through a proxy, such as https://hub.example/live",
             [&options](const std::string& text) { return read_public_url(text, options); })
      .present([&options] { return options.public_url; });
  list.group("Limits of a principal, or of an address");
  list.rate("--rate-publish", options.rates.publish,
            "events that one may publish, such as 1000/s (default: no limit)");
  list.rate("--rate-open", options.rates.open,
            "streams that one may open, such as 10/s (default: no limit)");
  list.number("--max-per-token", options.max_per_token,
              "streams of one principal at once; 0 = no limit");
  list.list("--rate-exempt", "CIDR",
            "addresses without these rates, in addition to this machine's; repeatable",
            [&options](const std::vector<std::string>& texts) -> Status {
              options.rates.exempt.clear();
              for (const auto& text : texts) {
                options.rates.exempt.push_back(SSE_TRY(AddressRange::parse(text)));
              }
              return {};
            });
  list.group("Access");
  list.list(
      "--proxy-from", "CIDR|unix",
      "addresses of our proxies, or all peers of Unix sockets: what they forward is of the peer "
      "that they name; repeatable",
      [&options](const std::vector<std::string>& texts) -> Status {
        options.proxies.from.clear();
        options.proxies.has_unix = false;
        for (const auto& text : texts) {
          if (text == "unix") {
            options.proxies.has_unix = true;
          } else {
            options.proxies.from.push_back(SSE_TRY(AddressRange::parse(text)));
          }
        }
        return {};
      });
  list.choice<gate::ProxyField>("--proxy-header", options.proxies.field,
                                "the field in which they name it; the other one is not read",
                                {{"x-forwarded-for", gate::ProxyField::kXForwardedFor},
                                 {"forwarded", gate::ProxyField::kForwarded}});
  list.flag("--proxy-protocol", options.proxies.send_proxy_head,
            "these proxies begin each connection with a PROXY header, version 1 or 2, that names "
            "its peer; a connection of theirs without one is closed");
  list.flag("--open-to-all", options.open_to_all,
            "serve beyond this machine without asking for credentials");
  list.list("--cors-origin", "ORIGIN",
            "web origin that may read and write, * for all; repeatable (default: localhost)",
            [&options](const std::vector<std::string>& texts) -> Status {
              for (const auto& text : texts) SSE_TRY(check_origin(text));
              options.cors_origins = texts;
              return {};
            });
  list.list("--allow-host", "HOST",
            "Host name that the hub answers to, in addition to localhost and addresses; repeatable",
            [&options](const std::vector<std::string>& texts) -> Status {
              for (const auto& text : texts) SSE_TRY(check_host(text));
              options.allowed_hosts = texts;
              return {};
            });
  list.list("--admin-bind", "ADDRESS",
            "serve the operator's routes on this address only: PORT, HOST:PORT, unix:PATH or fd:N; "
            "repeatable",
            [&options](const std::vector<std::string>& texts) -> Status {
              for (const auto& text : texts) SSE_TRY(net::parse_address_and_port(text));
              options.admin_binds = texts;
              return {};
            });
  list.list("--admin-from", "CIDR",
            "addresses that may use the operator's routes, as this machine may; also a proxy's; "
            "repeatable",
            [&options](const std::vector<std::string>& texts) -> Status {
              options.admin_from.clear();
              for (const auto& text : texts) {
                options.admin_from.push_back(SSE_TRY(AddressRange::parse(text)));
              }
              return {};
            });
}

}  // namespace sse::serve
