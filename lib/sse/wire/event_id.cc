#include "sse/wire/event_id.h"

namespace sse::wire {
namespace {

constexpr std::uint64_t kVersion7 = 0x7000;
constexpr std::uint64_t kVersionMask = 0xF000;
constexpr std::uint64_t kVariant = std::uint64_t{0b10} << 62;
constexpr std::uint64_t kVariantMask = std::uint64_t{0b11} << 62;
constexpr unsigned kEpochLowBits = 14;
constexpr std::uint64_t kEpochLowMask = (std::uint64_t{1} << kEpochLowBits) - 1;
constexpr unsigned kSequenceBits = 48;

}  // namespace

EventId EventId::make(std::chrono::milliseconds unix_time, Epoch epoch, Sequence sequence) {
  const std::uint64_t bits = epoch & kMaxEpoch;
  return EventId(
      {(static_cast<std::uint64_t>(unix_time.count()) << 16) | kVersion7 | (bits >> kEpochLowBits),
       kVariant | ((bits & kEpochLowMask) << kSequenceBits) | (sequence & kMaxSequence)});
}

std::optional<EventId> EventId::parse(std::string_view text) {
  const auto uuid = parse_uuid(text);
  if (!uuid || (uuid->high & kVersionMask) != kVersion7 || (uuid->low & kVariantMask) != kVariant) {
    return std::nullopt;
  }
  return EventId(*uuid);
}

std::chrono::milliseconds EventId::unix_time() const {
  return std::chrono::milliseconds(uuid_.high >> 16);
}

Epoch EventId::epoch() const {
  return static_cast<Epoch>(((uuid_.high & 0x0FFF) << kEpochLowBits) |
                            ((uuid_.low >> kSequenceBits) & kEpochLowMask));
}

Sequence EventId::sequence() const {
  return uuid_.low & kMaxSequence;
}

std::string to_string(const EventId& id) {
  return sse::to_string(id.uuid());
}

bool is_same_place(const EventId& a, const EventId& b) {
  if (a.sequence() != 0 || b.sequence() != 0) return a == b;
  return a.epoch() == b.epoch();
}

}  // namespace sse::wire
