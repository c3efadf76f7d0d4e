#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sse::test {

struct HashBreach {
  std::size_t line = 0;
  std::string what;
};

/// Where the file `name` of lib or apps hashes without a key: it names std::hash, or has an
/// unordered container whose keys a peer may choose and whose hash is not KeyedHash.
std::vector<HashBreach> unkeyed_hashes(const std::string& name, const std::string& code);

}  // namespace sse::test
