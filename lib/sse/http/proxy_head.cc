#include "sse/http/proxy_head.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "sse/base/ip_address.h"

namespace sse::http {
namespace {

// Version 1: one line, such as "PROXY TCP4 192.0.2.1 192.0.2.7 56324 443\r\n".
constexpr std::string_view kText = "PROXY ";
constexpr std::string_view kEnd = "\r\n";
constexpr std::size_t kMostText = 107;  // with its end
constexpr std::string_view kUnknown = "UNKNOWN";

// Version 2, all numbers in network order:
//
//   12 bytes  signature
//    1        4 bits version (2), 4 bits command: 0 LOCAL, 1 PROXY
//    1        4 bits family: 0 none, 1 IPv4, 2 IPv6, 3 Unix; 4 bits transport: 0 none, 1 stream,
//             2 datagram
//    2        how many bytes follow
//   12 or 36  source and destination address, source and destination port
//             then TLVs
constexpr std::string_view kSignature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kBinaryStart = 16;
constexpr unsigned kVersion = 2;
constexpr unsigned kLocal = 0;
constexpr unsigned kProxy = 1;
constexpr unsigned kInet = 1;
constexpr unsigned kInet6 = 2;
constexpr unsigned kLastFamily = 3;
constexpr unsigned kLastTransport = 2;
constexpr std::size_t kInetSize = 12;
constexpr std::size_t kInet6Size = 36;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

unsigned number_at(std::string_view bytes, std::size_t at) {
  return byte_at(bytes, at) << 8U | byte_at(bytes, at + 1);
}

std::string peer_text(const IpAddress& address, unsigned port) {
  const std::string text = to_string(address);
  const std::string number = std::to_string(port);
  return address.is_v4() ? text + ":" + number : "[" + text + "]:" + number;
}

/// Takes one field of a line; what follows the next blank stays in `line`.
std::string_view take_field(std::string_view& line) {
  const auto blank = std::min(line.find(' '), line.size());
  const auto field = line.substr(0, blank);
  line.remove_prefix(std::min(blank + 1, line.size()));
  return field;
}

/// A port without sign or leading zeros.
std::optional<unsigned> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  const bool is_port = error == std::errc() && stop == end && (text.size() == 1 || text[0] != '0');
  return is_port ? std::optional<unsigned>(port) : std::nullopt;
}

/// An address in the form of `family`, TCP4 or TCP6.
std::optional<IpAddress> read_address(std::string_view family, std::string_view text) {
  const bool is_v6 = text.find(':') != std::string_view::npos;
  return is_v6 == (family == "TCP6") ? IpAddress::parse(text) : std::nullopt;
}

std::optional<IpAddress> address_of_bytes(int family, const char* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, bytes, text, sizeof text);
  return IpAddress::parse(text);
}

}  // namespace

std::size_t ProxyHead::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && progress_ == Progress::kMore) {
    const bool is_behind_kept = to_keep_ > 0 && kept_.size() == to_keep_;
    if (is_behind_kept) {
      const auto skipped = std::min(to_skip_, bytes.size() - taken);
      to_skip_ -= skipped;
      taken += skipped;
      if (to_skip_ == 0) end_binary();
    } else if (take_byte(bytes[taken])) {
      ++taken;
    }
  }
  return taken;
}

ProxyHead::Form ProxyHead::form() const {
  if (kept_.front() == kText.front()) return Form::kText;
  return kept_.front() == kSignature.front() ? Form::kBinary : Form::kUndecided;
}

// False: with it this is not a header.
bool ProxyHead::take_byte(char byte) {
  kept_ += byte;
  const Form its_form = form();
  const auto start = its_form == Form::kText ? kText : kSignature;
  const auto known = std::min(kept_.size(), start.size());
  if (its_form == Form::kUndecided || kept_.compare(0, known, start, 0, known) != 0) {
    progress_ = Progress::kBad;
  } else if (its_form == Form::kText) {
    if (kept_.ends_with(kEnd)) {
      end_text();
    } else if (kept_.size() == kMostText) {
      progress_ = Progress::kBad;
    }
  } else if (kept_.size() == kBinaryStart) {
    begin_binary();
  } else if (kept_.size() == to_keep_ && to_skip_ == 0) {
    end_binary();
  }
  return progress_ != Progress::kBad;
}

void ProxyHead::end_text() {
  std::string_view line(kept_);
  line.remove_prefix(kText.size());
  line.remove_suffix(kEnd.size());
  progress_ = Progress::kBad;
  const auto family = take_field(line);
  if (family == kUnknown) {  // whatever follows
    progress_ = Progress::kDone;
    return;
  }
  if (family != "TCP4" && family != "TCP6") return;
  const auto source = read_address(family, take_field(line));
  const auto destination = read_address(family, take_field(line));
  const auto source_port = read_port(take_field(line));
  const auto destination_port = read_port(line);
  if (!source || !destination || !source_port || !destination_port) return;
  source_ = Source::kNamed;
  peer_ = peer_text(*source, *source_port);
  progress_ = Progress::kDone;
}

// How many bytes follow is known.
void ProxyHead::begin_binary() {
  const unsigned command = byte_at(kept_, 12) & 0xFU;
  const unsigned family = byte_at(kept_, 13) >> 4U;
  const unsigned transport = byte_at(kept_, 13) & 0xFU;
  const std::size_t length = number_at(kept_, 14);
  const bool is_local = command == kLocal;
  const bool is_known = byte_at(kept_, 12) >> 4U == kVersion && command <= kProxy &&
                        (is_local || (family <= kLastFamily && transport <= kLastTransport));
  std::size_t addresses = 0;
  if (!is_local && transport != 0) {
    if (family == kInet) addresses = kInetSize;
    if (family == kInet6) addresses = kInet6Size;
  }
  if (!is_known || length < addresses) {
    progress_ = Progress::kBad;
    return;
  }
  to_keep_ = kBinaryStart + addresses;
  to_skip_ = length - addresses;
  if (to_keep_ == kBinaryStart && to_skip_ == 0) end_binary();
}

void ProxyHead::end_binary() {
  progress_ = Progress::kDone;
  if ((byte_at(kept_, 12) & 0xFU) == kLocal) source_ = Source::kLocal;
  if (to_keep_ == kBinaryStart) return;
  const bool is_v4 = to_keep_ == kBinaryStart + kInetSize;
  const auto address = address_of_bytes(is_v4 ? AF_INET : AF_INET6, &kept_[kBinaryStart]);
  const std::size_t ports = to_keep_ - 4;
  if (!address) return;
  source_ = Source::kNamed;
  peer_ = peer_text(*address, number_at(kept_, ports));
}

}  // namespace sse::http
