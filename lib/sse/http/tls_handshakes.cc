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

// The first step has the signature and the exchange of keys: 350 us with ECDSA, twice that with
// RSA. The others check what the client has sent, or meet the end of what is there.
constexpr std::uint64_t kStepsToBegin = Budget::kStepsPerMillisecond * 35 / 100;
constexpr std::uint64_t kStepsToFinish = Budget::kStepsPerMillisecond / 8;
constexpr std::uint64_t kStepsToLook = 2 * Budget::kSystemCall;

// Refused certificates are told this often: an operator looks for the reason, a stranger causes
// them at will.
constexpr std::chrono::seconds kRemarkInterval{10};
constexpr char kRefusedCertificate[] = "certificate verify failed";

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
  ~Handshake() {
    leave_line();
    if (is_under_way()) handshakes_.begun_.erase(in_begun_);
  }

  void set_position(std::list<Handshake>::iterator position) { position_ = position; }
  std::list<Handshake>::iterator position() const { return position_; }
  BootTime since() const { return since_; }
  Entrance entrance() const { return newcomer_.entrance; }
  bool is_under_way() const { return tls_ != nullptr; }
  /// It is the peer's turn.
  bool awaits_peer() const { return tls_ != nullptr && waits_ == Waits::kNot; }
  BootTime begun() const { return begun_; }
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
  enum class Waits : std::uint8_t { kNot, kForPlace, kForStep };

  void on_ready(net::Readiness readiness) override;
  void peek();
  void wait_for_place();
  void wait_for_step();
  void fail(const std::string& why);

  TlsHandshakes& handshakes_;
  Newcomer newcomer_;
  const BootTime since_;
  ConnectionShare share_;
  std::list<Handshake>::iterator position_;
  net::TlsSocket* tls_ = nullptr;  // the newcomer's socket, from begin() on
  BootTime begun_{};
  int steps_ = 0;
  Line::iterator in_begun_;
  Waits waits_ = Waits::kNot;
  Line::iterator in_ready_;                    // while it waits for a step
  FairQueue<Handshake>::Position in_waiting_;  // while it waits for a place
};

void TlsHandshakes::Handshake::on_ready(net::Readiness readiness) {
  net::Readiness& told = newcomer_.readiness;
  told.readable = told.readable || readiness.readable;
  told.hung_up = told.hung_up || readiness.hung_up;
  told.broken = told.broken || readiness.broken;
  if (told.broken && tls_ == nullptr) return handshakes_.end(*this, Outcome::kLeft);
  if (waits_ != Waits::kNot) return;
  if (tls_ != nullptr) return wait_for_step();
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
      wait_for_place();
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
  begun_ = handshakes_.loop_.now().boot;
  in_begun_ = handshakes_.begun_.insert(handshakes_.begun_.end(), this);
  handshakes_.under_way_.fetch_add(1, std::memory_order_relaxed);
  handshakes_.waiting_.take_place(group());
  return attach();
}

void TlsHandshakes::Handshake::step() {
  const auto state = tls_->shake_hands();
  const bool is_more = state != net::TlsSocket::Handshake::kWaiting;
  const std::uint64_t later = is_more ? kStepsToFinish : kStepsToLook;
  handshakes_.loop_.budget().spend(steps_++ == 0 ? kStepsToBegin : later);
  switch (state) {
    case net::TlsSocket::Handshake::kWaiting:
      if (steps_ == kMostSteps) fail("it came in too many pieces");
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

void TlsHandshakes::Handshake::wait_for_place() {
  waits_ = Waits::kForPlace;
  in_waiting_ = handshakes_.waiting_.wait(group(), *this);
  handshakes_.loop_.request_turn();
}

void TlsHandshakes::Handshake::wait_for_step() {
  waits_ = Waits::kForStep;
  in_ready_ = handshakes_.ready_.insert(handshakes_.ready_.end(), this);
  handshakes_.loop_.request_turn();
}

void TlsHandshakes::Handshake::leave_line() {
  if (waits_ == Waits::kForPlace) handshakes_.waiting_.leave(group(), in_waiting_);
  if (waits_ == Waits::kForStep) handshakes_.ready_.erase(in_ready_);
  waits_ = Waits::kNot;
}

void TlsHandshakes::Handshake::fail(const std::string& why) {
  handshakes_.remark(newcomer_.peer + ": no TLS: " + why, why == kRefusedCertificate);
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

bool TlsHandshakes::on_turn() {
  for (int steps = 0; steps < kStepsPerTurn; ++steps) {
    if (loop_.budget().is_spent()) return true;
    Handshake* const next = choose();
    if (next == nullptr) return false;
    next->leave_line();
    if (!was_new_ || next->begin()) {
      next->step();
    } else {
      end(*next, Outcome::kLeft);
    }
  }
  return true;
}

// From both lines in turn: neither peers that answer byte by byte nor a crowd of new ones keeps
// the others waiting.
TlsHandshakes::Handshake* TlsHandshakes::choose() {
  if (!was_new_ || ready_.empty()) {
    if (Handshake* const fresh = next_to_begin()) return was_new_ = true, fresh;
  }
  was_new_ = false;
  return ready_.empty() ? nullptr : ready_.front();
}

TlsHandshakes::Handshake* TlsHandshakes::next_to_begin() {
  if (waiting_.empty()) return nullptr;
  Handshake& next = waiting_.next();
  return has_place() || make_place(next) ? &next : nullptr;
}

// One address alone, whatever it does, does not keep others from beginning.
bool TlsHandshakes::make_place(const Handshake& newcomer) {
  Handshake* const victim = find_giving_way(newcomer);
  if (victim != nullptr) end(*victim, Outcome::kGaveWay);
  return victim != nullptr;
}

TlsHandshakes::Handshake* TlsHandshakes::find_giving_way(const Handshake& newcomer) {
  const auto& [most, group] = waiting_.most();
  const bool is_greedy = most > waiting_.places(newcomer.group()) + 1;
  const BootTime now = loop_.now().boot;
  for (Handshake* const each : begun_) {
    loop_.budget().spend(1);
    const bool is_late = now - each->begun() >= kPatience;
    if (!is_greedy && !is_late) break;  // nor are those behind it
    if (each->awaits_peer() && (!is_greedy || each->group() == group)) return each;
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

// Strangers cause it at will: it is of interest only where that was asked for, but for
// certificates, whose owner and whose operator look for the reason.
void TlsHandshakes::remark(const std::string& text, bool is_certificate) {
  const BootTime now = loop_.now().boot;
  const bool is_told = is_certificate && now >= next_remark_;
  if (!is_told) {
    if (is_certificate) ++unsaid_;
    return log_line(LogLevel::kDebug, text);
  }
  next_remark_ = now + kRemarkInterval;
  const std::size_t others = std::exchange(unsaid_, 0);
  log_line(LogLevel::kInfo,
           text + (others > 0 ? ", and " + std::to_string(others) + " others before it" : ""));
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
    waiting_.free_place(handshake.group());
    if (!waiting_.empty()) loop_.request_turn();
  }
  all_.erase(handshake.position());
  on_end_(outcome, std::move(newcomer));
}

}  // namespace sse::http
