#include "shell_script.h"

#include <algorithm>
#include <utility>

#include "sse/base/ascii.h"
#include "sse/client/publishing_client.h"

namespace sse::pub {
namespace {

/// The kernel takes no argument of 128 KiB; a longer body goes by stdin.
constexpr std::size_t kMaxArgument = std::size_t{64} << 10U;

/// Ends a body on stdin: no line of JSON looks like it.
constexpr std::string_view kBodyEnd = "END_OF_BODY";

/// Before and after a variable's name. JSON has no control characters.
constexpr char kVariableMark = '\x01';

bool is_plain(char c) {
  constexpr std::string_view kPlain = "-_./:=@%+,";
  return is_letter_or_digit(c) || kPlain.find(c) != std::string_view::npos;
}

bool has_variables(std::string_view body) {
  return body.find(kVariableMark) != std::string_view::npos;
}

/// `body` with `${name}` for its variables and a backslash before each of `special`.
std::string expanding(std::string_view body, std::string_view special) {
  std::string out;
  bool in_name = false;
  for (const char c : body) {
    if (c == kVariableMark) {
      out += in_name ? "}" : "${";
      in_name = !in_name;
      continue;
    }
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string body_word(std::string_view body) {
  if (!has_variables(body)) return shell_word(body);
  return '"' + expanding(body, "\"\\$`") + '"';
}

/// Ends a command that reads `body` from its stdin.
std::string body_on_stdin(std::string_view body) {
  const std::string end(kBodyEnd);
  std::string out = has_variables(body) ? " <<" + end + "\n" + expanding(body, "\\$`")
                                        : " <<'" + end + "'\n" + std::string(body);
  if (!out.ends_with('\n')) out += '\n';
  return out + end;
}

std::string as_comment(const std::string& text) {
  std::string out = "# ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "# ";
  }
  return out + "\n";
}

}  // namespace

std::string shell_word(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += R"('\'')";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string shell_variable(std::string_view name) {
  return kVariableMark + std::string(name) + kVariableMark;
}

ShellScript::ShellScript(const client::Endpoint& hub, std::vector<ScriptHeader> headers,
                         const std::vector<std::string>& curl_arguments)
    : hub_(hub), headers_(std::move(headers)), origin_(hub.origin()) {
  if (!hub.socket_path().empty()) {
    origin_ = "http://localhost";
    options_ = " --unix-socket " + shell_word(hub.socket_path());
  }
  for (const auto& argument : curl_arguments) options_ += " " + shell_word(argument);
}

std::string ShellScript::request(std::string_view path, const std::string& type,
                                 const std::string& body) const {
  return shown(body.empty() ? "GET" : "POST", path, type, body) + curl(path, type, body, "") +
         "\n\n";
}

std::string ShellScript::remove(std::string_view path) const {
  return shown("DELETE", path, "", "") + curl(path, "", "", " -X DELETE") + "\n\n";
}

std::string ShellScript::id_of(const std::string& variable, std::string_view path,
                               const std::string& body) const {
  // Inside a JSON string no quote looks like these.
  constexpr std::string_view kIds = R"( | grep -o '{"id":"[0-9a-f-]*"' | cut -d '"' -f 4)";
  const std::string type = "application/json";
  return shown(body.empty() ? "GET" : "POST", path, type, body) + variable + "=$(" +
         curl(path, type, body, kIds) + ")\n\n";
}

std::string ShellScript::shown(const std::string& method, std::string_view path,
                               const std::string& type, const std::string& body) const {
  std::string text = method + " ";
  text.append(expanding(client::target_at(hub_, path), "")).append(" HTTP/1.1\nHost: ");
  text += origin_.substr(origin_.find("//") + 2);
  for (const ScriptHeader& header : headers_) text += "\n" + header.shown;
  if (!body.empty()) text += "\nContent-Type: " + type + "\n\n" + expanding(body, "");
  if (text.ends_with('\n')) text.pop_back();
  return as_comment(text);
}

std::string ShellScript::curl(std::string_view path, const std::string& type,
                              const std::string& body, std::string_view then) const {
  std::string out = "curl -fgsS" + options_;  // -g: brackets and braces in a URL are only that
  for (const ScriptHeader& header : headers_) out += " -H " + header.word;
  const bool is_argument = body.size() <= kMaxArgument;
  if (!body.empty()) {
    out += " -H " + shell_word("Content-Type: " + type);
    out += " --data-binary " + (is_argument ? body_word(body) : "@-");
  }
  out += " " + body_word(origin_ + client::target_at(hub_, path));
  out += then;
  return is_argument ? out : out + body_on_stdin(body);
}

}  // namespace sse::pub
