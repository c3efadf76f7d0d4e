#include "tls_options.h"

#include <string>

#include "cli/command_line.h"
#include "cli/option_list.h"

namespace sse::serve {
namespace {

Error wrong(const std::string& text) {
  return {ErrorCode::kInvalid, text};
}

/// Only on the command line: a file or the environment may hold the options of more than one hub.
Status check_none(const cli::CommandLine& line) {
  for (const char* name : {"tls-min", "max-handshakes", "handshake-timeout", "plain-port"}) {
    if (line.origin_of(name).source == cli::Origin::Source::kCommandLine) {
      return wrong(std::string("--") + name + " needs --tls-cert");
    }
  }
  return {};
}

}  // namespace

void declare_tls(cli::OptionList& list, server::EventServerOptions& options) {
  auto& tls = options.tls;
  list.group("TLS");
  list.text("--tls-cert", tls.certificate, "FILE",
            "speak https on --port: the certificate and those between it and its root, PEM; read "
            "again when it changes, and on SIGHUP");
  list.text("--tls-key", tls.key, "FILE", "the key of the certificate, PEM, without a passphrase");
  list.choice<net::TlsVersion>("--tls-min", tls.least, "the oldest version that is spoken",
                               {{"1.2", net::TlsVersion::k12}, {"1.3", net::TlsVersion::k13}});
  list.text(
      "--client-ca", tls.client_ca, "FILE",
      "ask clients for a certificate that one of these authorities (PEM), or one below it, has "
      "signed; the row of --tokens with its name says what it may do");
  list.number("--plain-port", options.plain_port,
              "a port on loopback beside --port that stays plain; in a file or the environment it "
              "counts without --tls-cert, too; 0 picks a free one");
  list.number("--max-handshakes", options.http.max_handshakes,
              "TLS handshakes under way; more wait for their turn", std::size_t{1});
  list.duration("--handshake-timeout", options.http.handshake_timeout,
                "a whole TLS handshake, the wait for its turn included");
}

Status check_tls(const cli::CommandLine& line, const server::EventServerOptions& options) {
  const auto& tls = options.tls;
  if (tls.certificate.empty() && !tls.key.empty()) {
    return wrong("--tls-key needs --tls-cert, the certificate of the key");
  }
  if (!tls.certificate.empty() && tls.key.empty()) {
    return wrong("--tls-cert needs --tls-key, the key of the certificate");
  }
  if (!tls.client_ca.empty() && !tls.is_on()) return wrong("--client-ca needs --tls-cert");
  if (!tls.client_ca.empty() && options.auth.tokens.empty()) {
    return wrong("--client-ca needs --tokens: its rows say what a client certificate may do");
  }
  if (options.http.handshake_timeout < std::chrono::milliseconds(1)) {
    return wrong("--handshake-timeout: expected at least 1ms");
  }
  return tls.is_on() ? Status() : check_none(line);
}

}  // namespace sse::serve
