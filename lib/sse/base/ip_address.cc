#include "sse/base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "sse/base/escape.h"

namespace sse {
namespace {

// What one line of IPv6 is given at least (RFC 6177): its host can use any address of it.
constexpr unsigned kPrefixBits = 64;

// fe80::/10 (RFC 4291 section 2.5.6): all of a network's hosts have the same first 64 bits.
bool is_link_local(const IpAddress& address) {
  constexpr unsigned kBits = 10;
  return address.first_bits(kBits) == IpAddress::parse("fe80::");
}

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  IpAddress address;
  if (text.find(':') != std::string_view::npos) {
    const bool is_v6 = inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1;
    return is_v6 ? std::optional(address) : std::nullopt;
  }
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes_.begin());
  if (inet_pton(AF_INET, terminated.c_str(), &address.bytes_[kMappedPrefix.size()]) == 1) {
    return address;
  }
  return std::nullopt;
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

bool IpAddress::is_loopback() const {
  constexpr std::uint8_t kLoopbackNet = 127;
  if (is_v4()) return bytes_[kMappedPrefix.size()] == kLoopbackNet;
  IpAddress one;
  one.bytes_.back() = 1;
  return *this == one;
}

IpAddress IpAddress::first_bits(unsigned bits) const {
  IpAddress kept;
  for (std::size_t i = 0; i < bytes_.size() && bits > 0; ++i) {
    const unsigned here = std::min(bits, 8U);
    kept.bytes_[i] = static_cast<std::uint8_t>(bytes_[i] & (0xFF00U >> here));
    bits -= here;
  }
  return kept;
}

std::string to_string(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.is_v4()) {
    inet_ntop(AF_INET, &address.bytes_[kMappedPrefix.size()], text, sizeof text);
  } else {
    inet_ntop(AF_INET6, address.bytes_.data(), text, sizeof text);
  }
  return text;
}

std::optional<IpAddress> peer_group(std::string_view remote_address) {
  const auto address = IpAddress::parse(remote_address);
  if (!address || address->is_v4() || is_link_local(*address)) return address;
  return address->first_bits(kPrefixBits);
}

Result<AddressRange> AddressRange::parse(std::string_view text) {
  const auto slash = std::min(text.find('/'), text.size());
  const auto address = IpAddress::parse(text.substr(0, slash));
  unsigned bits = IpAddress::kBits;
  bool is_number = true;
  if (address && slash < text.size()) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
    is_number = error == std::errc() && stop == end;
    // The bits of an IPv4 range are counted from where its own begin.
    const bool is_dotted = text.substr(0, slash).find(':') == std::string_view::npos;
    const unsigned before = is_dotted ? IpAddress::kMappedBits : 0;
    is_number = is_number && bits <= IpAddress::kBits - before;
    bits += before;
  }
  if (!address || !is_number) {
    return Error{ErrorCode::kInvalid, quoted(text) +
                                          " is not a range of addresses: expected one such as "
                                          "10.0.0.0/8, 192.168.1.7 or fd00::/8"};
  }
  const IpAddress first = address->first_bits(bits);
  if (first != *address) {
    return Error{ErrorCode::kInvalid, quoted(text) + " has bits set behind its " +
                                          std::string(text.substr(slash)) + ": did you mean " +
                                          to_string(first) + std::string(text.substr(slash)) + '?'};
  }
  return AddressRange(first, bits);
}

}  // namespace sse
