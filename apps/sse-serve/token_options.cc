#include "token_options.h"

#include "sse/base/certificate_name.h"
#include "sse/base/escape.h"
#include "sse/base/quantities.h"
#include "sse/base/time_text.h"

#include "cli/command_line.h"

namespace sse::serve {
namespace {

/// RFC 3339, or a duration from now.
Status read_end(const std::string& text, std::optional<WallTime>& target) {
  if (const auto time = parse_rfc3339(text)) return target = *time, Status();
  const auto life = cli::parse_positive_duration(text);
  if (!life) {
    return Error{ErrorCode::kInvalid,
                 quoted(text) +
                     " is not a valid value; expected a time such as "
                     "2027-01-01T00:00:00Z, or a duration from now, as in 720h"};
  }
  target = std::chrono::ceil<std::chrono::seconds>(SystemClock().now().wall + *life);
  return {};
}

}  // namespace

void declare_token_command(cli::CommandLine& line, TokenOptions& options) {
  auto token = line.command(
      "token", "Makes, revokes, lists and checks tokens: add, revoke, list, check or jwt.");
  token.group("Token");
  token
      .choice<TokenAction>(
          "action", options.action,
          "add prints the new token, once; check reads one from SSE_TOKEN or stdin; jwt signs one",
          {{"add", TokenAction::kAdd},
           {"revoke", TokenAction::kRevoke},
           {"list", TokenAction::kList},
           {"check", TokenAction::kCheck},
           {"jwt", TokenAction::kJwt}})
      .required();
  token.text("id", options.id, "ID", "the token's name: letters, digits, '-', '_' and '.'");
  token.value("--certificate", "NAME",
              "of add: a client certificate is the credential, by its name (" +
                  std::string(kCertificateNameForms) + "); no token is made then",
              [&options](const std::string& text) -> Status {
                if (!certificate_name(text)) {
                  return Error{
                      ErrorCode::kInvalid,
                      quoted(text) + " is not a valid value; expected " + kCertificateNameForms};
                }
                options.certificate = text;
                return {};
              });
  token.list("--publish", options.publish, "PATTERN",
             "topics that it may publish to, such as ci/#; repeatable");
  token.list("--subscribe", options.subscribe, "PATTERN",
             "topics that it may read, such as ci/#; repeatable");
  token.list("--permission", options.permissions, "observe|delete|admin",
             "what else it may do; repeatable");
  token.value("--expires", "TIME",
              "when it ends: RFC 3339, or a duration from now (default: never)",
              [&options](const std::string& text) { return read_end(text, options.expires); });
  token.value("--rate", "RATE", "events a second that it may publish, such as 200/s",
              [&options](const std::string& text) -> Status {
                SSE_TRY(parse_rate(text));
                options.rate = text;
                return {};
              });
  token.text("--key", options.key_file, "FILE",
             "of jwt: a JWK Set with the secret (HS256) to sign with");
  token.duration("--life", options.life, "of jwt: how long the token is valid");
  line.examples(
      "  sse-serve token add ci --publish 'ci/#' --tokens /etc/sse/tokens.toml\n"
      "  sse-serve token list --tokens /etc/sse/tokens.toml\n"
      "  SSE_TOKEN=sse_ci_... sse-serve token check --tokens /etc/sse/tokens.toml",
      "token");
}

}  // namespace sse::serve
