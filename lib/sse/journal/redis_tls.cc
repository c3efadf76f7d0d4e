#include "sse/journal/redis_tls.h"

#include <algorithm>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "sse/base/opened_file.h"
#include "sse/base/tls_bio.h"
#include "sse/base/tls_pem.h"
#include "sse/base/tls_text.h"

namespace sse::journal {
namespace {

// Of TLS 1.2; those of 1.3 are all of that kind.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

// A bundle of all authorities of a system has 250 kilobytes.
constexpr std::size_t kMostBytes = std::size_t{1} << 20U;

// What is sealed at once. A large batch leaves by many such.
constexpr std::size_t kMostAtOnce = std::size_t{2} * SSL3_RT_MAX_PLAIN_LENGTH;

// A read takes a whole record, and OpenSSL reads no further than its end.
static_assert(RedisSocket::kReadSize >= SSL3_RT_MAX_PLAIN_LENGTH);

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

Error no_tls() {
  return {ErrorCode::kUnavailable, "no TLS: " + take_tls_error()};
}

/// What the last call of OpenSSL has failed by.
Error take_failure() {
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  const std::string text = take_tls_error();
  if (reason >= SSL_AD_REASON_OFFSET) {
    return {ErrorCode::kForbidden, "Redis refuses this hub: " + text};
  }
  if (reason == SSL_R_WRONG_VERSION_NUMBER) {
    return {ErrorCode::kUnavailable, "what answers does not speak TLS: " + text};
  }
  return {ErrorCode::kUnavailable, "TLS: " + text};
}

/// An error says of which files it is.
Status of_files(const std::string& files, const Status& status) {
  if (status) return {};
  return Error{status.error().code, files + ": " + status.error().text};
}

Status use_authorities(SSL_CTX* context, const std::string& file) {
  if (file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) return no_tls();
    return {};
  }
  const auto text = SSE_TRY(read_checked(file, kMostBytes, FileSecrecy::kHashes));
  const auto authorities = read_certificates(text, "the list of authorities");
  if (!authorities) return of_files(file, authorities.error());
  for (const auto& authority : *authorities) {
    SSE_TRY(of_files(file, trust(context, authority.get(), "the list of authorities")));
  }
  return {};
}

Status use_files(SSL_CTX* context, const RedisTlsFiles& files) {
  SSE_TRY(use_authorities(context, files.authorities));
  if (files.certificate.empty()) return {};
  const auto certificate =
      SSE_TRY(read_checked(files.certificate, kMostBytes, FileSecrecy::kHashes));
  const auto key = SSE_TRY(read_checked(files.key, kMostBytes, FileSecrecy::kSecrets));
  return of_files(files.certificate + " and " + files.key, use_identity(context, certificate, key));
}

Result<Context> make_context(const RedisTlsFiles& files) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return no_tls();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // What has to be written again may have moved.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1) return no_tls();
  SSE_TRY(use_files(context.get(), files));
  return context;
}

/// Whom the certificate must name. An address is not told to the other side (RFC 6066 section 3).
bool expect(SSL* ssl, std::string_view host) {
  std::string name(host);
  if (name.empty() || name.find('\0') != std::string::npos) return false;  // it would be anyone's
  X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str()) == 1) return true;
  ERR_clear_error();
  X509_VERIFY_PARAM_set_hostflags(
      rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return SSL_set1_host(ssl, name.c_str()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

}  // namespace

/// The BIO between OpenSSL and the socket: it reads from there, and takes all that is written.
class RedisTls::Below {
 public:
  static BIO* make() {
    static BIO_METHOD* const method =
        make_bio_method("sse::journal::RedisSocket", {read, write, control});
    return method != nullptr ? BIO_new(method) : nullptr;
  }

 private:
  static int read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    RedisTls& tls = *static_cast<RedisTls*>(BIO_get_data(bio));
    const auto got = tls.RedisSocket::read({into, static_cast<std::size_t>(size)});
    if (!got) tls.broken_ = got.error();
    if (got && *got == 0) BIO_set_retry_read(bio);
    return got && *got > 0 ? static_cast<int>(*got) : -1;
  }

  static int write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    RedisTls& tls = *static_cast<RedisTls*>(BIO_get_data(bio));
    tls.sealed_.append(bytes, static_cast<std::size_t>(size));
    return size;
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }
};

void RedisTls::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

Status RedisTls::check(const RedisTlsFiles& files) {
  SSE_TRY(make_context(files));
  return {};
}

Result<std::unique_ptr<RedisTls>> RedisTls::make(UniqueFd socket, const RedisTlsFiles& files,
                                                 const std::string& host) {
  const Context context = SSE_TRY(make_context(files));
  Ssl ssl(SSL_new(context.get()));
  if (ssl == nullptr) return no_tls();
  if (!expect(ssl.get(), host)) {
    ERR_clear_error();
    return Error{ErrorCode::kInvalid, "no certificate can be for such a name"};
  }
  BIO* const bio = Below::make();
  if (bio == nullptr) return no_tls();
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_connect_state(ssl.get());
  const auto note_question = [](SSL* /*ssl*/, void* is_asked) {
    *static_cast<bool*>(is_asked) = true;
    return 1;
  };
  std::unique_ptr<RedisTls> tls(new RedisTls(std::move(socket), std::move(ssl)));
  BIO_set_data(bio, tls.get());
  BIO_set_init(bio, 1);
  SSL_set_cert_cb(tls->ssl_.get(), note_question, &tls->is_asked_);
  return tls;
}

RedisTls::RedisTls(UniqueFd socket, Ssl ssl)
    : RedisSocket(std::move(socket)), ssl_(std::move(ssl)) {
}

RedisTls::~RedisTls() {
  if (!is_up_) return;
  begin_call();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  static_cast<void>(send_sealed());
}

Result<bool> RedisTls::shake_hands() {
  begin_call();
  auto is_done = end_call(SSL_do_handshake(ssl_.get()));
  // An alert, too, that says why it has failed.
  auto sent = send_sealed();
  is_up_ = SSE_TRY(std::move(is_done));
  SSE_TRY(std::move(sent));
  return is_up_;
}

// What the other side has said before its end is read first: it may say why.
Result<std::size_t> RedisTls::read(std::span<char> into) {
  begin_call();
  std::size_t got = 0;
  auto is_done = end_call(SSL_read_ex(ssl_.get(), into.data(), into.size(), &got));
  Status sent = send_sealed();
  SSE_TRY(std::move(is_done));
  if (got > 0) is_asked_ = false;
  if (got == 0) SSE_TRY(std::move(sent));
  return got;
}

Result<std::size_t> RedisTls::write(std::string_view bytes) {
  SSE_TRY(send_sealed());
  std::size_t taken = 0;
  while (sealed_.empty() && taken < bytes.size()) {
    begin_call();
    std::size_t sealed = 0;
    const std::size_t size = std::min(bytes.size() - taken, kMostAtOnce);
    const bool is_sealed =
        SSE_TRY(end_call(SSL_write_ex(ssl_.get(), bytes.data() + taken, size, &sealed)));
    SSE_TRY(send_sealed());
    if (!is_sealed) break;  // something has to be read first
    taken += sealed;
  }
  return taken;
}

/// What the socket does not take stays. Error: it takes nothing any more.
Status RedisTls::send_sealed() {
  while (sealed_sent_ < sealed_.size()) {
    const auto sent = SSE_TRY(RedisSocket::write(std::string_view(sealed_).substr(sealed_sent_)));
    if (sent == 0) return {};
    sealed_sent_ += sent;
  }
  sealed_.clear();
  sealed_sent_ = 0;
  return {};
}

/// Another connection of this thread may have left errors behind.
void RedisTls::begin_call() {
  ERR_clear_error();
  broken_.reset();
}

/// False: the call of OpenSSL comes again when the socket is ready.
Result<bool> RedisTls::end_call(int done) {
  if (done == 1) return true;
  const int error = SSL_get_error(ssl_.get(), done);
  if (!broken_ && (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)) return false;
  if (error == SSL_ERROR_ZERO_RETURN) {
    broken_ = Error{ErrorCode::kUnavailable, "Redis has closed it"};
  } else {
    is_up_ = false;
  }
  return failure();
}

// By TLS 1.3 our side of the handshake is done before Redis has seen what we show, and a reset may
// overtake the alert that says why: an end before the first byte is told as what it most likely is.
Error RedisTls::failure() {
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK) {
    ERR_clear_error();
    return {ErrorCode::kForbidden, std::string("Redis' certificate is refused: ") +
                                       X509_verify_cert_error_string(verified)};
  }
  Error why = broken_ ? *broken_ : take_failure();
  if (!is_asked_) return why;
  if (SSL_get_certificate(ssl_.get()) == nullptr) {
    return {ErrorCode::kForbidden, "Redis asks for a certificate (--cluster-cert): " + why.text};
  }
  return {why.code,
          "Redis asks for a certificate, and may not take this one (--cluster-cert): " + why.text};
}

}  // namespace sse::journal
