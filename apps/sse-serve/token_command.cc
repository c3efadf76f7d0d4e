#include "token_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string_view>
#include <utility>

#include "sse/auth/authenticator.h"
#include "sse/auth/credential_files.h"
#include "sse/auth/sha256.h"
#include "sse/auth/static_token.h"
#include "sse/auth/token_file.h"
#include "sse/base/escape.h"
#include "sse/base/file_replacement.h"
#include "sse/base/logging.h"
#include "sse/base/random.h"
#include "sse/base/time_text.h"

#include "options.h"
#include "sign_token.h"
#include "token_editor.h"

namespace sse::serve {
namespace {

using cli::ExitCode;

constexpr char kTokenVariable[] = "SSE_TOKEN";

ExitCode fail(ExitCode code, const std::string& text) {
  log_line(LogLevel::kError, text);
  return code;
}

ExitCode fail(const Error& error) {
  switch (error.code) {
    case ErrorCode::kIo:
      return fail(ExitCode::kNoInput, error.text);
    case ErrorCode::kConflict:
    case ErrorCode::kNotFound:
      return fail(ExitCode::kNotAsWanted, error.text);
    case ErrorCode::kNotAllowed:
      return fail(ExitCode::kNotAllowed, error.text);
    default:
      return fail(ExitCode::kBadInput, error.text);
  }
}

bool print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

/// The text of the file; empty when there is none yet.
Result<std::string> read_tokens(const std::string& path) {
  auto text = SSE_TRY(read_regular_file(path, auth::kMaxTokenFile));
  return std::move(text).value_or(std::string());
}

/// A file that is there keeps its owner and its mode; a new one is for its owner alone.
Status write_tokens(const std::string& path, const std::string& text) {
  const auto failed = [&](const char* what) {
    return Error{ErrorCode::kIo, "cannot write " + path + ": " + what};
  };
  const auto target = SSE_TRY(find_target(path));
  FileCalls calls;
  ReplacementRules rules;
  rules.is_durable = true;
  const std::string made = SSE_TRY(write_beside(target.path, text, rules, calls));
  struct stat before {};
  bool is_right = true;
  if (::stat(target.path.c_str(), &before) == 0) {
    is_right = ::chown(made.c_str(), before.st_uid, before.st_gid) == 0 &&
               ::chmod(made.c_str(), before.st_mode & 07777U) == 0;
  }
  if (is_right && ::rename(made.c_str(), target.path.c_str()) == 0) return {};
  const char* why = std::strerror(errno);
  ::unlink(made.c_str());
  return failed(why);
}

ExitCode add(const std::string& path, const TokenOptions& options) {
  if (!auth::is_token_id(options.id)) {
    return fail(ExitCode::kUsage, "expected up to " + std::to_string(auth::kMaxTokenId) +
                                      " letters, digits, '-', '_' or '.', got " +
                                      quoted(options.id));
  }
  const auto text = read_tokens(path);
  if (!text) return fail(text.error());
  std::string token;  // none where a certificate is the credential
  if (options.certificate.empty()) {
    auto made = auth::make_static_token(options.id);
    if (!made) return fail(made.error());
    token = *std::move(made);
  }
  const NewToken row{
      options.id,          token.empty() ? std::string() : auth::to_hex(auth::sha256_of(token)),
      options.certificate, options.publish,
      options.subscribe,   options.permissions,
      options.expires,     options.rate};
  const auto changed = with_token(*text, row, path);
  if (!changed) return fail(changed.error());
  if (const auto written = write_tokens(path, *changed); !written) {
    return fail(ExitCode::kCannotCreate, written.error().text);
  }
  return token.empty() || print(token + "\n") ? ExitCode::kDone : ExitCode::kOutputFailed;
}

ExitCode revoke(const std::string& path, const TokenOptions& options) {
  const auto text = read_tokens(path);
  if (!text) return fail(text.error());
  const auto changed = without_token(*text, options.id, path);
  if (!changed) return fail(changed.error());
  const auto written = write_tokens(path, *changed);
  return written ? ExitCode::kDone : fail(ExitCode::kCannotCreate, written.error().text);
}

std::string listed(const auth::Grants& grants) {
  std::string text;
  for (const auto& topic : grants.topics()) text.append(text.empty() ? "" : ", ").append(topic);
  for (const auto& glob : grants.metrics()) {
    text.append(text.empty() ? "" : ", ").append(auth::kMetricGrant).append(glob);
  }
  return text.empty() ? "nothing" : text;
}

std::string listed(const auth::Permissions& permissions) {
  std::string text;
  const auto add = [&text](bool is_there, const char* word) {
    if (is_there) text.append(text.empty() ? "" : ", ").append(word);
  };
  add(permissions.can_observe, "observe");
  add(permissions.can_delete, "delete");
  add(permissions.can_admin, "admin");
  return text.empty() ? "none" : text;
}

std::string described(const auth::Principal& principal) {
  std::string text = principal.id + "\n";
  text.append("  publish: ").append(listed(principal.publish)).append("\n");
  text.append("  subscribe: ").append(listed(principal.subscribe)).append("\n");
  text.append("  permissions: ").append(listed(principal.permissions)).append("\n");
  text.append("  expires: ")
      .append(principal.expires ? format_rfc3339(*principal.expires) : "never")
      .append("\n");
  return text;
}

ExitCode list(const std::string& path) {
  const auto text = read_tokens(path);
  if (!text) return fail(text.error());
  const auto file = auth::TokenFile::parse(*text, path);
  if (!file) return fail(file.error());
  std::string out;
  for (const auto& row : (*file)->rows()) {
    out += described(*row.principal);
    if (!row.certificate.empty()) out += "  certificate: " + row.certificate + "\n";
  }
  if (const auto& anonymous = (*file)->anonymous()) out += described(*anonymous);
  return print(out) ? ExitCode::kDone : ExitCode::kOutputFailed;
}

/// From the environment or stdin, never from the command line, which every user of the machine
/// reads.
std::string given_token() {
  if (const char* text = std::getenv(kTokenVariable); text != nullptr && *text != '\0') return text;
  std::string token;
  std::getline(std::cin, token);
  if (token.ends_with('\r')) token.pop_back();
  return token;
}

ExitCode check(const auth::CredentialSources& sources) {
  auth::CredentialFiles files(sources);
  auto loaded = files.load();
  if (!loaded) return fail(loaded.error());
  const std::string token = given_token();
  if (token.empty()) {
    return fail(ExitCode::kUsage, "expected a token in SSE_TOKEN or on stdin");
  }
  SystemRandom random;
  auth::Authenticator authenticator(loaded->credentials, {}, random);
  Budget budget(Budget::kStepsPerMillisecond);
  const auto judged = authenticator.judge(
      token, [] { return std::string(); }, SystemClock().now(), budget);
  if (!judged) {
    return fail(ExitCode::kNotAllowed, "the token is not valid: " + judged.error().reason);
  }
  return print(described(**judged)) ? ExitCode::kDone : ExitCode::kOutputFailed;
}

ExitCode sign(const TokenOptions& options, const auth::CredentialSources& sources) {
  if (options.key_file.empty()) return fail(ExitCode::kUsage, "expected --key FILE");
  const auto token = sign_token(options, sources);
  if (!token) return fail(token.error());
  return print(*token + "\n") ? ExitCode::kDone : ExitCode::kOutputFailed;
}

}  // namespace

ExitCode run_token_command(const Options& options) {
  const auto& sources = options.server.auth;
  const auto& token = options.token;
  if (token.action == TokenAction::kCheck) {
    if (sources.is_empty()) {
      return fail(ExitCode::kUsage, "expected --tokens FILE or --jwt-keys FILE");
    }
    return check(sources);
  }
  if (token.action == TokenAction::kJwt) return sign(token, sources);
  if (sources.tokens.empty()) return fail(ExitCode::kUsage, "expected --tokens FILE");
  if (token.action == TokenAction::kList) return list(sources.tokens);
  if (token.id.empty()) return fail(ExitCode::kUsage, "expected the ID of a token");
  return token.action == TokenAction::kAdd ? add(sources.tokens, token)
                                           : revoke(sources.tokens, token);
}

}  // namespace sse::serve
