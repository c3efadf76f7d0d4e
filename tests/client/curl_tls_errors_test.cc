#include "sse/client/curl_tls_errors.h"

#include <string>
#include <string_view>

#include "sse/client/curl_errors.h"

#include "support/catch.h"

namespace sse::client {
namespace {

const Endpoint kSecure = *Endpoint::parse("https://hub.example:8443/events/watch");
const Endpoint kPlain = *Endpoint::parse("http://hub.example:8089/events/watch");

TransferFailure saying(std::string_view curl_text, bool has_certificate = false) {
  TransferFailure failure;
  failure.curl_text = curl_text;
  failure.has_certificate = has_certificate;
  return failure;
}

TEST_CASE("What OpenSSL and libcurl say of TLS becomes a sentence that says what to do",
          "[client][tls]") {
  struct Row {
    std::string_view said, text;
  };
  const Row rows[] = {
      {"OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number",
       "the server does not speak TLS on this port; for plain HTTP say http://hub.example:8443"},
      {"SSL certificate problem: certificate has expired",
       "the server's certificate has expired, unless the clock here is wrong; -k trusts it anyway"},
      {"SSL certificate problem: certificate is not yet valid",
       "the server's certificate is not valid yet, unless the clock here is wrong; -k trusts it "
       "anyway"},
      {"SSL: no alternative certificate subject name matches target host name 'hub.example'",
       "the server's certificate is for another name than \"hub.example\"; use a name that is in "
       "it"},
      {"SSL certificate problem: unable to get local issuer certificate",
       "the authority of the server's certificate is not known here; --cacert names one to trust"},
      {"SSL certificate problem: self-signed certificate",
       "the server's self-signed certificate is not trusted here; --cacert names one to trust"},
      {"SSL certificate problem: self-signed certificate in certificate chain",
       "the authority of the server's certificate is not trusted here; --cacert names one to "
       "trust"},
      {"OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0",
       "the server asks for a client certificate; --cert and --key give one"},
      {"error:0A000410:SSL routines::sslv3 alert handshake failure",
       "the server refuses the handshake: it asks for a client certificate (--cert and --key), or "
       "there is no cipher that both sides take"},
      {"error:0A000418:SSL routines::tlsv1 alert unknown ca",
       "the server does not accept our certificate (--cert): it does not know its authority"},
      {"error:0A000415:SSL routines::sslv3 alert certificate expired",
       "the server does not accept our certificate (--cert): it has expired"},
      {"error:0A00042E:SSL routines::tlsv1 alert protocol version",
       "there is no version of TLS that both sides take"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.said);
    CHECK(tls_fault(kSecure, saying(row.said)) == row.text);
  }
  CHECK_FALSE(tls_fault(kSecure, saying("something new")));
  CHECK(
      tls_fault(kSecure, saying("sslv3 alert handshake failure", true))->find("our certificate") !=
      std::string::npos);
}

TEST_CASE("An alert behind the handshake is a refusal, and anything else is not", "[client][tls]") {
  CHECK(is_refused_by_alert(
      saying("OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required")));
  CHECK_FALSE(is_refused_by_alert(saying("Recv failure: Connection reset by peer")));
  CHECK_FALSE(is_refused_by_alert(saying("error:0A000126:SSL routines::unexpected eof")));
}

TEST_CASE("A record of TLS is told from other bytes", "[client][tls]") {
  CHECK(is_tls_record("\x15\x03\x01"));
  CHECK(is_tls_record("\x16\x03"));
  for (const std::string_view other : {"", "\x15", "HTTP/1.1", "\x15\x02", "\x17\x03"}) {
    CHECK_FALSE(is_tls_record(other));
  }
}

TEST_CASE("A 400 to plain HTTP that names TLS says that the port speaks it", "[client][tls]") {
  const std::string_view go = "Client sent an HTTP request to an HTTPS server.\n";
  CHECK(says_it_speaks_tls(kPlain, 400, go));
  CHECK(says_it_speaks_tls(kPlain, 400, R"({"error":"this port speaks TLS"})"));
  CHECK(says_it_speaks_tls(kPlain, 400, "The plain HTTP request was sent to HTTPS port"));
  CHECK_FALSE(says_it_speaks_tls(kPlain, 400, R"({"error":"expected a number"})"));
  CHECK_FALSE(says_it_speaks_tls(kPlain, 404, go));
  CHECK_FALSE(says_it_speaks_tls(kSecure, 400, go));
  CHECK(use_https(kPlain) ==
        "http://hub.example:8089 speaks TLS on this port; say https://hub.example:8089");
}

}  // namespace
}  // namespace sse::client
