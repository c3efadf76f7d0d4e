#pragma once

#include <string>

#include "sse/auth/credential_files.h"
#include "sse/base/result.h"

#include "token_options.h"

namespace sse::serve {

/// `sse-serve token jwt`: a signed token with these rights, of `sources.issuer` for its first
/// audience. The subject is `options.id`, and may be empty. Errors: kIo for the file of the key,
/// kInvalid for what it says, and for one without a secret.
Result<std::string> sign_token(const TokenOptions& options, const auth::CredentialSources& sources);

}  // namespace sse::serve
