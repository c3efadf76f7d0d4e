#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sse::http {

/// Turns the header fields of an HTTP/2 request into the head of the same request in HTTP/1.1, so
/// that one parser judges both (RFC 9113 section 8.3.1). What HTTP/1.1 cannot say, or would say
/// differently, is malformed. A value.
class RequestText {
 public:
  /// `most`: bytes of a head. What is beyond them, of all fields together, is left out, and the
  /// parser then refuses the head as too large.
  explicit RequestText(std::size_t most) : most_(most) {}

  /// The next field, in the order in which they came; pseudo-header fields first.
  void add(std::string_view name, std::string_view value);

  /// Whether DATA frames follow, and how they become the bytes of the body.
  enum class BodyForm : std::uint8_t {
    kNone,
    kSized,    ///< as they are
    kChunked,  ///< in chunks, since no Content-Length says where they end
  };

  /// The head, blank line included; null when the fields are malformed. `ends`: no body follows.
  std::optional<std::string> finish(bool ends);
  /// After finish().
  BodyForm body_form() const { return body_form_; }

  /// Bytes of names and values so far, those left out included.
  std::size_t size() const { return size_; }

 private:
  void add_pseudo(std::string_view name, std::string_view value);
  void add_regular(std::string_view name, std::string_view value);
  void append(std::string& to, std::string_view text);
  bool has_target() const;

  const std::size_t most_;
  std::size_t size_ = 0;
  std::size_t kept_ = 0;  // of it
  std::optional<std::string> method_, path_, scheme_, authority_, host_;
  std::string cookie_;  // all fields of that name, joined (section 8.2.3)
  std::string fields_;  // the others, as lines
  BodyForm body_form_ = BodyForm::kNone;
  bool has_regular_ = false;
  bool has_length_ = false;
  bool is_malformed_ = false;
};

/// Appends a part of a body as a chunk of it (RFC 9112 section 7.1). REQUIRES: !bytes.empty().
void append_chunk(std::string& out, std::string_view bytes);
inline constexpr std::string_view kLastChunkText = "0\r\n\r\n";

}  // namespace sse::http
