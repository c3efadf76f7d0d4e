#include "sse/server/carried_stream.h"

#include <string>
#include <utility>

#include "sse/auth/principal.h"
#include "sse/server/carried_identity.h"

namespace sse::server {
namespace {

using takeover::Packer;
using takeover::Unpacker;

void pack_socket(const net::HandedSocket& socket, Packer& packer) {
  packer.text(socket.peer).text(socket.head).number(socket.is_chunked ? 1 : 0);
  packer.number(socket.chunk_left).number(socket.header_left).number(socket.tail_left);
}

net::HandedSocket unpack_socket(Unpacker& unpacker) {
  net::HandedSocket socket;
  socket.peer = unpacker.text();
  socket.head = unpacker.text();
  socket.is_chunked = unpacker.number() != 0;
  socket.chunk_left = static_cast<std::uint32_t>(unpacker.number());
  socket.header_left = static_cast<std::uint8_t>(unpacker.number());
  socket.tail_left = static_cast<std::uint8_t>(unpacker.number());
  return socket;
}

Error damaged(const char* what) {
  return {ErrorCode::kInvalid, std::string(what) + " of a stream cannot be read"};
}

}  // namespace

void pack_stream(const hub::HandedStream& stream, Packer& packer) {
  pack_socket(stream.socket, packer);
  packer.number(stream.cursor.next).number(stream.cursor.sent).number(stream.announced);
  packer.text(stream.text);
  packer.text(stream.replay_end ? wire::to_string(*stream.replay_end) : std::string());
  packer.number(stream.ids == hub::Ids::kAll ? 0 : 1);
  packer.number(stream.may_owe ? 1 : 0).number(stream.was_caught_up ? 1 : 0);
  packer.number(stream.filter ? 1 : 0);
  if (stream.filter) {
    packer.texts(stream.filter->types).texts(stream.filter->topics);
    packer.texts(stream.filter->last_types);
  }
  packer.text(stream.peer ? to_string(*stream.peer) : std::string());
  packer.time(stream.unchanged_since).number(stream.opened).number(stream.bytes_sent);
  packer.number(stream.expires ? 1 : 0);
  if (stream.expires) packer.time(*stream.expires);
  packer.number(stream.identity != nullptr ? 1 : 0);
  if (stream.identity == nullptr) return;
  pack_principal(static_cast<const auth::Principal&>(*stream.identity), packer);
}

Result<hub::HandedStream> unpack_stream(Unpacker& unpacker) {
  hub::HandedStream stream;
  stream.socket = unpack_socket(unpacker);
  stream.cursor.next = unpacker.number();
  stream.cursor.sent = static_cast<std::uint32_t>(unpacker.number());
  stream.announced = unpacker.number();
  stream.text = unpacker.text();
  if (const auto end = unpacker.text(); !end.empty()) {
    stream.replay_end = wire::EventId::parse(end);
    if (!stream.replay_end) return damaged("the replay");
  }
  stream.ids = unpacker.number() == 0 ? hub::Ids::kAll : hub::Ids::kEvents;
  stream.may_owe = unpacker.number() != 0;
  stream.was_caught_up = unpacker.number() != 0;
  if (unpacker.number() != 0) {
    auto& filter = stream.filter.emplace();
    filter.types = unpacker.texts();
    filter.topics = unpacker.texts();
    filter.last_types = unpacker.texts();
  }
  if (const auto peer = unpacker.text(); !peer.empty()) {
    stream.peer = IpAddress::parse(peer);
    if (!stream.peer) return damaged("the peer");
  }
  stream.unchanged_since = unpacker.time();
  stream.opened = static_cast<std::uint32_t>(unpacker.number());
  stream.bytes_sent = unpacker.number();
  if (unpacker.number() != 0) stream.expires = unpacker.time();
  if (unpacker.number() != 0) stream.identity = SSE_TRY(unpack_principal(unpacker));
  if (unpacker.has_failed()) return damaged("the end");
  return stream;
}

}  // namespace sse::server
