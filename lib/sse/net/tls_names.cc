#include "sse/net/tls_names.h"

#include <memory>
#include <optional>
#include <string_view>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace sse::net {
namespace {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::optional<std::string> text_of(const ASN1_STRING* text) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, text);
  if (size < 0) return std::nullopt;
  std::string made(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  if (made.empty() || made.find('\0') != std::string::npos) return std::nullopt;
  return made;
}

std::optional<std::string> alternative_name(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_DNS:
      return text_of(name.d.dNSName);
    case GEN_EMAIL:
      return text_of(name.d.rfc822Name);
    case GEN_URI:
      return text_of(name.d.uniformResourceIdentifier);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::vector<std::string> names_of_peer(const ssl_st* ssl) {
  std::vector<std::string> names;
  const std::unique_ptr<X509, FreeCertificate> certificate(SSL_get1_peer_certificate(ssl));
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return names;
  const X509_NAME* const subject = X509_get_subject_name(certificate.get());
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) {
    if (auto name = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)))) {
      names.push_back(*std::move(name));
    }
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
