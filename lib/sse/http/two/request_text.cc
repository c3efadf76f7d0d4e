#include "sse/http/two/request_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "sse/http/characters.h"

namespace sse::http {
namespace {

constexpr std::string_view kCrlf = "\r\n";

// They speak of one connection of HTTP/1 (RFC 9113 section 8.2.2).
constexpr std::array<std::string_view, 5> kOfConnection = {
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"};

bool is_lower_case(std::string_view name) {
  return std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Space around a value is malformed here, while HTTP/1.1 takes it off (section 8.2.1).
bool is_value(std::string_view value) {
  return is_field_value(value) && trimmed(value) == value;
}

// What a request line can hold between its spaces.
bool is_target(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 0x7F;
  });
}

}  // namespace

void RequestText::add(std::string_view name, std::string_view value) {
  size_ += name.size() + value.size();
  if (is_malformed_) return;
  if (name.starts_with(':')) {
    add_pseudo(name.substr(1), value);
  } else {
    has_regular_ = true;
    add_regular(name, value);
  }
}

void RequestText::add_pseudo(std::string_view name, std::string_view value) {
  std::optional<std::string>* const field = name == "method"      ? &method_
                                            : name == "path"      ? &path_
                                            : name == "scheme"    ? &scheme_
                                            : name == "authority" ? &authority_
                                                                  : nullptr;
  // Those that have few values are whole, however large the others are.
  constexpr std::size_t kMostOfMethod = 64;
  const bool is_short = field == &method_ || field == &scheme_;
  if (field == nullptr || *field || has_regular_ || !is_value(value) ||
      (is_short && value.size() > kMostOfMethod)) {
    is_malformed_ = true;
  } else if (is_short) {
    field->emplace(value);
  } else {
    append(field->emplace(), value);
  }
}

void RequestText::add_regular(std::string_view name, std::string_view value) {
  const auto is_of_connection = [&] {
    return std::find(kOfConnection.begin(), kOfConnection.end(), name) != kOfConnection.end() ||
           (name == "te" && value != "trailers");
  };
  if (!is_token(name) || !is_lower_case(name) || !is_value(value) || is_of_connection()) {
    is_malformed_ = true;
  } else if (name == "host" && !host_) {
    append(host_.emplace(), value);
  } else if (name == "cookie") {
    if (!cookie_.empty()) append(cookie_, "; ");
    append(cookie_, value);
  } else {
    has_length_ = has_length_ || name == "content-length";
    for (const std::string_view part : {name, std::string_view(": "), value, kCrlf}) {
      append(fields_, part);
    }
  }
}

// One byte more than a head may have, so that the parser sees that it is too large.
void RequestText::append(std::string& to, std::string_view text) {
  const std::string_view part = text.substr(0, most_ + 1 - kept_);
  to += part;
  kept_ += part.size();
}

// CONNECT has an authority alone (section 8.5).
bool RequestText::has_target() const {
  if (*method_ == "CONNECT") return !path_ && !scheme_ && authority_ && is_target(*authority_);
  return scheme_ && (*scheme_ == "http" || *scheme_ == "https") && path_ && is_target(*path_) &&
         (path_->front() == '/' || *path_ == "*");
}

std::optional<std::string> RequestText::finish(bool ends) {
  if (is_malformed_ || !method_ || !is_token(*method_) || !has_target()) return std::nullopt;
  const std::string& target = *method_ == "CONNECT" ? *authority_ : *path_;
  std::string head = *method_ + " " + target + " HTTP/1.1\r\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    for (const std::string_view part : {name, std::string_view(": "), value, kCrlf}) head += part;
  };
  // Both, and not equal: the parser refuses a second Host.
  if (authority_) add("host", *authority_);
  if (host_ && (!authority_ || !equals_ignoring_case(*host_, *authority_))) add("host", *host_);
  head += fields_;
  if (!cookie_.empty()) add("cookie", cookie_);
  if (has_length_) {
    body_form_ = ends ? BodyForm::kNone : BodyForm::kSized;
  } else if (!ends) {
    add("transfer-encoding", "chunked");
    body_form_ = BodyForm::kChunked;
  }
  head += kCrlf;
  return head;
}

void append_chunk(std::string& out, std::string_view bytes) {
  constexpr int kHex = 16;
  std::array<char, 16> size;
  const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), kHex).ptr;
  out.append(size.data(), end).append(kCrlf).append(bytes).append(kCrlf);
}

}  // namespace sse::http
