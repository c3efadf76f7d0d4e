// What Redis says: bytes that are not its protocol end the connection, and an entry of the stream
// that no hub has written is refused.

#include <string>

#include "sse/journal/redis_batch.h"
#include "sse/journal/redis_codec.h"

#include "fuzz/input.h"

namespace sse::fuzz {
namespace {

void check(const journal::RedisReply& reply) {
  const auto entry = journal::read_entry(reply, {});
  if (!entry) {
    SSE_CHECK(!entry.error().text.empty());
    return;
  }
  SSE_CHECK(!entry->entries.empty());
  SSE_CHECK(entry->entries.back().id.sequence() == entry->place.last);
}

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = sse::fuzz::text_of(data, size);
  sse::journal::RedisDecoder decoder;
  decoder.feed(bytes);
  while (true) {
    const auto reply = decoder.next();
    if (!reply || !*reply) break;
    sse::fuzz::check(**reply);
  }
  static_cast<void>(sse::journal::read_left_out(bytes));
  static_cast<void>(sse::journal::read_known_key(bytes));
  static_cast<void>(sse::journal::read_place(bytes));
  return 0;
}
