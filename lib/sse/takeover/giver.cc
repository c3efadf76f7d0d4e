#include "sse/takeover/giver.h"

#include <exception>
#include <utility>

#include "sse/base/later.h"

namespace sse::takeover {
namespace {

using SteadyClock = std::chrono::steady_clock;

SteadyClock::time_point after(std::chrono::nanoseconds time) {
  return SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(time);
}

Result<Message> receive(Channel& channel, Kind kind) {
  auto message = SSE_TRY(channel.receive());
  if (message.kind == kind) return message;
  return Error{ErrorCode::kInvalid, "the other process sends what is not expected now"};
}

/// Tells the other process, if it is still there.
Error refuse(Channel& channel, Error why) {
  [[maybe_unused]] const auto told = channel.send(Kind::kRefusal, pack_refusal(why.text));
  return why;
}

/// An old hub that has no memory for it goes on.
Status guarded(FunctionRef<Status()> step) {
  try {
    return step();
  } catch (const std::exception& failure) {
    return Error{ErrorCode::kIo, std::string("it cannot be handed over: ") + failure.what()};
  }
}

Status prepare(Channel& channel, Holdings& holdings) {
  const auto message = SSE_TRY(receive(channel, Kind::kHello));
  const auto hello = Hello::unpack(message.bytes);
  if (!hello) return refuse(channel, hello.error());
  const auto offered = holdings.offer(*hello);
  if (!offered) return refuse(channel, offered.error());
  SSE_TRY(channel.send(Kind::kOffer, offered->offer.pack(), offered->descriptors));
  if (const auto ready = receive(channel, Kind::kReady); !ready) {
    return Error{ErrorCode::kUnavailable,
                 "the other process did not get ready: " + ready.error().text};
  }
  return {};
}

Status hand_over(Channel& channel, Holdings& holdings) {
  if (auto stopped = holdings.stop(); !stopped) return refuse(channel, stopped.error());
  if (auto sent = holdings.send(channel); !sent) return refuse(channel, sent.error());
  SSE_TRY(channel.send(Kind::kEnd, {}));
  const auto taken = receive(channel, Kind::kTaken);
  if (taken) return {};
  // It may have been sent just now. What has arrived before this has; after it, it cannot be sent.
  channel.stop_receiving();
  if (channel.has_arrived() && receive(channel, Kind::kTaken)) return {};
  return Error{ErrorCode::kUnavailable,
               "the other process has not taken what it was given: " + taken.error().text};
}

}  // namespace

Status check_peer(const PeerProcess& peer, uid_t self) {
  if (peer.uid == self || peer.uid == 0) return {};
  return Error{ErrorCode::kForbidden,
               "process " + std::to_string(peer.pid) + " belongs to another user"};
}

Status give(Channel& channel, Holdings& holdings, const GiverTimes& times) {
  channel.set_deadline(after(times.prepare));
  SSE_TRY(guarded([&] { return prepare(channel, holdings); }));
  channel.set_deadline(after(times.take));
  if (auto given = guarded([&] { return hand_over(channel, holdings); }); !given) {
    holdings.go_on();
    return given;
  }
  // Whatever it has no memory for: the other process has it.
  [[maybe_unused]] const auto gone = guarded([&]() -> Status {
    holdings.let_go();
    return {};
  });
  return {};
}

}  // namespace sse::takeover
