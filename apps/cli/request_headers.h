#pragma once

/// \file
/// The header fields that a command sends with every request: `-H` and the token.

#include <optional>
#include <string>
#include <vector>

#include "sse/base/result.h"
#include "sse/client/endpoint.h"
#include "sse/client/transport.h"

#include "cli/environment.h"

namespace sse::cli {

class CommandLine;
class OptionList;

/// What the options say, read after the command line is.
struct RequestHeaders {
  std::vector<std::string> given;  ///< `-H 'Name: value'`
  std::string token_file;
};

/// Declares `-H/--header` and `--token-file`.
void declare_headers(OptionList& list, RequestHeaders& headers);

/// Those of -H alone, the lines of its files among them. Error: kInvalid, or kIo for a file.
Result<std::vector<client::Header>> given_headers(const RequestHeaders& headers);

/// The fields, with `Authorization: Bearer TOKEN` at the end when there is a token and no other
/// Authorization is given. The token comes from `--token-file` when that was on the command line,
/// else from `SSE_TOKEN`, else from the file of `SSE_TOKEN_FILE` or of the configuration. Errors:
/// kInvalid for a malformed header or token, kIo for a file that cannot be read.
Result<std::vector<client::Header>> read_headers(const RequestHeaders& headers,
                                                 const CommandLine& line,
                                                 const Environment& environment);

/// `fields`, as read_headers() gave them, and a token that came from a file as that has it now: it
/// may be renewed there. A file that cannot be read leaves the token before. Null when the token is
/// not a file's.
client::HeaderSource fresh_headers(const RequestHeaders& headers,
                                   const std::vector<client::Header>& fields,
                                   const CommandLine& line, const Environment& environment);

/// Warns once, in the log, when `headers` hold a token and `hub` is http on another machine.
void warn_of_plain_token(const client::Endpoint& hub, const std::vector<client::Header>& headers);

/// Where a token may come from: an option with a file of that name, and a variable.
struct TokenSource {
  std::string file;      ///< what the option says; empty: nothing
  std::string option;    ///< its long name
  std::string variable;  ///< holds the token itself
};

/// `Authorization: Bearer TOKEN`; nullopt without a token. Which source wins, and errors: as above.
Result<std::optional<client::Header>> read_token_header(const TokenSource& source,
                                                        const CommandLine& line,
                                                        const Environment& environment);

/// `Name: value`, sent byte for byte. Error: kInvalid.
Result<client::Header> parse_header(const std::string& text);

}  // namespace sse::cli
