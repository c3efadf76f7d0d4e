#pragma once

/// \file
/// The text of a token file with a row more or less: comments and everything else stay as they are.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/result.h"

namespace sse::serve {

/// A row to be added. A value.
struct NewToken {
  std::string id;
  std::string sha256;       ///< in hex; empty: a client certificate is the credential
  std::string certificate;  ///< its name: certificate_name()
  std::vector<std::string> publish;
  std::vector<std::string> subscribe;
  std::vector<std::string> permissions;
  std::optional<WallTime> expires;
  std::string rate;  ///< `200/s`; empty: the hub's own
};

/// `text` with the row behind it. `path`: for error texts. Errors: kConflict for an id that is
/// there; those of auth::TokenFile::parse(), of what is there and of the row.
Result<std::string> with_token(std::string_view text, const NewToken& token,
                               const std::string& path);

/// `text` without the row of this id, and the comments inside it. Errors: kNotFound; those of
/// auth::TokenFile::parse().
Result<std::string> without_token(std::string_view text, std::string_view id,
                                  const std::string& path);

}  // namespace sse::serve
