#pragma once

/// \file
/// Which answers are compressed as they are made. A handler allows it by `Vary: Accept-Encoding`:
/// the length of what is compressed tells about its contents, so an answer that holds a secret
/// beside text of others must not be. Streams never are compressed, nor answers to methods other
/// than GET and HEAD (docs/decisions/0056).

#include <cstddef>

#include "sse/http/content_coding.h"

namespace sse::http {

struct Request;
struct Response;

/// A body that is shorter is not compressed unless the peer takes nothing else: it is one packet
/// anyhow.
inline constexpr std::size_t kShortestToCompress = 1024;

/// What the peer takes of the codings that an answer can be made in. A value.
struct AcceptedCodings {
  bool gzip = false;  ///< and rather than identity, if it takes both
  bool identity = true;
};

/// By the method and Accept-Encoding of `request`. Without the field, and for methods other than
/// GET and HEAD: identity only.
AcceptedCodings accepted_codings(const Request& request);

/// In which coding `response` is sent to a peer that takes `accepted`; sets Content-Encoding. gzip
/// needs `Vary: Accept-Encoding` of the handler, status 200, text, and no strong entity tag, which
/// would name two forms (RFC 9110 section 8.8.3.3). A peer that takes neither coding gets identity
/// (section 12.5.3 allows it). Called once, when the status, the fields and the body, or its first
/// piece, are there.
ContentCoding choose_compression(const AcceptedCodings& accepted, Response& response);

}  // namespace sse::http
