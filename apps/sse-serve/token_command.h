#pragma once

/// \file
/// `sse-serve token`: makes, revokes, lists and checks the tokens of a hub, which may run
/// meanwhile.

#include "cli/exit_code.h"

namespace sse::serve {

struct Options;

/// Does what the options say, with the files of --tokens, --jwt-keys and --revoked. kUsage when the
/// file or the id is not given; kNoInput, kCannotCreate; kBadInput for a file that is wrong;
/// kNotAsWanted when there is no such token, or there is one already; kNotAllowed for a token that
/// does not count.
cli::ExitCode run_token_command(const Options& options);

}  // namespace sse::serve
