#include "sse/auth/principal.h"

#include "sse/base/escape.h"

namespace sse::auth {
namespace {

/// What would end the id in a log line, and what is in `special`, as %NN.
void append_encoded(std::string_view text, std::string_view special, std::string& out) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = byte > ' ' && byte < 0x7F && special.find(c) == std::string_view::npos;
    if (is_plain) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0xFU];
    }
  }
}

}  // namespace

Result<Permissions> parse_permissions(const std::vector<std::string>& words) {
  Permissions permissions;
  for (const auto& word : words) {
    if (word == "observe") {
      permissions.can_observe = true;
    } else if (word == "delete") {
      permissions.can_delete = true;
    } else if (word == "admin") {
      permissions.can_admin = true;
    } else {
      return Error{ErrorCode::kInvalid,
                   quoted(word) + " is not a permission; expected observe, delete or admin"};
    }
  }
  return permissions;
}

std::vector<std::string> texts_of(const Permissions& permissions) {
  std::vector<std::string> texts;
  if (permissions.can_observe) texts.emplace_back("observe");
  if (permissions.can_delete) texts.emplace_back("delete");
  if (permissions.can_admin) texts.emplace_back("admin");
  return texts;
}

Status set_rights(Principal& principal, const GrantTexts& texts) {
  if (texts.publish.size() + texts.subscribe.size() > kMaxGrants) {
    return Error{ErrorCode::kInvalid, "expected at most " + std::to_string(kMaxGrants) +
                                          " grants, of publish and subscribe together"};
  }
  principal.publish = SSE_TRY(Grants::make(texts.publish));
  principal.subscribe = SSE_TRY(Grants::make(texts.subscribe));
  principal.permissions = SSE_TRY(parse_permissions(texts.permissions));
  return {};
}

bool has_same_rights(const Principal& a, const Principal& b) {
  return a.publish == b.publish && a.subscribe == b.subscribe && a.permissions == b.permissions;
}

std::size_t footprint(const Principal& principal) {
  // Vectors may have twice the room that they use, and each text an allocation of its own.
  constexpr std::size_t kOfText = 2 * sizeof(std::string) + 32;
  std::size_t bytes =
      sizeof(Principal) + 64 + principal.id.capacity() + principal.token_id.capacity();
  for (const auto* grants : {&principal.publish, &principal.subscribe}) {
    for (const auto* texts : {&grants->topics(), &grants->metrics()}) {
      for (const auto& text : *texts) bytes += kOfText + text.capacity();
    }
  }
  return bytes;
}

std::string jwt_principal_id(std::string_view issuer, std::string_view subject,
                             std::string_view token_digest) {
  std::string id = kJwtPrefix;
  append_encoded(issuer, "%", id);
  if (subject.empty()) {
    id.append("#").append(token_digest);
  } else {
    id += ':';
    append_encoded(subject, "%:#", id);
  }
  return id;
}

}  // namespace sse::auth
