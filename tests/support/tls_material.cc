#include "support/tls_material.h"

#include <cstdint>
#include <utility>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "support/catch.h"

namespace sse::test {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using OwnedCertificate = std::unique_ptr<X509, Freed<X509_free>>;
using OwnedKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

template <typename Write>
std::string pem(Write write) {
  const std::unique_ptr<BIO, Freed<BIO_free>> bio(BIO_new(BIO_s_mem()));
  REQUIRE(write(bio.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  return pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

enum class Kind { kAuthority, kEnd };

OwnedCertificate make(const CertificateWish& wish, EVP_PKEY* key, X509* issuer, Kind what) {
  static std::int64_t serial = 1;
  OwnedCertificate made(X509_new());
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set_int64(X509_get_serialNumber(made.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), wish.valid_from.count());
  X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.valid_until.count());
  X509_set_pubkey(made.get(), key);
  X509_NAME* const subject = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.name.data()),
                             static_cast<int>(wish.name.size()), -1, 0);
  X509* const signer = issuer != nullptr ? issuer : made.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(signer));
  X509V3_CTX context;
  X509V3_set_ctx(&context, signer, made.get(), nullptr, nullptr, 0);
  const auto extend = [&](int kind, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    REQUIRE(extension != nullptr);
    X509_add_ext(made.get(), extension.get(), -1);
  };
  if (what == Kind::kAuthority) extend(NID_basic_constraints, "critical,CA:TRUE");
  if (!wish.alternatives.empty()) extend(NID_subject_alt_name, wish.alternatives);
  return made;
}

}  // namespace

struct Authority::Own {
  OwnedKey key{EVP_EC_gen("P-256")};
  OwnedCertificate certificate;
};

Authority::Authority() : own_(std::make_unique<Own>()) {
  own_->certificate = make({.name = "test authority"}, own_->key.get(), nullptr, Kind::kAuthority);
  REQUIRE(X509_sign(own_->certificate.get(), own_->key.get(), EVP_sha256()) > 0);
  certificate_ = pem_of(own_->certificate.get());
}

Authority::Authority(const Authority& root) : own_(std::make_unique<Own>()) {
  own_->certificate = make({.name = "authority below"}, own_->key.get(),
                           root.own_->certificate.get(), Kind::kAuthority);
  REQUIRE(X509_sign(own_->certificate.get(), root.own_->key.get(), EVP_sha256()) > 0);
  certificate_ = pem_of(own_->certificate.get());
}

Authority::~Authority() = default;

TlsIdentity Authority::issue(const CertificateWish& wish) const {
  const OwnedKey key(EVP_EC_gen("P-256"));
  const OwnedCertificate made = make(wish, key.get(), own_->certificate.get(), Kind::kEnd);
  REQUIRE(X509_sign(made.get(), own_->key.get(), EVP_sha256()) > 0);
  return {pem_of(made.get()), pem([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

std::shared_ptr<const net::TlsContext> make_tls_context(net::TlsOptions options) {
  const TlsIdentity identity = Authority().issue();
  auto made = net::TlsContext::make({identity.certificate, identity.key, {}}, std::move(options));
  REQUIRE(made);
  return *std::move(made);
}

}  // namespace sse::test
