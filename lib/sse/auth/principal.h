#pragma once

/// \file
/// Who a request comes from, and what it may do.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/auth/grants.h"
#include "sse/auth/sha256.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/identity.h"
#include "sse/base/result.h"

namespace sse::auth {

/// What is not a topic. A value.
struct Permissions {
  bool can_observe = false;  ///< `observe`: /-/metrics, /-/streams
  bool can_delete = false;   ///< `delete`: metrics
  bool can_admin = false;    ///< `admin`: the operator's routes

  friend bool operator==(const Permissions&, const Permissions&) = default;
};

/// Of `observe`, `delete`, `admin`. Error: kInvalid for another word.
SSE_EXPORT Result<Permissions> parse_permissions(const std::vector<std::string>& words);
/// The words, in that order.
SSE_EXPORT std::vector<std::string> texts_of(const Permissions& permissions);

/// Where the hub's own limits do not hold. A value.
struct Limits {
  std::optional<double> publish_rate;  ///< events a second

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// Everything that a credential says. Its id is `token:ci`, `jwt:<issuer>:<sub>` or `anonymous`.
/// Immutable once shared. Thread-safe then.
struct Principal : Identity {
  Grants publish;
  Grants subscribe;
  Permissions permissions;
  std::optional<WallTime> expires;  ///< from then on it counts no more, any leeway included
  Limits limits;
  std::string token_id;            ///< `jti` of a JWT, the SHA-256 of a static token: which it is
  std::optional<WallTime> issued;  ///< `iat`, the same

  // Of one that came by a ticket, which leaves less of its rights, or by a session.
  std::shared_ptr<const Principal> parent;  ///< as its own credential has it
  std::string ticket;                       ///< never to be logged
  bool is_ticket_taken = false;             ///< and this is the browser that took it
  /// Of one that came by a session: which, and as which of its renewals has it.
  struct InSession {
    Sha256 key;
    std::uint64_t renewals = 0;
  };
  std::optional<InSession> session;

  bool is_expired(WallTime now) const { return expires && now >= *expires; }
};

/// The id of every request without a credential.
inline constexpr char kAnonymous[] = "anonymous";

/// What the id of each signed token begins with.
inline constexpr char kJwtPrefix[] = "jwt:";

using SharedPrincipal = std::shared_ptr<const Principal>;

/// The grants of a principal as they are written. Error: kInvalid, also when there are more than
/// kMaxGrants of both together.
struct GrantTexts {
  std::vector<std::string> publish;
  std::vector<std::string> subscribe;
  std::vector<std::string> permissions;
};
SSE_EXPORT Status set_rights(Principal& principal, const GrantTexts& texts);

/// Whether both may do the same; ids, limits and ends are not compared.
SSE_EXPORT bool has_same_rights(const Principal& a, const Principal& b);

/// What a principal takes of memory with its grants, rounded up.
SSE_EXPORT std::size_t footprint(const Principal& principal);

/// `jwt:<issuer>:<sub>`, or `jwt:<issuer>#<token_digest>` when `subject` is empty. In the subject
/// `:` and `#` are percent-encoded: an issuer holds both, and different pairs must differ.
/// `token_digest`: in hex.
SSE_EXPORT std::string jwt_principal_id(std::string_view issuer, std::string_view subject,
                                        std::string_view token_digest);

}  // namespace sse::auth
