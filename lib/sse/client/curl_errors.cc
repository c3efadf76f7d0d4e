#include "sse/client/curl_errors.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <curl/curl.h>

#include "sse/base/escape.h"
#include "sse/client/curl_tls_errors.h"

namespace sse::client {
namespace {

using Kind = ExchangeEnd::Kind;

/// In the middle of a sentence; an abbreviation stays as it is.
std::string with_small_letter(std::string text) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (text.size() > 1 && is_capital(text[0]) && !is_capital(text[1])) {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

std::string text_of(int os_error) {
  return with_small_letter(std::generic_category().message(os_error));
}

std::string curl_text(const TransferFailure& failure) {
  if (failure.curl_text.empty()) {
    return with_small_letter(::curl_easy_strerror(static_cast<CURLcode>(failure.code)));
  }
  return with_small_letter(escaped(failure.curl_text));
}

/// The peer that a connection was tried to.
std::string peer(const Endpoint& url, const TransferFailure& failure) {
  if (failure.proxy.empty()) return url.origin();
  return url.origin() + " through the proxy " + escaped(failure.proxy);
}

ExchangeEnd no_connection(const Endpoint& url, const TransferFailure& failure) {
  const bool has_no_listener = failure.os_error == ECONNREFUSED || failure.os_error == ENOENT;
  std::string text = "no connection to " + peer(url, failure) + ": ";
  text += failure.os_error == 0 ? "refused or unreachable" : text_of(failure.os_error);
  if (has_no_listener && failure.proxy.empty()) text += " (is sse-serve running?)";
  return {Kind::kUnreachable, std::move(text)};
}

ExchangeEnd no_proxy(const TransferFailure& failure) {
  std::string text = "the proxy " + escaped(failure.proxy) + " ";
  text += failure.proxy_status != 0 ? "answered " + std::to_string(failure.proxy_status)
                                    : "makes no connection: " + curl_text(failure);
  return {Kind::kUnreachable, std::move(text)};
}

ExchangeEnd no_security(const Endpoint& url, const TransferFailure& failure) {
  const bool is_cut = failure.curl_text.find("SSL_ERROR_SYSCALL") != failure.curl_text.npos ||
                      failure.curl_text.find("unexpected eof") != failure.curl_text.npos;
  if (is_cut) {  // it may be back in a moment
    return {Kind::kUnreachable,
            peer(url, failure) + " closed the connection in the middle of the TLS handshake"};
  }
  const auto fault = tls_fault(url, failure);
  return {Kind::kTls, "no secure connection to " + peer(url, failure) + ": " +
                          (fault ? *fault : curl_text(failure))};
}

ExchangeEnd not_connected(const Endpoint& url, const TransferFailure& failure) {
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Kind::kUnresolved, "the name " + sse::quoted(url.host()) + " has no address"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {Kind::kUnresolved, "the proxy " + escaped(failure.proxy) + " has no address"};
    case CURLE_COULDNT_CONNECT:
      return no_connection(url, failure);
    case CURLE_OPERATION_TIMEDOUT:
      if (failure.curl_text.starts_with("Resolving")) {
        return {Kind::kUnreachable,
                "the name " + sse::quoted(url.host()) + " was not resolved in time"};
      }
      return {Kind::kUnreachable, "no connection to " + peer(url, failure) + " in time"};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
      return no_security(url, failure);
    default:
      if (!failure.proxy.empty()) return no_proxy(failure);
      return {Kind::kUnreachable, "no connection to " + url.origin() + ": " + curl_text(failure)};
  }
}

/// Why the connection ended, when its end was not an orderly one.
std::string cut_text(const TransferFailure& failure) {
  constexpr std::string_view kReceived = "Recv failure: ";
  if (failure.code == CURLE_PARTIAL_FILE) return "before the end of the response";
  const std::string_view text = failure.curl_text;
  if (text.starts_with(kReceived)) return with_small_letter(escaped(text.substr(kReceived.size())));
  if (text.find("hunked-") != text.npos) return "its chunks cannot be read";
  return curl_text(failure);
}

}  // namespace

ExchangeEnd unreadable(const Endpoint& url, TransferStage stage, std::string_view why) {
  return {stage == TransferStage::kHead ? Kind::kCut : Kind::kNotHttp,
          "the response of " + url.origin() + " cannot be read: " + std::string(why)};
}

ExchangeEnd end_of(const Endpoint& url, const TransferFailure& failure) {
  if (failure.is_tls_record && failure.proxy.empty() && url.origin().starts_with("http:")) {
    return {Kind::kTls, use_https(url)};
  }
  if (!failure.head_error.empty()) return unreadable(url, failure.stage, failure.head_error);
  if (failure.stage == TransferStage::kConnecting) return not_connected(url, failure);
  if (is_refused_by_alert(failure)) return no_security(url, failure);
  if (failure.stage == TransferStage::kHead) {
    return {Kind::kCut, url.origin() + " cut the response: " + cut_text(failure)};
  }
  switch (failure.code) {
    case CURLE_SEND_ERROR:  // a request that is not whole is never acted upon
      return {Kind::kUnreachable,
              url.origin() + " closed the connection before the request" + tls_hint(url, failure)};
    case CURLE_OK:
      return unreadable(url, failure.stage, "it ends inside its head");
    case CURLE_GOT_NOTHING:
    case CURLE_ABORTED_BY_CALLBACK:  // libcurl wanted to send it again on another connection
      return {Kind::kNotHttp,
              url.origin() + " closed the connection without a response" + tls_hint(url, failure)};
    case CURLE_OUT_OF_MEMORY:  // past 100 KiB in one line
      return unreadable(url, failure.stage, "a header line is too long");
    case CURLE_UNSUPPORTED_PROTOCOL:
      return unreadable(url, failure.stage, "it is not HTTP");
    default:
      return {Kind::kNotHttp, url.origin() + " gave no whole response: " + cut_text(failure) +
                                  (failure.code == CURLE_RECV_ERROR ? tls_hint(url, failure) : "")};
  }
}

}  // namespace sse::client
