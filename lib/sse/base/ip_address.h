#pragma once

/// \file
/// Addresses of peers, and ranges of them as people write them: `10.0.0.0/8`, `fd00::/8`, `::1`.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse {

/// An IPv4 or IPv6 address. IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2), so that
/// `10.0.0.1` and `::ffff:10.0.0.1` are one address. A value.
class SSE_EXPORT IpAddress {
 public:
  static constexpr unsigned kBits = 128;
  /// Of an IPv4 address, before its own 32.
  static constexpr unsigned kMappedBits = 96;

  /// Without port, brackets and zone; nullopt when `text` is none.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const;
  /// 127.0.0.0/8 or ::1.
  bool is_loopback() const;
  /// With all bits behind the first `bits` zero.
  IpAddress first_bits(unsigned bits) const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  friend std::string to_string(const IpAddress& address);

  std::array<std::uint8_t, kBits / 8> bytes_{};
};

/// In the form of its family: `10.0.0.1`, `fd00::1`.
SSE_EXPORT std::string to_string(const IpAddress& address);

/// Whose share of a limit a peer counts against: an IPv4 address, or the first 64 bits of an IPv6
/// one, of which one host may have all (decision 13); a link-local address by itself. nullopt for a
/// Unix socket's peer, which is not limited. `remote_address`: without port, as HTTP knows it.
SSE_EXPORT std::optional<IpAddress> peer_group(std::string_view remote_address);

/// All addresses that begin alike. A value.
class SSE_EXPORT AddressRange {
 public:
  /// An address, or one with `/` and a number of bits (CIDR, RFC 4632). Error: kInvalid, also when
  /// bits behind these are set, which is a slip most often.
  static Result<AddressRange> parse(std::string_view text);

  bool holds(const IpAddress& address) const { return address.first_bits(bits_) == first_; }

 private:
  AddressRange(const IpAddress& first, unsigned bits) : first_(first), bits_(bits) {}

  IpAddress first_;
  unsigned bits_;  // of the 128
};

}  // namespace sse
