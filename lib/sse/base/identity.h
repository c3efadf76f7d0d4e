#pragma once

/// \file
/// Who a request comes from, as far as rooms need it that do not know what it may do.

#include <memory>
#include <string>

namespace sse {

/// What a credential stands for: auth::Principal is the only kind. Immutable once shared.
/// Thread-safe then.
struct Identity {
  std::string id;             ///< `token:ci`, `anonymous`: no two kinds collide
  bool is_anonymous = false;  ///< the request had no credential
};

using SharedIdentity = std::shared_ptr<const Identity>;

}  // namespace sse
