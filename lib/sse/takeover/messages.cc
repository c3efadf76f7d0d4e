#include "sse/takeover/messages.h"

#include "sse/takeover/packing.h"

namespace sse::takeover {
namespace {

Error other_version(std::uint64_t version) {
  return {ErrorCode::kForbidden, "the other process speaks version " + std::to_string(version) +
                                     " of the takeover, this one version " +
                                     std::to_string(kVersion) + ": stop and start the hub instead"};
}

Error damaged() {
  return {ErrorCode::kInvalid, "what the other process says of itself cannot be read"};
}

}  // namespace

std::string Hello::pack() const {
  Packer packer;
  packer.number(kVersion).text(program).number(static_cast<std::uint64_t>(keeping)).text(place);
  return packer.take();
}

Result<Hello> Hello::unpack(std::string_view bytes) {
  Unpacker unpacker(bytes);
  if (const auto version = unpacker.number(); version != kVersion) return other_version(version);
  Hello hello;
  hello.program = unpacker.text();
  const std::uint64_t keeping = unpacker.number();
  hello.place = unpacker.text();
  if (unpacker.has_failed() || keeping > static_cast<std::uint64_t>(Keeping::kCluster)) {
    return damaged();
  }
  hello.keeping = static_cast<Keeping>(keeping);
  return hello;
}

std::string Offer::pack() const {
  Packer packer;
  packer.number(kVersion).text(program).number(streams).number(listeners.size());
  for (const auto& listener : listeners) packer.text(listener.use).text(listener.bind);
  packer.text(supervisor.notify_socket);
  packer.number(static_cast<std::uint64_t>(supervisor.watchdog_interval.count()));
  return packer.take();
}

Result<Offer> Offer::unpack(std::string_view bytes) {
  Unpacker unpacker(bytes);
  if (const auto version = unpacker.number(); version != kVersion) return other_version(version);
  Offer offer;
  offer.program = unpacker.text();
  offer.streams = unpacker.number();
  for (std::uint64_t left = unpacker.number(); left > 0 && !unpacker.has_failed(); --left) {
    const auto use = unpacker.text();
    offer.listeners.push_back({std::string(use), std::string(unpacker.text())});
  }
  offer.supervisor.notify_socket = unpacker.text();
  offer.supervisor.watchdog_interval =
      std::chrono::milliseconds(static_cast<std::int64_t>(unpacker.number()));
  if (unpacker.has_failed()) return damaged();
  return offer;
}

std::string pack_refusal(std::string_view why) {
  Packer packer;
  packer.text(why);
  return packer.take();
}

}  // namespace sse::takeover
