#include "sse/gate/ticket_text.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sse/auth/grants.h"
#include "sse/auth/topic_algebra.h"
#include "sse/base/time_text.h"
#include "sse/json/reader.h"
#include "sse/json/writer.h"

namespace sse::gate {
namespace {

constexpr std::string_view kForm = R"({"form":"sse-tickets-1"})";

class Line {
 public:
  void add(std::string_view key, std::string_view value) {
    begin(key);
    json::append_string(text_, value);
  }
  void add(std::string_view key, const std::vector<std::string>& values) {
    begin(key);
    text_ += '[';
    for (const auto& value : values) {
      if (&value != &values.front()) text_ += ',';
      json::append_string(text_, value);
    }
    text_ += ']';
  }
  void add(std::string_view key, WallTime time) { add(key, format_rfc3339_nanos(time)); }

  std::string end() && { return std::move(text_) + "}\n"; }

 private:
  void begin(std::string_view key) {
    text_ += text_.empty() ? "{\"" : ",\"";
    text_.append(key).append("\":");
  }

  std::string text_;
};

void add_principal(const auth::Principal& principal, Line& line) {
  line.add("principal", principal.id);
  line.add("token", principal.token_id);
  if (principal.issued) line.add("issued", *principal.issued);
  if (principal.expires) line.add("ends", *principal.expires);
  if (!principal.id.starts_with(auth::kJwtPrefix)) return;
  line.add("publish", principal.publish.texts());
  line.add("subscribe", principal.subscribe.texts());
  line.add("permissions", auth::texts_of(principal.permissions));
}

void add_wish(const TicketStore::Wish& wish, Line& line) {
  add_principal(*wish.principal, line);
  line.add("topics", wish.topics);
  if (wish.origin) line.add("origin", *wish.origin);
}

std::string line_of(const Tickets::Kept& kept, const Now& now) {
  const auto at = [&now](BootTime time) { return now.wall + (time - now.boot); };
  Line line;
  line.add("kind", kept.is_session ? "session" : "ticket");
  line.add("key", auth::to_hex(kept.key));
  add_wish(kept.wish, line);
  line.add("use_before", at(kept.use_before));
  line.add("expires", at(kept.expires));
  if (kept.cookie) line.add("cookie", auth::to_hex(*kept.cookie));
  return std::move(line).end();
}

using Text = std::optional<std::string_view>;

Result<std::optional<WallTime>> time_of(const json::Object& object, std::string_view key) {
  const Text text = SSE_TRY(object.optional_string(key, "a time"));
  if (!text) return std::optional<WallTime>();
  return std::optional<WallTime>(SSE_TRY(parse_rfc3339(*text)));
}

Result<WallTime> required_time(const json::Object& object, std::string_view key) {
  const auto text = SSE_TRY(object.required_string(key, "a time"));
  return parse_rfc3339(text);
}

Result<auth::Sha256> hash_of(std::string_view key, std::string_view hex) {
  const auto hash = auth::parse_sha256(hex);
  return hash ? Result<auth::Sha256>(*hash)
              : json::field_error(key, "64 hex digits", json::in_quotes(hex));
}

Result<auth::SharedPrincipal> principal_of(const json::Object& object) {
  constexpr std::size_t kMost = auth::kMaxGrants;
  auto principal = std::make_shared<auth::Principal>();
  principal->id = SSE_TRY(object.required_string("principal", "a text"));
  principal->token_id = SSE_TRY(object.required_string("token", "a text"));
  principal->issued = SSE_TRY(time_of(object, "issued"));
  principal->expires = SSE_TRY(time_of(object, "ends"));
  auth::GrantTexts rights;
  rights.publish = SSE_TRY(object.optional_strings("publish", "grants", kMost));
  rights.subscribe = SSE_TRY(object.optional_strings("subscribe", "grants", kMost));
  rights.permissions = SSE_TRY(object.optional_strings("permissions", "words", kMost));
  SSE_TRY(auth::set_rights(*principal, rights));
  return auth::SharedPrincipal(std::move(principal));
}

Result<TicketStore::Wish> wish_of(const json::Object& object) {
  TicketStore::Wish wish;
  wish.principal = SSE_TRY(principal_of(object));
  wish.topics = SSE_TRY(object.optional_strings("topics", "patterns", auth::kMaxCutPatterns));
  if (const Text origin = SSE_TRY(object.optional_string("origin", "a text"))) {
    wish.origin = *origin;
  }
  return wish;
}

Result<Tickets::Kept> read_line(const json::Object& object, const Now& now) {
  const auto at = [&now](WallTime time) { return now.boot + (time - now.wall); };
  Tickets::Kept kept;
  const auto kind = SSE_TRY(object.required_string("kind", "ticket or session"));
  kept.is_session = kind == "session";
  if (!kept.is_session && kind != "ticket") {
    return json::field_error("kind", "ticket or session", json::in_quotes(kind));
  }
  const auto key = SSE_TRY(object.required_string("key", "a hash"));
  kept.key = SSE_TRY(hash_of("key", key));
  kept.wish = SSE_TRY(wish_of(object));
  const WallTime use_before = SSE_TRY(required_time(object, "use_before"));
  kept.use_before = at(use_before);
  const WallTime expires = SSE_TRY(required_time(object, "expires"));
  kept.expires = at(expires);
  if (const Text cookie = SSE_TRY(object.optional_string("cookie", "a hash"))) {
    kept.cookie = SSE_TRY(hash_of("cookie", *cookie));
  }
  return kept;
}

}  // namespace

std::string text_of_wish(const TicketStore::Wish& wish) {
  Line line;
  add_wish(wish, line);
  return std::move(line).end();
}

Result<TicketStore::Wish> read_wish(std::string_view text) {
  json::Reader reader;
  if (reader.read(text) != json::Outcome::kObject) return reader.error();
  return wish_of(reader.object());
}

std::string text_of(const std::vector<Tickets::Kept>& tickets, const Now& now) {
  std::string text(kForm);
  text += '\n';
  for (const auto& kept : tickets) text += line_of(kept, now);
  return text;
}

Result<std::vector<Tickets::Kept>> read_tickets(std::string_view text, const Now& now) {
  std::vector<Tickets::Kept> tickets;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto in_line = [number](std::string_view what) {
      return Error{ErrorCode::kInvalid,
                   "line " + std::to_string(number) + ": " + std::string(what)};
    };
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return in_line("it has no end");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (number == 1) {
      if (line != kForm) return in_line("not a form that this version reads");
      continue;
    }
    json::Reader reader;
    if (reader.read(line) != json::Outcome::kObject) return in_line(reader.error().text);
    auto kept = read_line(reader.object(), now);
    if (!kept) return in_line(kept.error().text);
    if (kept->expires > now.boot) tickets.push_back(*std::move(kept));
  }
  return tickets;
}

}  // namespace sse::gate
