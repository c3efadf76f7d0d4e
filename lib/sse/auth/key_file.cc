#include "sse/auth/key_file.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "sse/auth/base64url.h"
#include "sse/base/escape.h"
#include "sse/json/items.h"
#include "sse/json/reader.h"

namespace sse::auth {
namespace {

constexpr std::size_t kMaxKeyDepth = 8;

Error invalid(std::string text) {
  return {ErrorCode::kInvalid, std::move(text)};
}

/// One JWK, checked. nullopt: it is skipped, and `why` says why.
class JwkReader {
 public:
  JwkReader(const json::Object& jwk, std::string& why) : jwk_(jwk), why_(why) {}

  Result<std::optional<EvpKey>> read() {
    const auto use = SSE_TRY(jwk_.optional_string("use", "a string"));
    if (use && *use != "sig") return skip("it is for " + quoted(*use) + ", not for signatures");
    const auto operations = SSE_TRY(jwk_.optional_strings("key_ops", "an array of strings", 16));
    if (jwk_.find("key_ops") != nullptr &&
        std::find(operations.begin(), operations.end(), "verify") == operations.end()) {
      return skip("its key_ops have no verify");
    }
    const auto type = SSE_TRY(jwk_.required_string("kty", "the type of the key"));
    const auto algorithm = SSE_TRY(jwk_.optional_string("alg", "a string"));
    if (algorithm && !parse_algorithm(*algorithm)) return skip("its alg is " + quoted(*algorithm));
    if (type == "oct") return read_secret(algorithm);
    if (jwk_.find("d") != nullptr) {
      return invalid("it is a private key, which only the issuer may have");
    }
    if (type == "RSA") return read_rsa(algorithm);
    if (type == "EC") return read_curve(algorithm, "P-256", Algorithm::kEs256);
    if (type == "OKP") return read_curve(algorithm, "Ed25519", Algorithm::kEdDsa);
    return skip("its kty is " + quoted(type));
  }

 private:
  using MaybeKey = std::optional<EvpKey>;
  using Name = std::optional<std::string_view>;

  MaybeKey skip(std::string why) {
    why_ = std::move(why);
    return std::nullopt;
  }

  // Not as a sum of texts: g++ 12 sees a write past its end there, which is not.
  static Error no_base64url(std::string_view key) {
    std::string text(key);
    text.append(": expected base64url without padding");
    return {ErrorCode::kInvalid, std::move(text)};
  }

  Result<std::string> bytes(std::string_view key) const {
    const auto text = SSE_TRY(jwk_.required_string(key, "base64url"));
    auto decoded = from_base64url(text);
    if (!decoded) return no_base64url(key);
    return *std::move(decoded);
  }

  /// A key has one algorithm: where its type has several, it says which.
  static Status check_algorithm(const Name& named, std::initializer_list<Algorithm> possible) {
    std::string expected;
    for (const auto each : possible) {
      if (named ? *named == to_string(each) : possible.size() == 1) return {};
      expected.append(expected.empty() ? "" : " or ").append(to_string(each));
    }
    return invalid(named ? "alg " + quoted(*named) + " is not for its kty; expected " + expected
                         : "alg is missing; expected " + expected);
  }

  Result<MaybeKey> read_rsa(const Name& algorithm) const {
    SSE_TRY(check_algorithm(algorithm, {Algorithm::kRs256, Algorithm::kPs256}));
    const auto n = SSE_TRY(bytes("n"));
    const auto e = SSE_TRY(bytes("e"));
    return MaybeKey(SSE_TRY(EvpKey::rsa(*parse_algorithm(*algorithm), n, e)));
  }

  Result<MaybeKey> read_curve(const Name& algorithm, std::string_view ours, Algorithm only) {
    const auto curve = SSE_TRY(jwk_.required_string("crv", "the name of a curve"));
    if (curve != ours) return skip("its curve is " + quoted(curve));
    SSE_TRY(check_algorithm(algorithm, {only}));
    const auto x = SSE_TRY(bytes("x"));
    if (only == Algorithm::kEdDsa) return MaybeKey(SSE_TRY(EvpKey::ed25519(x)));
    const auto y = SSE_TRY(bytes("y"));
    return MaybeKey(SSE_TRY(EvpKey::p256(x, y)));
  }

  // `alg` is not guessed: a secret that was meant for another algorithm is not one for HS256.
  Result<MaybeKey> read_secret(const Name& algorithm) const {
    if (!algorithm) return invalid("alg is missing; expected HS256");
    SSE_TRY(check_algorithm(algorithm, {Algorithm::kHs256}));
    const auto k = SSE_TRY(bytes("k"));
    return MaybeKey(SSE_TRY(EvpKey::hmac(k)));
  }

  const json::Object& jwk_;
  std::string& why_;
};

class KeySetReader {
 public:
  KeySetReader(const std::string& path, const std::string& issuer) : path_(path), issuer_(issuer) {}

  Result<KeyFile> read(std::string_view text) {
    json::Reader reader(kMaxKeyDepth);
    if (reader.read(text) != json::Outcome::kObject) {
      return invalid(path_ + ": " + reader.error().text);
    }
    const auto* keys = reader.object().find("keys");
    if (keys == nullptr || keys->kind != json::Kind::kArray) {
      return invalid(path_ + R"(: expected a JWK Set, {"keys": [...]}, or PEM)");
    }
    auto items = json::Items::of_array(keys->raw);
    for (auto step = items.next(); step != json::Items::Step::kEnd; step = items.next()) {
      if (step == json::Items::Step::kNothing) continue;
      if (step == json::Items::Step::kNotJson) return invalid(path_ + ": " + items.error().text);
      if (++count_ > kMaxKeys) {
        return invalid(path_ + ": expected at most " + std::to_string(kMaxKeys) + " keys");
      }
      SSE_TRY(add(items.item()));
    }
    return std::move(file_);
  }

 private:
  std::string place() const { return path_ + ": key " + std::to_string(count_) + ": "; }

  Status add(std::string_view text) {
    json::Reader reader(kMaxKeyDepth);
    if (reader.read(text) != json::Outcome::kObject) {
      return invalid(place() + "expected an object");
    }
    const auto id = reader.object().optional_string("kid", "a string");
    if (!id) return invalid(place() + id.error().text);
    std::string why;
    auto key = JwkReader(reader.object(), why).read();
    if (!key) return invalid(place() + key.error().text);
    if (!*key) {
      file_.skipped.push_back(place() + why);
      return {};
    }
    file_.keys.push_back(
        {**key, id->has_value() ? std::optional(std::string(**id)) : std::nullopt, issuer_});
    return {};
  }

  const std::string& path_;
  const std::string& issuer_;
  std::size_t count_ = 0;
  KeyFile file_;
};

}  // namespace

bool KeyFile::has_secrets() const {
  return std::any_of(keys.begin(), keys.end(),
                     [](const IssuerKey& each) { return each.key.is_secret(); });
}

Result<KeyFile> parse_key_file(std::string_view text, const std::string& path,
                               const std::string& issuer) {
  if (text.size() > kMaxKeyFile) return invalid(path + ": it is larger than a key file can be");
  KeyFile file;
  if (json::trim_space(text).starts_with('{')) {
    file = SSE_TRY(KeySetReader(path, issuer).read(text));
  } else {
    const auto keys = EvpKey::from_pem(text);
    if (!keys) return invalid(path + ": " + keys.error().text);
    for (const auto& key : *keys) file.keys.push_back({key, std::nullopt, issuer});
  }
  if (file.keys.empty()) return invalid(path + ": none of its keys is for signatures of ours");
  if (file.keys.size() > kMaxKeys) {
    return invalid(path + ": expected at most " + std::to_string(kMaxKeys) + " keys");
  }
  return file;
}

}  // namespace sse::auth
