#include "sse/server/carried.h"

#include <algorithm>
#include <utility>

#include "sse/server/carried_stream.h"
#include "sse/takeover/packing.h"

namespace sse::server {
namespace {

using takeover::Kind;
using takeover::Packer;
using takeover::Unpacker;

/// What a part holds. The numbers are the protocol's.
enum class Part : std::uint64_t { kHead = 1, kLog, kChunks, kRows, kKeys, kTickets, kStreams };

// A part is sent when it has grown so far.
constexpr std::size_t kPartBytes = std::size_t{1} << 20U;

void pack_id(const wire::EventId& id, Packer& packer) {
  packer.text(wire::to_string(id));
}

Result<wire::EventId> unpack_id(Unpacker& unpacker) {
  if (const auto id = wire::EventId::parse(unpacker.text())) return *id;
  return Error{ErrorCode::kInvalid, "an id of the log cannot be read"};
}

/// Sends what is packed of one kind, a part at a time.
class PartSender {
 public:
  PartSender(takeover::Channel& channel, Part part) : channel_(channel), part_(part) { begin(); }

  Packer& next() { return packer_; }
  /// Behind each thing that was packed.
  Status flush_if_long() { return packer_.size() < kPartBytes ? Status() : flush(); }
  Status flush(const std::vector<int>& descriptors = {}) {
    Status sent = channel_.send(Kind::kPart, packer_.bytes(), descriptors);
    begin();
    return sent;
  }

 private:
  void begin() {
    packer_ = Packer();
    packer_.number(static_cast<std::uint64_t>(part_));
  }

  takeover::Channel& channel_;
  const Part part_;
  Packer packer_;
};

Status send_log(const log::CarriedLog& log, const ChunkSource& source, takeover::Channel& channel) {
  PartSender begin(channel, Part::kLog);
  pack_id(log.origin.head, begin.next());
  begin.next().number(log.origin.epoch).number(log.origin.past.size());
  for (const auto& past : log.origin.past) begin.next().number(past.epoch).number(past.first);
  SSE_TRY(begin.flush());
  PartSender chunks(channel, Part::kChunks);
  SSE_TRY(source([&](std::string_view chunk) {
    chunks.next().text(chunk);
    return chunks.flush_if_long();
  }));
  SSE_TRY(chunks.flush());
  PartSender rows(channel, Part::kRows);
  for (const auto& row : log.rows) {
    rows.next().number(row.sequence).number(static_cast<std::uint64_t>(row.kind));
    rows.next().number(row.key.high).number(row.key.low).text(row.name).text(row.bytes);
    SSE_TRY(rows.flush_if_long());
  }
  return rows.flush();
}

Status send_keys(const gate::Idempotency::Carried& carried, takeover::Channel& channel) {
  // Each part says what holds for all.
  for (auto next = carried.texts.begin();;) {
    PartSender keys(channel, Part::kKeys);
    keys.next().number(carried.digest_key[0]).number(carried.digest_key[1]);
    keys.next().time(carried.since);
    for (; next != carried.texts.end() && keys.next().size() < kPartBytes; ++next) {
      keys.next().time(next->first).text(next->second);
    }
    SSE_TRY(keys.flush());
    if (next == carried.texts.end()) return {};
  }
}

Status send_streams(const std::vector<CarriedStream>& streams, takeover::Channel& channel) {
  PartSender parts(channel, Part::kStreams);
  std::vector<int> descriptors;
  for (const auto& carried : streams) {
    pack_stream(carried.stream, parts.next());
    descriptors.push_back(carried.stream.socket.fd);
    if (descriptors.size() < takeover::kMostDescriptors && parts.next().size() < kPartBytes) {
      continue;
    }
    SSE_TRY(parts.flush(descriptors));
    descriptors.clear();
  }
  return parts.flush(descriptors);
}

Status add_log(Unpacker& unpacker, Carried& carried) {
  auto& log = carried.log.emplace();
  log.origin.head = SSE_TRY(unpack_id(unpacker));
  log.origin.epoch = static_cast<wire::Epoch>(unpacker.number());
  for (auto left = unpacker.number(); left > 0 && !unpacker.has_failed(); --left) {
    const auto epoch = static_cast<wire::Epoch>(unpacker.number());
    log.origin.past.push_back({epoch, unpacker.number()});
  }
  log.head = carried.head;
  return {};
}

Status add_row(Unpacker& unpacker, std::vector<log::KeptRow>& rows) {
  log::KeptRow row;
  row.sequence = unpacker.number();
  const auto kind = unpacker.number();
  row.kind = static_cast<log::RowChange::Kind>(kind);
  row.key.high = unpacker.number();
  row.key.low = unpacker.number();
  row.name = unpacker.text();
  row.bytes = unpacker.text();
  if (row.kind != log::RowChange::Kind::kPut && row.kind != log::RowChange::Kind::kAdd) {
    return Error{ErrorCode::kInvalid, "a row cannot be read"};
  }
  rows.push_back(std::move(row));
  return {};
}

void add_keys(Unpacker& unpacker, Carried& carried) {
  if (!carried.keys) carried.keys.emplace();
  carried.keys->digest_key = {unpacker.number(), 0};
  carried.keys->digest_key[1] = unpacker.number();
  carried.keys->since = unpacker.time();
  while (!unpacker.is_at_end()) {
    const BootTime answered = unpacker.time();
    carried.keys->texts.emplace_back(answered, unpacker.text());
  }
}

Status add_streams(Unpacker& unpacker, std::vector<UniqueFd>& descriptors, Carried& carried) {
  for (auto& fd : descriptors) {
    auto stream = SSE_TRY(unpack_stream(unpacker));
    carried.streams.push_back({std::move(stream), std::move(fd)});
  }
  return {};
}

}  // namespace

Status add_part(takeover::Message&& message, Carried& carried) {
  Unpacker unpacker(message.bytes);
  const auto part = static_cast<Part>(unpacker.number());
  const bool needs_log = part == Part::kChunks || part == Part::kRows;
  if (needs_log && !carried.log) return Error{ErrorCode::kInvalid, "a part comes too early"};
  switch (part) {
    case Part::kHead:
      carried.head = SSE_TRY(unpack_id(unpacker));
      break;
    case Part::kLog:
      SSE_TRY(add_log(unpacker, carried));
      break;
    case Part::kChunks:
      while (!unpacker.is_at_end()) carried.log->chunks.emplace_back(unpacker.text());
      break;
    case Part::kRows:
      while (!unpacker.is_at_end()) SSE_TRY(add_row(unpacker, carried.log->rows));
      break;
    case Part::kKeys:
      add_keys(unpacker, carried);
      break;
    case Part::kTickets:
      carried.tickets += unpacker.text();
      break;
    case Part::kStreams:
      SSE_TRY(add_streams(unpacker, message.descriptors, carried));
      break;
    default:
      return Error{ErrorCode::kInvalid, "a part is of a kind that is not known"};
  }
  if (unpacker.has_failed()) return Error{ErrorCode::kInvalid, "a part is cut off"};
  return {};
}

Status send_parts(const Carried& carried, const ChunkSource& chunks, takeover::Channel& channel) {
  PartSender head(channel, Part::kHead);
  pack_id(carried.head, head.next());
  SSE_TRY(head.flush());
  if (carried.log) SSE_TRY(send_log(*carried.log, chunks, channel));
  if (carried.keys) SSE_TRY(send_keys(*carried.keys, channel));
  for (std::string_view left = carried.tickets; !left.empty();) {
    PartSender tickets(channel, Part::kTickets);
    tickets.next().text(left.substr(0, kPartBytes));
    left.remove_prefix(std::min(left.size(), kPartBytes));
    SSE_TRY(tickets.flush());
  }
  return send_streams(carried.streams, channel);
}

}  // namespace sse::server
