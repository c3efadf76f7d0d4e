#pragma once

#include <string_view>

namespace sse::http {

/// Whether If-None-Match says that the peer has what `entity_tag` names: its list holds the tag, by
/// weak comparison (RFC 9110 sections 8.8.3.2 and 13.1.2), or it is `*`. `entity_tag` is strong,
/// with its quotes. A list is read up to where it is malformed.
bool lists_entity_tag(std::string_view if_none_match, std::string_view entity_tag);

}  // namespace sse::http
