#pragma once

#include <string>
#include <vector>

struct ssl_st;

namespace sse::net {

/// What the verified certificate of the peer names, as TlsPeer::names has it. A name with a NUL is
/// left out: readers disagree on where it ends (CVE-2009-2408).
std::vector<std::string> names_of_peer(const ssl_st* ssl);

}  // namespace sse::net
