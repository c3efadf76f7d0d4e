#pragma once

#include "sse/auth/principal.h"
#include "sse/base/result.h"
#include "sse/takeover/packing.h"

namespace sse::server {

/// A principal with all its rights, and that of the credential that it came by.
void pack_principal(const auth::Principal& principal, takeover::Packer& packer);
/// Error: kInvalid, rights that cannot be read.
Result<auth::SharedPrincipal> unpack_principal(takeover::Unpacker& unpacker);

}  // namespace sse::server
