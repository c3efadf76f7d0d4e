#pragma once

#include "sse/http/router.h"

namespace sse::http {

/// A handler of cpp-httplib's signature as one of ours: the only place that fills its request and
/// reads its response. Of the response what cpp-httplib's own server would send counts: status (200
/// when it is not set), headers, body or content provider.
CallHandler mounted(Handler handler);

}  // namespace sse::http
