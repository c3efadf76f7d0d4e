#include "sse/http/request_head.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "sse/http/authority.h"
#include "sse/http/characters.h"
#include "sse/http/request.h"
#include "sse/http/request_target.h"

namespace sse::http {
namespace {

// Fields are looked up one after the other.
constexpr std::size_t kMaxFields = 100;

constexpr std::string_view kEndOfLine = "\r\n";

std::string_view take_line(std::string_view& head) {
  const auto line = head.substr(0, head.find(kEndOfLine));
  head.remove_prefix(line.size() + kEndOfLine.size());
  return line;
}

// Reads one head. The fields that decide about framing are checked as they pass by.
class HeadReader {
 public:
  explicit HeadReader(Request& request) : request_(request) {}

  std::optional<Refusal> read(std::string_view head);
  const Framing& framing() const { return framing_; }

 private:
  std::optional<Refusal> read_request_line(std::string_view line);
  std::optional<Refusal> read_version(std::string_view version);
  std::optional<Refusal> read_field(std::string_view line);
  std::optional<Refusal> note_field(std::string_view name, std::string_view value);
  std::optional<Refusal> note_content_length(std::string_view value);
  std::optional<Refusal> note_transfer_encoding(std::string_view value);
  std::optional<Refusal> note_host(std::string_view value);
  void note_connection(std::string_view value);
  void note_unserved(const Refusal& refusal);
  std::optional<Refusal> check_whole();

  Request& request_;
  Framing framing_;
  std::optional<std::string> target_host_;
  std::optional<Refusal> unserved_;  // said when all of the head was read, and is in order
  bool is_http_1_0_ = false;
  bool has_host_ = false;
  bool has_length_ = false;
  bool asks_to_close_ = false;
  bool asks_to_keep_ = false;
};

std::optional<Refusal> HeadReader::read(std::string_view head) {
  request_.fields.reserve(head.size());
  if (auto refusal = read_request_line(take_line(head))) return refusal;
  std::size_t fields = 0;
  for (auto line = take_line(head); !line.empty(); line = take_line(head)) {
    if (++fields > kMaxFields) return Refusal{431, "more than 100 header fields"};
    if (auto refusal = read_field(line)) return refusal;
  }
  return check_whole();
}

std::optional<Refusal> HeadReader::read_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return Refusal{400, "the request line must be METHOD TARGET HTTP/1.1"};
  }
  const auto method = line.substr(0, first);
  if (!is_token(method)) return Refusal{400, "the method is malformed"};
  if (auto refusal = read_version(line.substr(last + 1))) return refusal;
  request_.method = method;
  return parse_target(line.substr(first + 1, last - first - 1), request_, target_host_);
}

std::optional<Refusal> HeadReader::read_version(std::string_view version) {
  constexpr std::string_view kForm = "HTTP/1.1";
  if (version.size() != kForm.size() || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    return Refusal{400, "the request line must end in HTTP/1.1"};
  }
  if (version[5] != '1') return Refusal{505, "only HTTP/1.1 and HTTP/1.0 are served"};
  is_http_1_0_ = version[7] == '0';
  request_.version = is_http_1_0_ ? Version::kHttp10 : Version::kHttp11;
  return std::nullopt;
}

std::optional<Refusal> HeadReader::read_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    return Refusal{400, "a header field must not be folded over lines"};
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return Refusal{400, "a header field has no colon"};
  const auto name = line.substr(0, colon);
  if (!is_token(name)) return Refusal{400, "a header field's name is malformed"};
  const auto value = trimmed(line.substr(colon + 1));
  if (!is_field_value(value)) {
    return Refusal{400, "a header field holds a control character"};
  }
  if (auto refusal = note_field(name, value)) return refusal;
  request_.fields.add(name, value);
  return std::nullopt;
}

std::optional<Refusal> HeadReader::note_field(std::string_view name, std::string_view value) {
  const auto is = [&](std::string_view known) { return equals_ignoring_case(name, known); };
  if (is("Content-Length")) return note_content_length(value);
  if (is("Transfer-Encoding")) return note_transfer_encoding(value);
  if (is("Host")) return note_host(value);
  if (is("Connection")) note_connection(value);
  if (is("Content-Encoding") && !value.empty() && !equals_ignoring_case(value, "identity")) {
    note_unserved({415, "a body with a Content-Encoding is not taken: send it as it is"});
  }
  if (is("Expect") && !is_http_1_0_) {
    if (!equals_ignoring_case(value, "100-continue")) {
      note_unserved({417, "the only expectation known is 100-continue"});
    }
    framing_.expects_continue = true;
  }
  return std::nullopt;
}

std::optional<Refusal> HeadReader::note_content_length(std::string_view value) {
  constexpr std::size_t kMostDigits = std::numeric_limits<std::uint64_t>::digits10;
  if (has_length_) return Refusal{400, "Content-Length is given twice"};
  if (framing_.chunked)
    return Refusal{400, "Content-Length and Transfer-Encoding exclude each other"};
  if (value.empty() || value.size() > kMostDigits ||
      !std::all_of(value.begin(), value.end(), is_digit)) {
    return Refusal{400, "Content-Length must be a decimal number"};
  }
  has_length_ = true;
  for (const char c : value) {
    framing_.content_length = framing_.content_length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return std::nullopt;
}

std::optional<Refusal> HeadReader::note_transfer_encoding(std::string_view value) {
  if (framing_.chunked) return Refusal{400, "Transfer-Encoding is given twice"};
  if (has_length_) return Refusal{400, "Content-Length and Transfer-Encoding exclude each other"};
  if (is_http_1_0_) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (!equals_ignoring_case(value, "chunked")) {
    return Refusal{400, "the only Transfer-Encoding known is chunked"};
  }
  framing_.chunked = true;
  return std::nullopt;
}

std::optional<Refusal> HeadReader::note_host(std::string_view value) {
  if (has_host_) return Refusal{400, "Host is given twice"};
  if (!Authority::parse(value)) {
    return Refusal{400, "Host must be a name or address, and maybe a port"};
  }
  has_host_ = true;
  return std::nullopt;
}

void HeadReader::note_connection(std::string_view value) {
  asks_to_close_ = asks_to_close_ || list_holds(value, "close");
  asks_to_keep_ = asks_to_keep_ || list_holds(value, "keep-alive");
}

void HeadReader::note_unserved(const Refusal& refusal) {
  if (!unserved_) unserved_ = refusal;
}

std::optional<Refusal> HeadReader::check_whole() {
  if (!has_host_ && !is_http_1_0_) return Refusal{400, "HTTP/1.1 needs a Host field"};
  if (unserved_) return unserved_;
  if (target_host_) {
    request_.fields.set("Host", *target_host_);
  }
  framing_.keep_alive = !asks_to_close_ && (!is_http_1_0_ || asks_to_keep_);
  return std::nullopt;
}

}  // namespace

std::variant<Framing, Refusal> parse_head(std::string_view head, Request& request) {
  HeadReader reader(request);
  if (auto refusal = reader.read(head)) return *refusal;
  return reader.framing();
}

}  // namespace sse::http
