#pragma once

/// \file
/// The table of libcurl's errors to ours. libcurl's own texts are used only where they say more.

#include <string>
#include <string_view>

#include "sse/client/transport.h"

namespace sse::client {

/// How far a transfer came.
enum class TransferStage {
  kConnecting,  ///< name, connection, proxy, TLS
  kSent,        ///< the request was sent, or a part of it
  kHead,        ///< the head of the response has come
};

/// A transfer that libcurl has given up.
struct TransferFailure {
  int code = 0;  ///< a CURLcode
  TransferStage stage = TransferStage::kConnecting;
  int os_error = 0;              ///< errno of the connection; 0: none is known
  long proxy_status = 0;         ///< what the proxy answered to CONNECT; 0: nothing
  std::string_view curl_text;    ///< of CURLOPT_ERRORBUFFER
  std::string_view head_error;   ///< why the response was refused by us; empty: it was not
  std::string_view proxy;        ///< without credentials; empty: none
  bool has_certificate = false;  ///< we have shown one of our own, or would have
  bool is_tls_record = false;    ///< what came first in place of a response was TLS's
};

/// What to say of it, and which kind of end it is.
ExchangeEnd end_of(const Endpoint& url, const TransferFailure& failure);

/// The end of a response that is refused, for this reason.
ExchangeEnd unreadable(const Endpoint& url, TransferStage stage, std::string_view why);

}  // namespace sse::client
