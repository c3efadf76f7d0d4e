#include "cli/request_headers.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "sse/base/ascii.h"
#include "sse/base/escape.h"
#include "sse/base/logging.h"
#include "sse/base/utf8.h"

#include "cli/command_line.h"

namespace sse::cli {
namespace {

/// What RFC 9110 lets a field name consist of.
bool is_token_character(char c) {
  return c > 0x20 && c < 0x7F &&
         std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
}

/// The variable that holds the token; empty when it is a file's, or there is none.
std::string variable_token(const TokenSource& source, const CommandLine& line,
                           const Environment& environment) {
  const bool is_told = line.origin_of(source.option).source == Origin::Source::kCommandLine;
  return is_told ? std::string() : environment(source.variable).value_or("");
}

Result<std::string> read_token(const TokenSource& source, const CommandLine& line,
                               const Environment& environment) {
  std::string variable = variable_token(source, line, environment);
  if (!variable.empty()) return variable;
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

bool is_authorization(const client::Header& field) {
  return equals_ignoring_case(field.name, "Authorization");
}

TokenSource token_source(const RequestHeaders& headers) {
  return {headers.token_file, "token-file", "SSE_TOKEN"};
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
    // Without the text: it may be a token whose name was forgotten.
    return Error{ErrorCode::kInvalid, "--header: not a header; expected 'Name: value'"};
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
  if (std::any_of(fields.begin(), fields.end(), is_authorization)) return fields;
  const auto header = SSE_TRY(read_token_header(token_source(headers), line, environment));
  if (header) fields.push_back(*header);
  return fields;
}

client::HeaderSource fresh_headers(const RequestHeaders& headers,
                                   const std::vector<client::Header>& fields,
                                   const CommandLine& line, const Environment& environment) {
  const auto given = given_headers(headers);
  const bool is_given = !given || std::any_of(given->begin(), given->end(), is_authorization);
  const bool is_in_file = !headers.token_file.empty() &&
                          variable_token(token_source(headers), line, environment).empty();
  if (is_given || !is_in_file) return nullptr;
  return [known = fields, path = headers.token_file]() mutable {
    std::string token;
    std::ifstream file(path);
    const bool is_good =
        std::getline(file, token) && !token.empty() && !has_control_character(token);
    const auto field = std::find_if(known.begin(), known.end(), is_authorization);
    if (is_good && field != known.end()) field->value = "Bearer " + token;
    return known;
  };
}

void warn_of_plain_token(const client::Endpoint& hub, const std::vector<client::Header>& headers) {
  const bool has_token = std::any_of(headers.begin(), headers.end(), is_authorization);
  if (!has_token || !hub.is_readable_on_the_way()) return;
  log_line(LogLevel::kWarning,
           "the token goes to " + hub.origin() +
               " over plain http, and every machine on the way can read it; use "
               "https, or a hub on this machine");
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
