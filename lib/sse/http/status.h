#pragma once

/// \file
/// The status codes that are known by name (RFC 9110 section 15, and a few of other RFCs).

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace sse::http {

struct KnownStatus {
  int status;
  std::string_view reason;
};

inline constexpr std::array kStatuses = {
    KnownStatus{200, "OK"},
    KnownStatus{201, "Created"},
    KnownStatus{202, "Accepted"},
    KnownStatus{204, "No Content"},
    KnownStatus{206, "Partial Content"},
    KnownStatus{301, "Moved Permanently"},
    KnownStatus{302, "Found"},
    KnownStatus{303, "See Other"},
    KnownStatus{304, "Not Modified"},
    KnownStatus{307, "Temporary Redirect"},
    KnownStatus{308, "Permanent Redirect"},
    KnownStatus{400, "Bad Request"},
    KnownStatus{401, "Unauthorized"},
    KnownStatus{403, "Forbidden"},
    KnownStatus{404, "Not Found"},
    KnownStatus{405, "Method Not Allowed"},
    KnownStatus{406, "Not Acceptable"},
    KnownStatus{408, "Request Timeout"},
    KnownStatus{409, "Conflict"},
    KnownStatus{410, "Gone"},
    KnownStatus{411, "Length Required"},
    KnownStatus{412, "Precondition Failed"},
    KnownStatus{413, "Content Too Large"},
    KnownStatus{414, "URI Too Long"},
    KnownStatus{415, "Unsupported Media Type"},
    KnownStatus{417, "Expectation Failed"},
    KnownStatus{422, "Unprocessable Content"},
    KnownStatus{426, "Upgrade Required"},
    KnownStatus{429, "Too Many Requests"},
    KnownStatus{431, "Request Header Fields Too Large"},
    KnownStatus{500, "Internal Server Error"},
    KnownStatus{501, "Not Implemented"},
    KnownStatus{502, "Bad Gateway"},
    KnownStatus{503, "Service Unavailable"},
    KnownStatus{504, "Gateway Timeout"},
    KnownStatus{505, "HTTP Version Not Supported"},
    KnownStatus{507, "Insufficient Storage"},
};

/// Where it is in kStatuses; their number when it is not there.
constexpr std::size_t status_slot(int status) {
  const auto* found =
      std::lower_bound(kStatuses.begin(), kStatuses.end(), status,
                       [](const KnownStatus& known, int wanted) { return known.status < wanted; });
  const auto slot = static_cast<std::size_t>(found - kStatuses.begin());
  return slot < kStatuses.size() && kStatuses[slot].status == status ? slot : kStatuses.size();
}

}  // namespace sse::http
