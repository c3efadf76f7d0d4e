#pragma once

/// \file
/// Reads what was sent in gzip, as a client does, by zlib.

#include <optional>
#include <string>
#include <string_view>

#include <zlib.h>

namespace sse::test {

/// Appends what one member of gzip gives, as far as it goes. True: it is whole, with the right
/// checksum, and nothing follows it.
inline bool gunzip(std::string_view coded, std::string& plain) {
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return false;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
  stream.avail_in = static_cast<uInt>(coded.size());
  int outcome = Z_OK;
  while (outcome == Z_OK) {
    char buffer[4096];
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    outcome = inflate(&stream, Z_NO_FLUSH);
    plain.append(buffer, sizeof buffer - stream.avail_out);
  }
  const bool is_whole = outcome == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return is_whole;
}

}  // namespace sse::test
