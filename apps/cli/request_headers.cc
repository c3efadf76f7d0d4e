#include "cli/request_headers.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "sse/base/ascii.h"
#include "sse/base/escape.h"
#include "sse/base/utf8.h"

#include "cli/command_line.h"

namespace sse::cli {
namespace {

/// What RFC 9110 lets a field name consist of.
bool is_token_character(char c) {
  return c > 0x20 && c < 0x7F &&
         std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
}

Result<std::string> read_token(const TokenSource& source, const CommandLine& line,
                               const Environment& environment) {
  const bool is_told = line.origin_of(source.option).source == Origin::Source::kCommandLine;
  const std::string variable = environment(source.variable).value_or("");
  if (!is_told && !variable.empty()) return variable;
  if (source.file.empty()) return std::string();
  std::string token;
  std::ifstream file(source.file);
  if (!file || !std::getline(file, token)) {
    return Error{ErrorCode::kIo,
                 "--" + source.option + ": cannot read a token from " + source.file +
                     (file.is_open() ? "" : std::string(": ") + std::strerror(errno))};
  }
  return token;
}

/// `Name: value`, or `@FILE` with one on each line: a secret need not be among the arguments, which
/// every user of the machine can read.
Status add_headers(const std::string& text, std::vector<client::Header>& fields) {
  if (!text.starts_with('@')) {
    fields.push_back(SSE_TRY(parse_header(text)));
    return {};
  }
  std::ifstream file(text.substr(1));
  if (!file) {
    return Error{ErrorCode::kIo,
                 "--header: cannot read " + text.substr(1) + ": " + std::strerror(errno)};
  }
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) fields.push_back(SSE_TRY(parse_header(line)));
  }
  return {};
}

}  // namespace

void declare_headers(OptionList& list, RequestHeaders& headers) {
  list.list("-H,--header", headers.given, "'NAME: VALUE'",
            "send a header, or with @FILE those of its lines; repeatable; never to another origin")
      .secret();
  list.text("--token-file", headers.token_file, "FILE",
            "its first line is the bearer token; SSE_TOKEN holds one itself")
      .variable("SSE_TOKEN_FILE")
      .secret_variable("SSE_TOKEN");
}

Result<client::Header> parse_header(const std::string& text) {
  const auto colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const bool is_name = colon != std::string::npos && !name.empty() &&
                       std::all_of(name.begin(), name.end(), is_token_character);
  if (!is_name || text.find_first_of(std::string("\r\n\0", 3)) != std::string::npos) {
    return Error{ErrorCode::kInvalid,
                 "--header: " + sse::quoted(text) + " is not a header; expected 'Name: value'"};
  }
  const auto value = text.find_first_not_of(" \t", colon + 1);
  return client::Header{name, value == std::string::npos ? "" : text.substr(value)};
}

Result<std::vector<client::Header>> given_headers(const RequestHeaders& headers) {
  std::vector<client::Header> fields;
  for (const auto& text : headers.given) SSE_TRY(add_headers(text, fields));
  return fields;
}

Result<std::vector<client::Header>> read_headers(const RequestHeaders& headers,
                                                 const CommandLine& line,
                                                 const Environment& environment) {
  auto fields = SSE_TRY(given_headers(headers));
  const bool is_authorized = std::any_of(fields.begin(), fields.end(), [](const auto& field) {
    return equals_ignoring_case(field.name, "Authorization");
  });
  if (is_authorized) return fields;
  const auto header = SSE_TRY(
      read_token_header({headers.token_file, "token-file", "SSE_TOKEN"}, line, environment));
  if (header) fields.push_back(*header);
  return fields;
}

Result<std::optional<client::Header>> read_token_header(const TokenSource& source,
                                                        const CommandLine& line,
                                                        const Environment& environment) {
  const auto token = SSE_TRY(read_token(source, line, environment));
  if (token.empty()) return std::optional<client::Header>();
  if (has_control_character(token)) {
    return Error{ErrorCode::kInvalid, "the token holds a control character"};
  }
  return std::optional(client::Header{"Authorization", "Bearer " + token});
}

}  // namespace sse::cli
