#include "sse/client/head_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <utility>

#include <strings.h>

#include "sse/base/ascii.h"
#include "sse/base/escape.h"

namespace sse::client {
namespace {

Error invalid(std::string text) {
  return {ErrorCode::kInvalid, std::move(text)};
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool equals(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && ::strncasecmp(text.data(), lower.data(), lower.size()) == 0;
}

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || kMarks.find(c) != kMarks.npos;
  });
}

/// Calls `visit` with the trimmed value of each field of that name, until one fails.
template <typename Visit>
Status for_each(const ResponseHead& head, std::string_view name, Visit visit) {
  for (const Header& header : head.headers) {
    if (!equals(header.name, name)) continue;
    if (auto status = visit(trimmed(header.value)); !status) return status;
  }
  return {};
}

}  // namespace

Status HeadReader::push(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMaxHeadBytes) {
    return Error{ErrorCode::kTooLarge, std::string(is_complete_ ? "its trailer" : "its head") +
                                           " is longer than 200 KiB"};
  }
  if (is_complete_) return {};
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (head_.status == 0) return read_status_line(line);
  return line.empty() ? end_head() : read_field(line);
}

Status HeadReader::read_status_line(std::string_view line) {
  if (!line.starts_with("HTTP/")) return invalid("it does not start with a status line");
  const std::string_view version = line.substr(0, line.find(' '));
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return invalid("its version is " + escaped(version.substr(0, 20)) + ", not HTTP/1.1");
  }
  version_ = version == "HTTP/1.0" ? Version::k10 : Version::k11;
  const std::string_view rest = line.substr(version.size());
  const std::string_view code = rest.substr(std::min<std::size_t>(rest.size(), 1), 3);
  const bool ends = rest.size() == 4 || (rest.size() > 4 && rest[4] == ' ');
  int status = 0;
  const auto parsed = std::from_chars(code.data(), code.data() + code.size(), status);
  if (!ends || parsed.ec != std::errc{} || parsed.ptr != code.data() + 3 || status < 100) {
    return invalid("its status line has no status of three digits");
  }
  if (status == 101) return invalid("it switches protocols (101), which was not asked for");
  head_.status = status;
  return {};
}

Status HeadReader::read_field(std::string_view line) {
  if (line.find('\0') != line.npos || line.find('\r') != line.npos) {
    return invalid("a header line holds a control character");
  }
  if (is_blank(line.front())) {  // a folded line (RFC 9112 section 5.2)
    if (head_.headers.empty()) return invalid("its first header line starts with a blank");
    head_.headers.back().value.append(" ").append(trimmed(line));
    return {};
  }
  const auto colon = line.find(':');
  if (colon == line.npos || !is_token(line.substr(0, colon))) {
    return invalid(sse::quoted(line.substr(0, 40)) + " is not a header line");
  }
  head_.headers.push_back(
      {std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))});
  return {};
}

Status HeadReader::end_head() {
  if (head_.status < 200) {
    head_ = {};  // an interim response: the final one follows
    return {};
  }
  if (head_.status != 204 && head_.status != 304) {
    if (auto status = check_length(); !status) return status;
    if (auto status = check_transfer_coding(); !status) return status;
    if (auto status = check_content_coding(); !status) return status;
  }
  is_complete_ = true;
  return {};
}

Status HeadReader::check_length() const {
  std::string_view known;
  return for_each(head_, "content-length", [&known](std::string_view value) -> Status {
    std::int64_t length = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), length);
    const bool is_plain = !value.empty() && std::all_of(value.begin(), value.end(), is_digit);
    if (!is_plain || parsed.ec != std::errc{}) {
      return invalid("its Content-Length " + sse::quoted(value.substr(0, 40)) + " is not a length");
    }
    if (!known.empty() && known != value) return invalid("it has two Content-Lengths");
    known = value;
    return {};
  });
}

Status HeadReader::check_transfer_coding() const {
  int codings = 0;
  return for_each(head_, "transfer-encoding", [this, &codings](std::string_view value) -> Status {
    if (++codings > 1 || (!equals(value, "chunked") && !equals(value, "identity"))) {
      return invalid("its Transfer-Encoding is not just 'chunked'");
    }
    if (equals(value, "identity")) return {};
    if (version_ == Version::k10) return invalid("it is chunked, which HTTP/1.0 does not have");
    if (!head_.header("Content-Length").empty()) {
      return invalid("it has a Content-Length and is chunked");
    }
    return {};
  });
}

/// Only of a body that is wanted: an error page in a coding still has a status.
Status HeadReader::check_content_coding() const {
  if (head_.status >= 300) return {};
  return for_each(head_, "content-encoding", [](std::string_view value) -> Status {
    if (value.empty() || equals(value, "identity")) return {};
    return invalid("its content is coded (" + sse::quoted(value.substr(0, 40)) +
                   "), which was not asked for");
  });
}

}  // namespace sse::client
