#include "sse/auth/token_toml.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include <toml++/toml.h>

#include "sse/base/escape.h"
#include "sse/base/time_text.h"

namespace sse::auth {
namespace {

/// nullopt for a time that WallTime or a year of our own does not have.
std::optional<WallTime> time_of(const toml::date_time& time) {
  if (!time.offset) return std::nullopt;
  const auto date = std::chrono::year(time.date.year) / time.date.month / time.date.day;
  if (!date.ok()) return std::nullopt;
  const auto seconds = std::chrono::sys_seconds(std::chrono::sys_days(date)) +
                       std::chrono::hours(time.time.hour) + std::chrono::minutes(time.time.minute) +
                       std::chrono::seconds(time.time.second) -
                       std::chrono::minutes(time.offset->minutes);
  if (seconds < std::chrono::sys_seconds() || seconds >= kEndOfTimes) return std::nullopt;
  return seconds + std::chrono::nanoseconds(time.time.nanosecond);
}

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  Result<TokenRows> read(const toml::table& root) const {
    TokenRows rows;
    for (const auto& [key, node] : root) {
      const std::string name(key.str());
      if (name == "token") {
        SSE_TRY(read_tokens(node, rows));
      } else if (name == "anonymous" && node.is_table()) {
        rows.anonymous = SSE_TRY(read_row(*node.as_table()));
      } else {
        return wrong(key.source().begin.line,
                     quoted(name) + " is not a section; expected [[token]] or [anonymous]");
      }
    }
    // toml++ sorts keys, and tables of a dotted key come where they are named first.
    std::stable_sort(rows.tokens.begin(), rows.tokens.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    return rows;
  }

 private:
  Error wrong(unsigned line, const std::string& what) const {
    return token_file_error(path_, line, what);
  }

  Status read_tokens(const toml::node& node, TokenRows& rows) const {
    const auto* array = node.as_array();
    if (array == nullptr) return wrong(node.source().begin.line, "token: expected [[token]]");
    for (const auto& element : *array) {
      const auto* table = element.as_table();
      if (table == nullptr) {
        return wrong(element.source().begin.line, "token: expected [[token]]");
      }
      rows.tokens.push_back(SSE_TRY(read_row(*table)));
    }
    return {};
  }

  Result<TokenRow> read_row(const toml::table& table) const {
    TokenRow row{table.source().begin.line, {}};
    for (const auto& [key, node] : table) {
      TokenField field{std::string(key.str()), key.source().begin.line, {}, {}, {}};
      SSE_TRY(read_value(node, field));
      row.fields.push_back(std::move(field));
    }
    return row;
  }

  Status read_value(const toml::node& node, TokenField& field) const {
    field.form = TokenField::Form::kOther;
    if (const auto* text = node.as_string()) {
      field.form = TokenField::Form::kText;
      field.texts.push_back(text->get());
    } else if (const auto* array = node.as_array()) {
      for (const auto& element : *array) {
        const auto* item = element.as_string();
        if (item == nullptr) return {};
        field.texts.push_back(item->get());
      }
      field.form = TokenField::Form::kTexts;
    } else if (const auto* moment = node.as_date_time()) {
      const auto time = time_of(moment->get());
      if (!time) {
        return wrong(field.line, quoted(field.key) +
                                     ": expected a time from 1970 to 2261 with Z or an offset, "
                                     "such as 2027-01-01T00:00:00Z");
      }
      field.form = TokenField::Form::kTime;
      field.time = *time;
    }
    return {};
  }

  const std::string& path_;
};

}  // namespace

const TokenField* TokenRow::find(std::string_view key) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [key](const TokenField& field) { return field.key == key; });
  return found == fields.end() ? nullptr : &*found;
}

Error token_file_error(const std::string& path, unsigned line, const std::string& what) {
  return {ErrorCode::kInvalid, path + ":" + std::to_string(line) + ": " + what};
}

Result<TokenRows> read_token_toml(std::string_view text, const std::string& path) {
  try {
    return Reader(path).read(toml::parse(text));
  } catch (const toml::parse_error& failure) {
    return token_file_error(path, failure.source().begin.line,
                            "not TOML: " + std::string(failure.description()));
  } catch (const std::exception& failure) {
    return token_file_error(path, 1, std::string("not TOML: ") + failure.what());
  }
}

}  // namespace sse::auth
