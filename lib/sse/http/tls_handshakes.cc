#include "sse/http/tls_handshakes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sse/base/logging.h"
#include "sse/http/first_record.h"
#include "sse/http/peer_text.h"
#include "sse/net/tls_socket.h"

namespace sse::http {
namespace {

// A signature with ECDSA and the exchange of keys take 350 us; with RSA twice that.
constexpr std::uint64_t kStepsPerStep = Budget::kStepsPerMillisecond / 8;

constexpr std::uint64_t kStepsToEnd = 4 * Budget::kSystemCall;

}  // namespace

class TlsHandshakes::Handshake final : public Occupant, private net::ReadyHandler {
 public:
  Handshake(TlsHandshakes& handshakes, Newcomer newcomer)
      : handshakes_(handshakes),
        newcomer_(std::move(newcomer)),
        since_(handshakes.loop_.now().boot),
        share_(handshakes.shares_, *this, peer_group(split_peer(newcomer_.peer).address),
               handshakes.loop_.index(), since_) {}
  ~Handshake() { leave_line(); }

  void set_position(std::list<Handshake>::iterator position) { position_ = position; }
  std::list<Handshake>::iterator position() const { return position_; }
  BootTime since() const { return since_; }
  Entrance entrance() const { return newcomer_.entrance; }
  bool is_under_way() const { return tls_ != nullptr; }
  /// It is the peer's turn.
  bool awaits_peer() const { return tls_ != nullptr && line_ == nullptr; }
  BootTime stepped() const { return stepped_; }
  const ConnectionShares::Group& group() const { return share_.group(); }
  Newcomer take_newcomer() { return std::move(newcomer_); }

  bool attach() { return newcomer_.socket->attach(handshakes_.loop_, *this); }
  void look() { on_ready(newcomer_.readiness); }
  void give_way() override { handshakes_.end(*this, Outcome::kGaveWay); }
  /// It has got a place. False: no memory.
  bool begin();
  void step();
  void leave_line();

 private:
  void on_ready(net::Readiness readiness) override;
  void peek();
  void stand_in(Line& line);
  void fail(const std::string& why);

  TlsHandshakes& handshakes_;
  Newcomer newcomer_;
  const BootTime since_;
  ConnectionShare share_;
  std::list<Handshake>::iterator position_;
  net::TlsSocket* tls_ = nullptr;  // the newcomer's socket, from begin() on
  BootTime stepped_;               // the last of its steps
  Line* line_ = nullptr;           // that it stands in
  Line::iterator place_;           // the same
};

void TlsHandshakes::Handshake::on_ready(net::Readiness readiness) {
  net::Readiness& told = newcomer_.readiness;
  told.readable = told.readable || readiness.readable;
  told.hung_up = told.hung_up || readiness.hung_up;
  told.broken = told.broken || readiness.broken;
  if (told.broken && tls_ == nullptr) return handshakes_.end(*this, Outcome::kLeft);
  if (line_ != nullptr) return;
  if (tls_ != nullptr) return stand_in(handshakes_.ready_);
  peek();
}

void TlsHandshakes::Handshake::peek() {
  net::Readiness& told = newcomer_.readiness;
  const auto result = newcomer_.socket->peek(handshakes_.peek_buffer_());
  handshakes_.loop_.budget().spend(Budget::kSystemCall + Budget::steps_for_bytes(result.bytes));
  if (result.status == net::IoStatus::kWouldBlock) return;
  if (result.status != net::IoStatus::kOk) return handshakes_.end(*this, Outcome::kLeft);
  switch (judge_first_record({handshakes_.peek_buffer_().data(), result.bytes})) {
    case FirstRecord::kPart:
      if (told.hung_up) handshakes_.end(*this, Outcome::kLeft);
      break;
    case FirstRecord::kWhole:
      share_.stand(Standing::kBegun, since_);
      stand_in(handshakes_.waiting_);
      break;
    case FirstRecord::kPlainHttp:
      handshakes_.end(*this, Outcome::kPlainHttp);
      break;
    case FirstRecord::kOther:
      fail("it does not begin with a ClientHello");
      break;
  }
}

bool TlsHandshakes::Handshake::begin() {
  auto tls = net::TlsSocket::make(std::move(newcomer_.socket), handshakes_.source_.get(),
                                  newcomer_.readiness);
  if (tls == nullptr) return false;
  tls_ = tls.get();
  newcomer_.socket = std::move(tls);
  handshakes_.under_way_.fetch_add(1, std::memory_order_relaxed);
  ++handshakes_.by_address_[group()];
  return attach();
}

void TlsHandshakes::Handshake::step() {
  stepped_ = handshakes_.loop_.now().boot;
  switch (tls_->shake_hands()) {
    case net::TlsSocket::Handshake::kWaiting:
      break;
    case net::TlsSocket::Handshake::kDone:
      // A request may have come with the last of it, and nothing tells of that again.
      newcomer_.readiness.readable = true;
      handshakes_.end(*this, Outcome::kDone);
      break;
    case net::TlsSocket::Handshake::kFailed:
      fail(tls_->failure());
      break;
    case net::TlsSocket::Handshake::kPeerGone:
      handshakes_.end(*this, Outcome::kLeft);
      break;
  }
}

void TlsHandshakes::Handshake::stand_in(Line& line) {
  line_ = &line;
  place_ = line.insert(line.end(), this);
  handshakes_.loop_.request_turn();
}

void TlsHandshakes::Handshake::leave_line() {
  if (line_ != nullptr) std::exchange(line_, nullptr)->erase(place_);
}

// Strangers cause it at will: it is of interest only where that was asked for.
void TlsHandshakes::Handshake::fail(const std::string& why) {
  log_line(LogLevel::kDebug, newcomer_.peer + ": no TLS: " + why);
  handshakes_.end(*this, Outcome::kRefused);
}

TlsHandshakes::TlsHandshakes(net::Loop& loop, const TlsSource& source, ConnectionShares& shares,
                             std::size_t most, PeekBuffer peek_buffer, OnEnd on_end)
    : loop_(loop),
      source_(source),
      shares_(shares),
      most_(most),
      peek_buffer_(std::move(peek_buffer)),
      on_end_(std::move(on_end)) {
  loop_.add_turn_task(*this);
}

TlsHandshakes::~TlsHandshakes() {
  loop_.remove_turn_task(*this);
}

void TlsHandshakes::add(Newcomer newcomer) {
  const bool has_come = newcomer.readiness.readable;
  Handshake& handshake = all_.emplace_back(*this, std::move(newcomer));
  handshake.set_position(std::prev(all_.end()));
  if (!handshake.attach()) return end(handshake, Outcome::kLeft);
  if (has_come) handshake.look();
}

// Those that have begun are finished before others begin.
bool TlsHandshakes::on_turn() {
  for (int steps = 0; steps < kStepsPerTurn; ++steps) {
    if (loop_.budget().is_spent()) return true;
    const bool may_begin =
        ready_.empty() && !waiting_.empty() && (has_place() || make_place(next_waiting()));
    if (ready_.empty() && !may_begin) return false;
    do_step();
  }
  return true;
}

void TlsHandshakes::do_step() {
  loop_.budget().spend(kStepsPerStep);
  const bool is_new = ready_.empty();
  Handshake& next = is_new ? next_waiting() : *ready_.front();
  next.leave_line();
  if (!is_new || next.begin()) return next.step();
  end(next, Outcome::kLeft);
}

std::size_t TlsHandshakes::under_way_of(const Handshake& handshake) const {
  const auto found = by_address_.find(handshake.group());
  return found == by_address_.end() ? 0 : found->second;
}

TlsHandshakes::Handshake& TlsHandshakes::next_waiting() const {
  Handshake* next = nullptr;
  std::size_t fewest = 0;
  for (Handshake* const each : waiting_) {
    const std::size_t count = under_way_of(*each);
    if (next != nullptr && count >= fewest) continue;
    next = each;
    fewest = count;
    if (fewest == 0) break;
  }
  return *next;
}

// One address alone, whatever it does, does not keep others from beginning.
bool TlsHandshakes::make_place(const Handshake& newcomer) {
  loop_.budget().spend(all_.size());
  Handshake* const victim = find_giving_way(newcomer);
  if (victim != nullptr) end(*victim, Outcome::kGaveWay);
  return victim != nullptr;
}

TlsHandshakes::Handshake* TlsHandshakes::find_giving_way(const Handshake& newcomer) {
  const auto most =
      std::max_element(by_address_.begin(), by_address_.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  const bool is_greedy = most != by_address_.end() && most->second > under_way_of(newcomer) + 1;
  const BootTime now = loop_.now().boot;
  for (Handshake& each : all_) {
    if (!each.awaits_peer()) continue;
    const bool gives_way =
        is_greedy ? each.group() == most->first : now - each.stepped() >= kPatience;
    if (gives_way) return &each;
  }
  return nullptr;
}

void TlsHandshakes::sweep(BootTime now, std::chrono::nanoseconds timeout, Budget& budget) {
  while (!all_.empty() && now - all_.front().since() >= timeout && !budget.is_spent()) {
    budget.spend(kStepsToEnd);
    end(all_.front(), Outcome::kLate);
  }
  if (!waiting_.empty()) loop_.request_turn();  // a place may be free by now
}

void TlsHandshakes::close_all() {
  while (!all_.empty()) end(all_.front(), Outcome::kLeft);
}

void TlsHandshakes::end(Handshake& handshake, Outcome outcome) {
  Newcomer newcomer;
  if (outcome == Outcome::kDone || outcome == Outcome::kPlainHttp) {
    newcomer = handshake.take_newcomer();
    newcomer.is_misplaced = outcome == Outcome::kPlainHttp;
  } else {
    newcomer.entrance = handshake.entrance();
  }
  if (handshake.is_under_way()) {
    under_way_.fetch_sub(1, std::memory_order_relaxed);
    const auto count = by_address_.find(handshake.group());
    if (--count->second == 0) by_address_.erase(count);
    if (!waiting_.empty()) loop_.request_turn();
  }
  all_.erase(handshake.position());
  on_end_(outcome, std::move(newcomer));
}

}  // namespace sse::http
