#include "sse/http/connection_set.h"

#include <algorithm>
#include <utility>

#include "sse/http/exchange.h"
#include "sse/http/pending_answer.h"
#include "sse/http/response_head.h"

namespace sse::http {
namespace {

// A request with its body fits most often; a large body takes several reads.
constexpr std::size_t kReadBuffer = 64U << 10U;

// What a request may have allocated for the next one to use.
constexpr std::size_t kMostSpare = 64U << 10U;

// Deadlines are looked at this often: what is late by a moment is still on time.
constexpr std::chrono::nanoseconds kSweepInterval = std::chrono::seconds(1);

}  // namespace

ConnectionSet::ConnectionSet(net::Loop& loop, ServerState& server)
    : loop_(loop),
      server_(server),
      counts_(server.router),
      postbox_(std::make_shared<Postbox>(loop)),
      read_buffer_(kReadBuffer) {
}

ConnectionSet::~ConnectionSet() {
  postbox_->close();
  if (sweep_timer_) loop_.cancel(*sweep_timer_);
  if (drain_timer_) loop_.cancel(*drain_timer_);
}

void ConnectionSet::adopt(std::unique_ptr<net::Socket> socket) {
  assert_on_loop();
  dealt_.fetch_sub(1, std::memory_order_relaxed);
  counts_.accepted.fetch_add(1, std::memory_order_relaxed);
  if (draining_) return;
  const std::size_t limit = server_.options.max_connections;
  const bool has_room = server_.open.load(std::memory_order_relaxed) < limit || make_room();
  if (!has_room) {
    counts_.refused.fetch_add(1, std::memory_order_relaxed);
    // Those that are being told so are connections too: past a margin they are just closed.
    if (server_.open.load(std::memory_order_relaxed) > limit + limit / 8 + 16) return;
  }
  auto& connection = idle_.emplace_back(*this, std::move(socket));
  connection.set_position(std::prev(idle_.end()));
  server_.open.fetch_add(1, std::memory_order_relaxed);
  if (!connection.attach()) return destroy(connection);
  sweep_soon();
  if (!has_room) connection.refuse_full();
}

// A peer that keeps an idle connection open can open another; one that has just come cannot know.
bool ConnectionSet::make_room() {
  assert_on_loop();
  if (idle_.empty()) return false;
  counts_.evicted.fetch_add(1, std::memory_order_relaxed);
  destroy(idle_.front());
  return true;
}

void ConnectionSet::drain(std::chrono::nanoseconds within, std::function<void()> on_empty) {
  assert_on_loop();
  draining_ = true;
  on_empty_ = std::move(on_empty);
  drain_timer_ = loop_.run_after(within, [this] {
    assert_on_loop();
    drain_timer_.reset();
    while (!busy_.empty()) destroy(busy_.front());
    check_drained();
  });
  while (!idle_.empty()) destroy(idle_.front());
  for (auto& connection : busy_) connection.hurry(Hurry::kDraining);
  check_drained();
}

void ConnectionSet::check_drained() {
  assert_on_loop();
  if (!on_empty_ || !busy_.empty() || !idle_.empty()) return;
  if (drain_timer_) loop_.cancel(*drain_timer_);
  drain_timer_.reset();
  std::exchange(on_empty_, nullptr)();
}

bool ConnectionSet::is_draining() const {
  assert_on_loop();
  return draining_ || server_.draining.load();
}

std::span<char> ConnectionSet::read_buffer() {
  assert_on_loop();
  return read_buffer_;
}

std::string& ConnectionSet::head_buffer() {
  assert_on_loop();
  head_buffer_.clear();
  return head_buffer_;
}

std::unique_ptr<Connection::Exchange> ConnectionSet::take_exchange(Connection& connection) {
  assert_on_loop();
  const RequestLimits limits = server_.limits();
  const BootTime now = loop_.now().boot;
  if (spare_ == nullptr) return std::make_unique<Connection::Exchange>(connection, limits, now);
  spare_->begin(connection, limits, now);
  return std::move(spare_);
}

void ConnectionSet::give_back(std::unique_ptr<Connection::Exchange> exchange) {
  assert_on_loop();
  if (exchange->request().capacity() > kMostSpare) return;
  exchange->end();
  spare_ = std::move(exchange);
}

std::string_view ConnectionSet::date() {
  assert_on_loop();
  const auto second =
      std::chrono::floor<std::chrono::seconds>(loop_.now().wall).time_since_epoch().count();
  if (second != date_second_) {
    date_second_ = second;
    date_ = http_date(second);
  }
  return date_;
}

void ConnectionSet::mark_idle(Connection& connection) {
  assert_on_loop();
  idle_.splice(idle_.end(), busy_, connection.position());
}

void ConnectionSet::mark_busy(Connection& connection) {
  assert_on_loop();
  busy_.splice(busy_.end(), idle_, connection.position());
}

void ConnectionSet::resume_later(Connection& connection) {
  assert_on_loop();
  if (std::find(resumable_.begin(), resumable_.end(), &connection) != resumable_.end()) return;
  if (resumable_.empty()) loop_.post([this] { run_resumable(); });
  resumable_.push_back(&connection);
}

void ConnectionSet::run_resumable() {
  assert_on_loop();
  // One at a time out of the member: resuming one may destroy another, or come back here.
  for (std::size_t left = resumable_.size(); left > 0 && !resumable_.empty(); --left) {
    Connection* next = resumable_.front();
    resumable_.erase(resumable_.begin());
    next->resume();
  }
  if (!resumable_.empty()) loop_.post([this] { run_resumable(); });
}

void ConnectionSet::destroy(Connection& connection) {
  assert_on_loop();
  std::erase(resumable_, &connection);
  auto& list = connection.is_in_idle_list() ? idle_ : busy_;
  list.erase(connection.position());
  server_.open.fetch_sub(1, std::memory_order_relaxed);
  check_drained();
}

void ConnectionSet::sweep_soon() {
  assert_on_loop();
  if (sweep_timer_ || (idle_.empty() && busy_.empty())) return;
  sweep_timer_ = loop_.run_after(kSweepInterval, [this] { sweep(); });
}

void ConnectionSet::sweep() {
  assert_on_loop();
  sweep_timer_.reset();
  const BootTime now = loop_.now().boot;
  while (!idle_.empty() && now - idle_.front().since() >= server_.options.idle_timeout) {
    destroy(idle_.front());
  }
  for (auto next = busy_.begin(); next != busy_.end();) {
    Connection& connection = *next++;  // which may be destroyed
    connection.check_deadline(now);
  }
  sweep_soon();
}

}  // namespace sse::http
