#pragma once

/// \file
/// Certificates and keys from texts in PEM form, for a server and for a client. A door to OpenSSL,
/// whose headers this does not include.

#include <memory>
#include <string>
#include <vector>

#include "sse/base/result.h"

struct ssl_ctx_st;
struct x509_st;

namespace sse {

struct FreeCertificate {
  void operator()(x509_st* certificate) const;
};
using OwnedCertificate = std::unique_ptr<x509_st, FreeCertificate>;

/// All certificates of the text, one at least. `what` names it in the error: kInvalid.
Result<std::vector<OwnedCertificate>> read_certificates(const std::string& text,
                                                        const std::string& what);

/// What `context` shows of itself: its own certificate, then those between it and its root, and the
/// key of the first. Error, kInvalid: no certificate or key in the text, a key with a passphrase, a
/// key that is not the certificate's, one that OpenSSL's security level refuses.
Status use_identity(ssl_ctx_st* context, const std::string& certificate, const std::string& key);

/// Trusts what this authority has signed, and what an authority below it has. It is an anchor by
/// itself, also where it is below another one, which is not trusted then. Error, kInvalid.
Status trust(ssl_ctx_st* context, x509_st* authority, const std::string& what);

}  // namespace sse
