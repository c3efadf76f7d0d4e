#include "sse/server/carried_identity.h"

#include <bit>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sse::server {
namespace {

using takeover::Packer;
using takeover::Unpacker;

// That of a session, the token behind its ticket, and some more.
constexpr int kMostParents = 4;

void pack_time(const std::optional<WallTime>& time, Packer& packer) {
  packer.number(time ? 1 : 0);
  if (time) packer.number(static_cast<std::uint64_t>(time->time_since_epoch().count()));
}

std::optional<WallTime> unpack_time(Unpacker& unpacker) {
  if (unpacker.number() == 0) return std::nullopt;
  return WallTime(WallTime::duration(static_cast<std::int64_t>(unpacker.number())));
}

Result<auth::SharedPrincipal> unpack(Unpacker& unpacker, int most_parents) {
  auto principal = std::make_shared<auth::Principal>();
  principal->id = unpacker.text();
  principal->is_anonymous = unpacker.number() != 0;
  auth::GrantTexts rights;
  rights.publish = unpacker.texts();
  rights.subscribe = unpacker.texts();
  rights.permissions = unpacker.texts();
  SSE_TRY(auth::set_rights(*principal, rights));
  principal->expires = unpack_time(unpacker);
  principal->issued = unpack_time(unpacker);
  if (unpacker.number() != 0) {
    principal->limits.publish_rate = std::bit_cast<double>(unpacker.number());
  }
  principal->token_id = unpacker.text();
  principal->ticket = unpacker.text();
  principal->is_ticket_taken = unpacker.number() != 0;
  if (unpacker.number() != 0) {
    const auto key = auth::parse_sha256(unpacker.text());
    if (!key) return Error{ErrorCode::kInvalid, "the session of a stream cannot be read"};
    principal->session = {*key, unpacker.number()};
  }
  if (unpacker.number() != 0) {
    if (most_parents == 0) return Error{ErrorCode::kInvalid, "a principal has too many parents"};
    principal->parent = SSE_TRY(unpack(unpacker, most_parents - 1));
  }
  return auth::SharedPrincipal(std::move(principal));
}

}  // namespace

void pack_principal(const auth::Principal& principal, Packer& packer) {
  packer.text(principal.id).number(principal.is_anonymous ? 1 : 0);
  packer.texts(principal.publish.texts()).texts(principal.subscribe.texts());
  packer.texts(auth::texts_of(principal.permissions));
  pack_time(principal.expires, packer);
  pack_time(principal.issued, packer);
  const auto& rate = principal.limits.publish_rate;
  packer.number(rate ? 1 : 0);
  if (rate) packer.number(std::bit_cast<std::uint64_t>(*rate));
  packer.text(principal.token_id).text(principal.ticket);
  packer.number(principal.is_ticket_taken ? 1 : 0).number(principal.session ? 1 : 0);
  if (principal.session) {
    packer.text(auth::to_hex(principal.session->key)).number(principal.session->renewals);
  }
  packer.number(principal.parent != nullptr ? 1 : 0);
  if (principal.parent != nullptr) pack_principal(*principal.parent, packer);
}

Result<auth::SharedPrincipal> unpack_principal(Unpacker& unpacker) {
  return unpack(unpacker, kMostParents);
}

}  // namespace sse::server
