#pragma once

/// \file
/// The last event id of a stream that was read to its end (docs/stream.md): the id of its last
/// event, and `/done`. It needs no lookup: any hub knows it, also when the event is gone.

#include <string>
#include <string_view>

#include "sse/base/uuid.h"

namespace sse::wire {

inline constexpr std::string_view kDoneSuffix = "/done";

inline std::string done_id(std::string_view id) {
  return std::string(id).append(kDoneSuffix);
}

/// Whether it is that of one of our hubs: another server's id may have the same ending.
inline bool is_done_id(std::string_view id) {
  return id.ends_with(kDoneSuffix) && parse_uuid(id.substr(0, id.size() - kDoneSuffix.size()));
}

/// The id of the last event; any other id as it is.
inline std::string_view without_done(std::string_view id) {
  return is_done_id(id) ? id.substr(0, id.size() - kDoneSuffix.size()) : id;
}

}  // namespace sse::wire
