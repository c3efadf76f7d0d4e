#include "token_editor.h"

#include <algorithm>
#include <utility>

#include "sse/auth/token_file.h"
#include "sse/base/escape.h"
#include "sse/base/time_text.h"

namespace sse::serve {
namespace {

/// A basic string of TOML. Control characters are refused where the row is read back.
std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

void append_texts(std::string_view key, const std::vector<std::string>& texts, std::string& out) {
  if (texts.empty()) return;
  out.append(key).append(" = [");
  for (const auto& text : texts) {
    if (&text != &texts.front()) out += ", ";
    out += toml_text(text);
  }
  out += "]\n";
}

std::string row_of(const NewToken& token) {
  std::string row = "[[token]]\n";
  row.append("id = ").append(toml_text(token.id)).append("\n");
  const bool is_token = !token.sha256.empty();
  row.append(is_token ? "sha256 = " : "certificate = ")
      .append(toml_text(is_token ? token.sha256 : token.certificate))
      .append("\n");
  append_texts("publish", token.publish, row);
  append_texts("subscribe", token.subscribe, row);
  append_texts("permissions", token.permissions, row);
  if (token.expires) row.append("expires = ").append(format_rfc3339(*token.expires)).append("\n");
  if (!token.rate.empty()) row.append("rate = ").append(toml_text(token.rate)).append("\n");
  return row;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1);
    lines.push_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

char first_character(std::string_view line) {
  const auto at = line.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? '\0' : line[at];
}

const auth::TokenFile::Row* find_row(const auth::TokenFile& file, std::string_view id) {
  const auto rows = file.rows();
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.id == id; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

Result<std::string> with_token(std::string_view text, const NewToken& token,
                               const std::string& path) {
  const auto before = SSE_TRY(auth::TokenFile::parse(text, path));
  if (find_row(*before, token.id) != nullptr) {
    return Error{ErrorCode::kConflict, path + ": there is a token " + token.id +
                                           " already; sse-serve token revoke " + token.id +
                                           " takes it away"};
  }
  std::string changed(text);
  if (!changed.empty() && changed.back() != '\n') changed += '\n';
  if (!changed.empty()) changed += '\n';
  changed += row_of(token);
  SSE_TRY(auth::TokenFile::parse(changed, path));
  return changed;
}

// A row ends at the next header. What stands right before that, comments and empty lines, is about
// what follows.
Result<std::string> without_token(std::string_view text, std::string_view id,
                                  const std::string& path) {
  const auto before = SSE_TRY(auth::TokenFile::parse(text, path));
  const auto* row = find_row(*before, id);
  if (row == nullptr) {
    return Error{ErrorCode::kNotFound, path + ": there is no token " + quoted(id)};
  }
  const auto lines = lines_of(text);
  const std::size_t begin = row->line - 1;
  std::size_t next = begin + 1;
  while (next < lines.size() && first_character(lines[next]) != '[') ++next;
  std::size_t end = next;
  while (next < lines.size() && end > begin + 1) {
    const char first = first_character(lines[end - 1]);
    if (first != '#' && first != '\0') break;
    --end;
  }
  std::string changed;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i < begin || i >= end) changed += lines[i];
  }
  const auto after = SSE_TRY(auth::TokenFile::parse(changed, path));
  if (find_row(*after, id) != nullptr || after->rows().size() + 1 != before->rows().size()) {
    return Error{ErrorCode::kInvalid, path + ": the row of " + std::string(id) +
                                          " is not in a form that can be cut out; take it out by "
                                          "hand"};
  }
  return changed;
}

}  // namespace sse::serve
