#pragma once

/// \file
/// Which answers are compressed as they are made, and what their fields say of it. Streams never
/// are, nor answers to methods that change something: those may hold a secret
/// (docs/decisions/0056).

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
  bool is_asked = false;  ///< false: by its method the answer is never compressed
  bool gzip = false;      ///< and rather than identity, if it takes both
  bool identity = true;
};

/// By the method and Accept-Encoding of `request`. Without the field: identity only.
AcceptedCodings accepted_codings(const Request& request);

/// In which coding `response` is sent to a peer that takes `accepted`; sets Content-Encoding and
/// Vary, and makes an entity tag weak where the bytes are not those that it was given for. An
/// answer in a coding that the peer excludes becomes an error 406. Called once, when the status,
/// the fields and the body, or its first piece, are there.
ContentCoding choose_compression(const AcceptedCodings& accepted, Response& response);

}  // namespace sse::http
