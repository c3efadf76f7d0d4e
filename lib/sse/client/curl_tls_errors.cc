#include "sse/client/curl_tls_errors.h"

#include <algorithm>
#include <array>

#include "sse/base/escape.h"
#include "sse/client/curl_errors.h"

namespace sse::client {
namespace {

/// What OpenSSL and libcurl say, and what it means.
struct Fault {
  std::string_view part;
  std::string_view text;
};

// An alert is what the server thinks of us. Those before the others: their texts are alike.
constexpr std::array kFaults = {
    Fault{"alert certificate required",
          "the server asks for a client certificate; --cert and --key give one"},
    Fault{"alert unknown ca",
          "the server does not accept our certificate (--cert): it does not know its authority"},
    Fault{"alert certificate expired",
          "the server does not accept our certificate (--cert): it has expired"},
    Fault{"alert certificate revoked",
          "the server does not accept our certificate (--cert): it is revoked"},
    Fault{"alert bad certificate", "the server does not accept our certificate (--cert)"},
    Fault{"alert unsupported certificate", "the server does not accept our certificate (--cert)"},
    Fault{"alert certificate unknown", "the server does not accept our certificate (--cert)"},
    Fault{"alert access denied", "the server does not accept our certificate (--cert)"},
    Fault{"alert protocol version", "there is no version of TLS that both sides take"},
    Fault{"unsupported protocol", "there is no version of TLS that both sides take"},
    Fault{"alert unrecognized name", "the server has no certificate for this name"},
    Fault{"certificate has expired",
          "the server's certificate has expired, unless the clock here is wrong; -k trusts it "
          "anyway"},
    Fault{"certificate is not yet valid",
          "the server's certificate is not valid yet, unless the clock here is wrong; -k trusts it "
          "anyway"},
    Fault{"self-signed certificate in certificate chain",
          "the authority of the server's certificate is not trusted here; --cacert names one to "
          "trust"},
    Fault{"self-signed certificate",
          "the server's self-signed certificate is not trusted here; --cacert names one to trust"},
    Fault{"issuer certificate",
          "the authority of the server's certificate is not known here; --cacert names one to "
          "trust"},
    Fault{"unable to verify the first certificate",
          "the authority of the server's certificate is not known here; --cacert names one to "
          "trust"},
};

bool is_https(const Endpoint& url) {
  return url.origin().starts_with("https:");
}

/// The same server by the other scheme.
std::string with_scheme(std::string_view scheme, const Endpoint& url) {
  const std::string origin = url.origin();
  return std::string(scheme) + origin.substr(origin.find(':'));
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

bool is_no_tls(std::string_view text) {
  return has(text, "wrong version number") || has(text, "packet length too long") ||
         has(text, "unknown protocol") || has(text, "http request");
}

}  // namespace

std::optional<std::string> tls_fault(const Endpoint& url, const TransferFailure& failure) {
  const std::string_view text = failure.curl_text;
  for (const auto& fault : kFaults) {
    if (has(text, fault.part)) return std::string(fault.text);
  }
  if (is_no_tls(text)) {
    return "the server does not speak TLS on this port; for plain HTTP say " +
           with_scheme("http", url);
  }
  if (has(text, "subject name")) {
    return "the server's certificate is for another name than " + sse::quoted(url.host()) +
           "; use a name that is in it";
  }
  if (has(text, "alert handshake failure")) {
    return failure.has_certificate
               ? "the server refuses the handshake: it does not accept our certificate (--cert), "
                 "or there is no cipher that both sides take"
               : "the server refuses the handshake: it asks for a client certificate (--cert and "
                 "--key), or there is no cipher that both sides take";
  }
  return std::nullopt;
}

bool is_refused_by_alert(const TransferFailure& failure) {
  return has(failure.curl_text, "SSL routines") && has(failure.curl_text, " alert ");
}

std::string tls_hint(const Endpoint& url, const TransferFailure& failure) {
  if (!url.socket_path().empty()) return {};
  if (!is_https(url)) return " (if it speaks TLS, say " + with_scheme("https", url) + ")";
  return failure.has_certificate ? " (it may not accept our certificate, --cert)"
                                 : " (it may ask for a client certificate, --cert and --key)";
}

bool is_tls_record(std::string_view bytes) {
  // RFC 8446 section 5.1: an alert or a handshake, and a major version of 3.
  return bytes.size() >= 2 && (bytes[0] == '\x15' || bytes[0] == '\x16') && bytes[1] == '\x03';
}

bool says_it_speaks_tls(const Endpoint& url, int status, std::string_view body) {
  if (status != 400 || is_https(url) || !url.socket_path().empty()) return false;
  return has(body, "HTTPS") || has(body, "https") || has(body, "TLS");
}

std::string use_https(const Endpoint& url) {
  return url.origin() + " speaks TLS on this port; say " + with_scheme("https", url);
}

}  // namespace sse::client
