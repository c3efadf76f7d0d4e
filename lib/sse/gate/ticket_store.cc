#include "sse/gate/ticket_store.h"

#include <algorithm>
#include <utility>

#include "sse/auth/base64url.h"

namespace sse::gate {
namespace {

constexpr std::string_view kTicket = "tk_";
constexpr std::string_view kSession = "ss_";

// 32 bytes in base64url.
constexpr std::size_t kSecretSize = 43;

// Of tickets of one browser: far below what it keeps for a host.
constexpr std::size_t kMostCookies = 16;

Result<std::string> random_text(std::string_view prefix) {
  const auto secret = SSE_TRY(auth::random_secret());
  return std::string(prefix) + auth::base64url(auth::bytes_of(secret));
}

std::optional<auth::Sha256> key_of(std::string_view secret, std::string_view prefix) {
  // What has not the form was given to no page: it is not looked for.
  if (!secret.starts_with(prefix) || secret.size() != prefix.size() + kSecretSize) {
    return std::nullopt;
  }
  return auth::sha256_of(secret);
}

}  // namespace

Result<std::string> new_ticket() {
  return random_text(kTicket);
}

Result<std::string> new_ticket_cookie() {
  return random_text("");
}

Result<std::string> new_session() {
  return random_text(kSession);
}

std::optional<auth::Sha256> ticket_key(std::string_view ticket) {
  return key_of(ticket, kTicket);
}

std::optional<auth::Sha256> session_key(std::string_view secret) {
  return key_of(secret, kSession);
}

std::string_view name_digits(const Cookie& cookie) {
  return cookie.name.substr(cookie.name.size() - kCookieNameDigits);
}

std::vector<std::string> leftovers_of(const std::vector<std::string>& names,
                                      const std::vector<std::optional<std::uint64_t>>& numbers) {
  std::vector<std::string> leftovers;
  std::vector<std::pair<std::uint64_t, std::string>> known;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i < numbers.size() && numbers[i]) {
      known.emplace_back(*numbers[i], names[i]);
    } else {
      leftovers.push_back(names[i]);
    }
  }
  std::sort(known.rbegin(), known.rend());
  for (std::size_t i = kMostCookies - 1; i < known.size(); ++i) {
    leftovers.push_back(known[i].second);
  }
  return leftovers;
}

}  // namespace sse::gate
