#pragma once

/// \file
/// What follows `sse-serve token`.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/clock.h"

namespace sse::cli {
class CommandLine;
}

namespace sse::serve {

enum class TokenAction { kAdd, kRevoke, kList, kCheck, kJwt };

/// A value.
struct TokenOptions {
  TokenAction action = TokenAction::kList;
  std::string id;
  std::string certificate;  ///< of kAdd; empty: a token is made
  std::vector<std::string> publish;
  std::vector<std::string> subscribe;
  std::vector<std::string> permissions;
  std::optional<WallTime> expires;
  std::string rate;
  std::string key_file;                                   ///< of kJwt
  std::chrono::nanoseconds life = std::chrono::hours(1);  ///< of kJwt
};

void declare_token_command(cli::CommandLine& line, TokenOptions& options);

}  // namespace sse::serve
