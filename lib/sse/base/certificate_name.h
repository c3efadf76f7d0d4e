#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sse/base/export.h"

namespace sse {

/// What certificate_name() takes, for error texts.
inline constexpr char kCertificateNameForms[] =
    "dns:NAME, email:ADDRESS, uri:URI, cn:NAME or sha256:FINGERPRINT";

/// A name of a certificate with its kind, in the one form that is compared: `dns:s7.example`,
/// `email:s7@example.org`, `uri:urn:s7` (RFC 5280 section 4.2.1.6), `cn:sensor 7` for the common
/// name, `sha256:` and 64 hex digits for the certificate itself. DNS names, hosts of addresses and
/// hex digits lose their case (RFC 5280 section 7), hex digits the colons between them. nullopt for
/// another kind, or nothing behind it.
SSE_EXPORT std::optional<std::string> certificate_name(std::string_view text);

}  // namespace sse
