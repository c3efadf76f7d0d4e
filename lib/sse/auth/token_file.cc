#include "sse/auth/token_file.h"

#include <algorithm>
#include <initializer_list>
#include <tuple>
#include <utility>

#include "sse/auth/static_token.h"
#include "sse/auth/token_toml.h"
#include "sse/base/certificate_name.h"
#include "sse/base/escape.h"
#include "sse/base/quantities.h"

namespace sse::auth {
namespace {

using Form = TokenField::Form;

// Of the ids of static tokens' principals.
constexpr std::string_view kTokenPrefix = "token:";

/// Checks rows; every error has the line of its field.
class Checker {
 public:
  explicit Checker(const std::string& path) : path_(path) {}

  Result<TokenFile::Row> token(const TokenRow& row) const {
    SSE_TRY(check_keys(row, {"id", "sha256", "certificate", "publish", "subscribe", "permissions",
                             "expires", "rate"}));
    TokenFile::Row made;
    made.line = row.line;
    made.id = SSE_TRY(required_text(row, "id"));
    if (!is_token_id(made.id)) {
      return wrong(row.find("id")->line, "id: expected up to " + std::to_string(kMaxTokenId) +
                                             " letters, digits, '-', '_' or '.'");
    }
    auto read = SSE_TRY(principal(row, std::string(kTokenPrefix) + made.id));
    read->token_id = SSE_TRY(credential(row, made));
    made.principal = std::move(read);
    return made;
  }

  Result<SharedPrincipal> anonymous(const TokenRow& row) const {
    SSE_TRY(check_keys(row, {"publish", "subscribe", "permissions", "rate"}));
    return SharedPrincipal(SSE_TRY(principal(row, kAnonymous)));
  }

  Status check_unique(const std::vector<TokenFile::Row>& by_id) const {
    const auto same = [this](const TokenFile::Row& a, const TokenFile::Row& b, const char* what) {
      const auto& [first, second] =
          std::minmax(a, b, [](const auto& x, const auto& y) { return x.line < y.line; });
      return wrong(second.line, std::string(what) + " is that of the token in line " +
                                    std::to_string(first.line));
    };
    for (std::size_t i = 1; i < by_id.size(); ++i) {
      if (by_id[i].id == by_id[i - 1].id) return same(by_id[i], by_id[i - 1], "id: it");
    }
    std::vector<const TokenFile::Row*> sorted;
    sorted.reserve(by_id.size());
    for (const auto& row : by_id) sorted.push_back(&row);
    const auto key = [](const auto* row) { return std::tie(row->sha256, row->certificate); };
    std::sort(sorted.begin(), sorted.end(),
              [&](const auto* a, const auto* b) { return key(a) < key(b); });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      if (key(sorted[i]) != key(sorted[i - 1])) continue;
      return same(*sorted[i], *sorted[i - 1], sorted[i]->sha256 ? "sha256: it" : "certificate: it");
    }
    return {};
  }

 private:
  /// What tells this credential from another one under the same id.
  Result<std::string> credential(const TokenRow& row, TokenFile::Row& made) const {
    const auto* certificate = row.find("certificate");
    if (certificate == nullptr) {
      const auto sha256 = parse_sha256(SSE_TRY(required_text(row, "sha256")));
      if (!sha256) {
        return wrong(row.find("sha256")->line,
                     "sha256: expected 64 hex digits, the SHA-256 of the whole token");
      }
      made.sha256 = *sha256;
      return to_hex(*sha256);
    }
    if (row.find("sha256") != nullptr) {
      return wrong(certificate->line, "certificate: expected no sha256 beside it");
    }
    const std::string given = SSE_TRY(required_text(row, "certificate"));
    const auto name = certificate_name(given);
    if (!name) {
      return wrong(certificate->line, "certificate: " + quoted(given) +
                                          " does not name a client certificate; expected " +
                                          kCertificateNameForms);
    }
    made.certificate = *name;
    return "certificate " + made.certificate;
  }

  Error wrong(unsigned line, const std::string& what) const {
    return token_file_error(path_, line, what);
  }

  Status check_keys(const TokenRow& row, std::initializer_list<std::string_view> known) const {
    for (const auto& field : row.fields) {
      if (std::find(known.begin(), known.end(), field.key) != known.end()) continue;
      std::string expected;
      for (const auto key : known) {
        if (!expected.empty()) expected += ", ";
        expected += key;
      }
      return wrong(field.line, quoted(field.key) + " is not a key here; expected " + expected);
    }
    return {};
  }

  Result<std::string> required_text(const TokenRow& row, std::string_view key) const {
    const auto* field = row.find(key);
    if (field == nullptr) return wrong(row.line, std::string(key) + ": it is missing");
    if (field->form != Form::kText) return wrong(field->line, std::string(key) + ": expected text");
    return field->texts.front();
  }

  Result<std::vector<std::string>> texts(const TokenRow& row, std::string_view key) const {
    const auto* field = row.find(key);
    if (field == nullptr) return std::vector<std::string>();
    if (field->form != Form::kTexts) {
      return wrong(field->line, std::string(key) + ": expected an array of strings");
    }
    return field->texts;
  }

  Result<std::shared_ptr<Principal>> principal(const TokenRow& row, std::string id) const {
    auto made = std::make_shared<Principal>();
    made->id = std::move(id);
    made->is_anonymous = made->id == kAnonymous;
    for (const auto& [key, grants] :
         {std::pair("publish", &made->publish), std::pair("subscribe", &made->subscribe)}) {
      auto read = Grants::make(SSE_TRY(texts(row, key)));
      if (!read) return wrong(row.find(key)->line, std::string(key) + ": " + read.error().text);
      *grants = std::move(*read);
    }
    if (made->publish.size() + made->subscribe.size() > kMaxGrants) {
      return wrong(row.line, "expected at most " + std::to_string(kMaxGrants) +
                                 " grants, of publish and subscribe together");
    }
    auto permissions = parse_permissions(SSE_TRY(texts(row, "permissions")));
    if (!permissions) {
      return wrong(row.find("permissions")->line, "permissions: " + permissions.error().text);
    }
    made->permissions = *permissions;
    SSE_TRY(read_bounds(row, *made));
    return made;
  }

  Status read_bounds(const TokenRow& row, Principal& principal) const {
    if (const auto* expires = row.find("expires")) {
      if (expires->form != Form::kTime) {
        return wrong(expires->line,
                     "expires: expected a time without quotes, such as 2027-01-01T00:00:00Z");
      }
      principal.expires = expires->time;
    }
    if (const auto* rate = row.find("rate")) {
      const auto read = parse_rate(SSE_TRY(required_text(row, "rate")));
      if (!read) return wrong(rate->line, "rate: " + read.error().text);
      principal.limits.publish_rate = *read;
    }
    return {};
  }

  const std::string& path_;
};

}  // namespace

Result<std::shared_ptr<const TokenFile>> TokenFile::parse(std::string_view text,
                                                          const std::string& path) {
  if (text.size() > kMaxTokenFile) {
    return token_file_error(path, 1, "it is larger than a token file can be");
  }
  const TokenRows read = SSE_TRY(read_token_toml(text, path));
  const Checker checker(path);
  std::shared_ptr<TokenFile> file(new TokenFile());
  for (const auto& row : read.tokens) file->rows_.push_back(SSE_TRY(checker.token(row)));
  std::sort(file->rows_.begin(), file->rows_.end(),
            [](const Row& a, const Row& b) { return a.id < b.id; });
  SSE_TRY(checker.check_unique(file->rows_));
  for (const auto& row : file->rows_) {
    if (!row.certificate.empty()) file->by_certificate_[row.certificate] = row.principal;
  }
  if (read.anonymous) file->anonymous_ = SSE_TRY(checker.anonymous(*read.anonymous));
  return std::shared_ptr<const TokenFile>(std::move(file));
}

SharedPrincipal TokenFile::find(std::string_view token) const {
  const auto id = static_token_id(token);
  return id ? find(*id, token) : nullptr;
}

SharedPrincipal TokenFile::find(std::string_view id, std::string_view token) const {
  const Row* row = find_row(id);
  if (row == nullptr || !row->sha256) return nullptr;
  return equals_in_constant_time(sha256_of(token), *row->sha256) ? row->principal : nullptr;
}

SharedPrincipal TokenFile::find_certificate(std::span<const std::string> names) const {
  for (const auto& name : names) {
    if (const auto row = by_certificate_.find(name); row != by_certificate_.end()) {
      return row->second;
    }
  }
  return nullptr;
}

SharedPrincipal TokenFile::find_principal(std::string_view id) const {
  if (id == kAnonymous) return anonymous_;
  if (!id.starts_with(kTokenPrefix)) return nullptr;
  const Row* row = find_row(id.substr(kTokenPrefix.size()));
  return row == nullptr ? nullptr : row->principal;
}

const TokenFile::Row* TokenFile::find_row(std::string_view id) const {
  const auto row =
      std::lower_bound(rows_.begin(), rows_.end(), id,
                       [](const Row& each, std::string_view name) { return each.id < name; });
  return row == rows_.end() || row->id != id ? nullptr : &*row;
}

}  // namespace sse::auth
