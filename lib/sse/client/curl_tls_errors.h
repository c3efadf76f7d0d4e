#pragma once

/// \file
/// What is wrong with TLS, in a sentence that says what to do. OpenSSL's and libcurl's own texts
/// are looked through for it, as both have one code for most.

#include <optional>
#include <string>
#include <string_view>

#include "sse/client/endpoint.h"

namespace sse::client {

struct TransferFailure;

/// Behind `no secure connection to ...: `; nullopt: of none of the known kinds.
std::optional<std::string> tls_fault(const Endpoint& url, const TransferFailure& failure);

/// Whether the server has ended the connection by an alert of TLS: the handshake was refused, which
/// in TLS 1.3 shows when the client has sent its request already. The server has not read it.
bool is_refused_by_alert(const TransferFailure& failure);

/// What a failure without a response may come from: a server that speaks TLS behind `http`, or one
/// that wants another certificate behind `https`. In brackets, with a blank before them; else
/// empty.
std::string tls_hint(const Endpoint& url, const TransferFailure& failure);

/// Whether bytes that came in place of a response to `http` are a record of TLS.
bool is_tls_record(std::string_view bytes);

/// Whether a server that was asked by `http` has answered that it speaks TLS, as web servers do:
/// with 400 and a text that names it.
bool says_it_speaks_tls(const Endpoint& url, int status, std::string_view body);

/// What to say then.
std::string use_https(const Endpoint& url);

}  // namespace sse::client
