#include "sse/net/tls_names.h"

#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "sse/base/certificate_name.h"

namespace sse::net {
namespace {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::optional<std::string> name_of(std::string_view kind, const ASN1_STRING* text) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, text);
  if (size < 0) return std::nullopt;
  std::string made(kind);
  made.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return certificate_name(made);
}

std::optional<std::string> alternative_name(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_DNS:
      return name_of("dns:", name.d.dNSName);
    case GEN_EMAIL:
      return name_of("email:", name.d.rfc822Name);
    case GEN_URI:
      return name_of("uri:", name.d.uniformResourceIdentifier);
    default:
      return std::nullopt;
  }
}

/// `sha256:` and 64 hex digits, of the whole certificate.
std::string fingerprint(const X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  X509_digest(&certificate, EVP_sha256(), digest.data(), &size);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string made = "sha256:";
  for (unsigned int i = 0; i < size; ++i) {
    made += kDigits[digest[i] >> 4U];
    made += kDigits[digest[i] & 15U];
  }
  return made;
}

/// The subject's common name. Of two of them neither counts: readers disagree on which does.
std::optional<std::string> common_name(const X509& certificate) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return std::nullopt;
  return name_of("cn:", X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

}  // namespace

std::vector<std::string> names_of_peer(const ssl_st* ssl) {
  std::vector<std::string> names;
  const std::unique_ptr<X509, FreeCertificate> certificate(SSL_get1_peer_certificate(ssl));
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return names;
  names.push_back(fingerprint(*certificate));
  // An authority may check the alternative names alone, and take the common name as it was asked
  // for: it counts only without them (RFC 6125 section 6.4.4).
  if (X509_get_ext_by_NID(certificate.get(), NID_subject_alt_name, -1) < 0) {
    if (auto name = common_name(*certificate)) names.push_back(*std::move(name));
    return names;
  }
  const std::unique_ptr<GENERAL_NAMES, FreeNames> others(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(others.get()); ++i) {
    if (auto name = alternative_name(*sk_GENERAL_NAME_value(others.get(), i))) {
      names.push_back(*std::move(name));
    }
  }
  return names;
}

}  // namespace sse::net
