#include "sse/takeover/taker.h"

namespace sse::takeover {

void Taker::start_step() {
  using SteadyClock = std::chrono::steady_clock;
  channel_.set_deadline(SteadyClock::now() +
                        std::chrono::duration_cast<SteadyClock::duration>(patience_));
}

Result<Offered> Taker::ask(const Hello& hello) {
  start_step();
  SSE_TRY(channel_.send(Kind::kHello, hello.pack()));
  auto message = SSE_TRY(channel_.receive());
  if (message.kind != Kind::kOffer) {
    return Error{ErrorCode::kInvalid, "the other process sends what is not expected now"};
  }
  Offered offered{SSE_TRY(Offer::unpack(message.bytes)), std::move(message.descriptors)};
  if (offered.descriptors.size() != offered.offer.listeners.size()) {
    return Error{ErrorCode::kInvalid, "listening sockets were lost on their way"};
  }
  return offered;
}

Status Taker::receive(const std::function<Status(Message&&)>& visit) {
  start_step();
  SSE_TRY(channel_.send(Kind::kReady, {}));
  while (true) {
    auto message = SSE_TRY(channel_.receive());
    if (message.kind == Kind::kEnd) return {};
    if (message.kind != Kind::kPart) {
      return Error{ErrorCode::kInvalid, "the other process sends what is not expected now"};
    }
    SSE_TRY(visit(std::move(message)));
  }
}

Status Taker::take() {
  start_step();
  return channel_.send(Kind::kTaken, {});
}

void Taker::refuse(const std::string& why) {
  start_step();
  channel_.cut_off_by(-1);
  [[maybe_unused]] const auto told = channel_.send(Kind::kRefusal, pack_refusal(why));
}

}  // namespace sse::takeover
