#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sse/base/later.h"
#include "sse/http/request.h"

namespace sse::http {

struct Response;

/// How the peer finds the end of a body.
enum class BodyForm {
  kNone,        ///< there is none, and no length is given (204, 304)
  kSized,       ///< Content-Length
  kChunked,     ///< HTTP/1.1 only
  kUntilClose,  ///< the connection's end is the body's; of HTTP/2, the stream's
};

inline constexpr std::string_view kClose = "close";

/// The fields that the connection adds to what the handler set.
struct AnswerFields {
  BodyForm form = BodyForm::kNone;
  std::uint64_t length = 0;     ///< of a sized body
  std::string_view date;        ///< empty: no Date
  std::string_view connection;  ///< kClose, `keep-alive`, or empty: not said
};

/// How `response` is framed for a peer that speaks `version`. The connection closes when `closing`
/// says so, when the handler asked for it, or when nothing else can end the body.
AnswerFields choose_fields(Version version, const Response& response, bool closing);

/// The same for the head of a stream, whose connection is used for nothing else.
AnswerFields choose_stream_fields(Version version);

/// Appends the status line and the fields, blank line included. Content-Length, Transfer-Encoding
/// and Connection of the handler are left out: they are the connection's to say. So is every field
/// that would break the framing (CR, LF, NUL in its value, a name that is not a token).
void append_head(std::string& out, const Response& response, const AnswerFields& fields);

/// The same fields for HTTP/2, whose framing says the rest: none that speaks of a connection (RFC
/// 9113 section 8.2.2).
void for_each_field(const Response& response, const AnswerFields& fields,
                    const FunctionRef<void(std::string_view, std::string_view)>& visit);

/// A Date field's value (RFC 9110 section 5.6.7) for a second since 1970.
std::string http_date(std::int64_t unix_seconds);

}  // namespace sse::http
