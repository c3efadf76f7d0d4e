#include "sse/http/proxy_greetings.h"

#include <iterator>
#include <utility>

#include "sse/base/logging.h"
#include "sse/http/proxied_socket.h"
#include "sse/http/proxy_head.h"

namespace sse::http {

class ProxyGreetings::Greeting final : private net::ReadyHandler {
 public:
  Greeting(ProxyGreetings& greetings, Newcomer newcomer)
      : greetings_(greetings),
        socket_(std::move(newcomer.socket)),
        peer_(std::move(newcomer.peer)),
        transport_(newcomer.transport),
        since_(greetings.loop_.now().boot) {}

  void set_position(std::list<Greeting>::iterator position) { position_ = position; }
  std::list<Greeting>::iterator position() const { return position_; }
  bool attach() { return socket_->attach(greetings_.loop_, *this); }
  BootTime since() const { return since_; }
  const std::string& peer() const { return peer_; }

 private:
  void on_ready(net::Readiness readiness) override;
  void hand_on(std::string_view rest);

  ProxyGreetings& greetings_;
  std::unique_ptr<net::Socket> socket_;
  std::list<Greeting>::iterator position_;
  const std::string peer_;
  const Transport transport_;
  const BootTime since_;
  ProxyHead head_;
  net::Readiness readiness_;
};

// A header has 64 KiB at most, so this is a few reads.
void ProxyGreetings::Greeting::on_ready(net::Readiness readiness) {
  readiness_.readable = readiness_.readable || readiness.readable;
  readiness_.hung_up = readiness_.hung_up || readiness.hung_up;
  readiness_.broken = readiness_.broken || readiness.broken;
  while (readiness_.readable) {
    greetings_.loop_.budget().spend(Budget::kSystemCall);
    const auto buffer = greetings_.read_buffer_();
    const auto result = socket_->read(buffer);
    if (result.status == net::IoStatus::kWouldBlock) {
      readiness_.readable = false;
      return;
    }
    if (result.status != net::IoStatus::kOk) return greetings_.end(*this, Outcome::kLeft);
    // A short read has met the end of what was there. The peer's end is not told again.
    readiness_.readable = result.bytes == buffer.size() || readiness_.hung_up;
    const std::string_view bytes(buffer.data(), result.bytes);
    const auto taken = head_.feed(bytes);
    greetings_.loop_.budget().spend(Budget::steps_for_bytes(taken));
    if (head_.progress() == ProxyHead::Progress::kBad) {
      return greetings_.refuse(*this, "it does not begin with a PROXY header");
    }
    if (head_.progress() == ProxyHead::Progress::kDone) return hand_on(bytes.substr(taken));
  }
}

void ProxyGreetings::Greeting::hand_on(std::string_view rest) {
  const bool is_named = head_.source() == ProxyHead::Source::kNamed;
  Newcomer newcomer;
  newcomer.peer = is_named ? head_.peer() : peer_;
  newcomer.transport = transport_;
  newcomer.is_proxied = head_.source() != ProxyHead::Source::kLocal;
  newcomer.readiness = readiness_;
  newcomer.readiness.readable = readiness_.readable || !rest.empty();
  newcomer.socket = std::move(socket_);
  if (is_named || !rest.empty()) {
    newcomer.socket = std::make_unique<ProxiedSocket>(std::move(newcomer.socket), newcomer.peer,
                                                      std::string(rest));
  }
  greetings_.end(*this, Outcome::kDone, std::move(newcomer));
}

ProxyGreetings::ProxyGreetings(net::Loop& loop, ReadBuffer read_buffer, OnEnd on_end)
    : loop_(loop), read_buffer_(std::move(read_buffer)), on_end_(std::move(on_end)) {
}

ProxyGreetings::~ProxyGreetings() = default;

void ProxyGreetings::add(Newcomer newcomer) {
  Greeting& greeting = greetings_.emplace_back(*this, std::move(newcomer));
  greeting.set_position(std::prev(greetings_.end()));
  if (!greeting.attach()) end(greeting, Outcome::kLeft);
}

void ProxyGreetings::sweep(BootTime now, std::chrono::nanoseconds timeout, Budget& budget) {
  while (!greetings_.empty() && now - greetings_.front().since() >= timeout && !budget.is_spent()) {
    budget.spend(Budget::kSystemCall);
    refuse(greetings_.front(), "no PROXY header came within --request-timeout");
  }
}

void ProxyGreetings::close_all() {
  while (!greetings_.empty()) end(greetings_.front(), Outcome::kLeft);
}

void ProxyGreetings::refuse(Greeting& greeting, const char* why) {
  const auto level = std::exchange(has_warned_, true) ? LogLevel::kInfo : LogLevel::kWarning;
  log_line(level, greeting.peer() + " is in --proxy-from, and its connection was closed: " + why);
  end(greeting, Outcome::kRefused);
}

void ProxyGreetings::end(Greeting& greeting, Outcome outcome, Newcomer newcomer) {
  greetings_.erase(greeting.position());
  on_end_(outcome, std::move(newcomer));
}

}  // namespace sse::http
