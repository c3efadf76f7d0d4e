#include "sse/http/connection_set.h"

#include <utility>

#include "sse/http/exchange.h"
#include "sse/http/peer_text.h"
#include "sse/http/pending_answer.h"
#include "sse/http/response_head.h"

namespace sse::http {
namespace {

// A request with its body fits most often; a large body takes several reads.
constexpr std::size_t kReadBuffer = 64U << 10U;
constexpr std::size_t kFirstRead = 16U << 10U;

// What a request may have allocated for the next one to use.
constexpr std::size_t kMostSpare = 64U << 10U;
// As many as wait for one commit, most often. One may be large.
constexpr std::size_t kMostSpares = 32;

// How often deadlines are checked, so how late they may fire.
constexpr std::chrono::nanoseconds kSweepInterval = std::chrono::seconds(1);

// What a turn spends on responses that are made in slices.
constexpr std::uint64_t kStepsOfSlices = Budget::kStepsPerMillisecond / 2;

// What a turn keeps of its share for ready sockets.
constexpr std::uint64_t kStepsForShort = Budget::kStepsPerMillisecond / 4;

// Going over to another response, whatever it does then.
constexpr std::uint64_t kStepsPerSlice = 20;

// Watching a new socket, and asking for its peer.
constexpr std::uint64_t kStepsToAdopt = 2 * Budget::kSystemCall;

// Closing a socket, most of it in the kernel; one in the middle of a request may have megabytes
// there that were not read, and as many here, whose pages go back.
constexpr std::uint64_t kStepsToClose = 4 * Budget::kSystemCall;
constexpr std::uint64_t kStepsToCut = 30 * Budget::kSystemCall;

}  // namespace

ConnectionSet::ConnectionSet(net::Loop& loop, ServerState& server)
    : loop_(loop),
      server_(server),
      counts_(server.router),
      postbox_(std::make_shared<Postbox>(loop)),
      sessions_(loop, counts_.sessions),
      reception_(loop, server, counts_, owner_of_reception()),
      read_buffer_(kReadBuffer) {
  spares_.reserve(kMostSpares);
  loop_.add_turn_task(*this);
}

ConnectionSet::~ConnectionSet() {
  postbox_->close();
  loop_.remove_turn_task(*this);
  if (sweep_timer_) loop_.cancel(*sweep_timer_);
  if (drain_timer_) loop_.cancel(*drain_timer_);
}

Reception::Owner ConnectionSet::owner_of_reception() {
  return {[this] { return read_buffer(false); },
          [this](const auto& group) { return make_room(group); },
          [this](Newcomer&& newcomer) { admit(std::move(newcomer)); }, [this] { check_drained(); }};
}

void ConnectionSet::adopt(std::unique_ptr<net::Socket> socket, Entrance entrance,
                          Transport transport) {
  assert_on_loop();
  dealt_.fetch_sub(1, std::memory_order_relaxed);
  counts_.accepted.fetch_add(1, std::memory_order_relaxed);
  if (draining_) return;
  loop_.budget().spend(kStepsToAdopt);
  std::string peer = socket->peer();
  reception_.receive({std::move(socket), std::move(peer), entrance, transport});
  sweep_soon();
}

void ConnectionSet::admit(Newcomer&& newcomer) {
  assert_on_loop();
  const Entrance entrance = newcomer.entrance;
  const bool has_room = find_room(entrance, peer_group(split_peer(newcomer.peer).address));
  if (!has_room && server_.open.is_past_margin()) return;
  auto& connection =
      idle_.emplace_back(*this, std::move(newcomer.socket), std::move(newcomer.peer));
  connection.set_entrance(entrance);
  connection.set_proxied(newcomer.is_proxied);
  if (!serve(connection, has_room, newcomer.readiness)) return;
  if (newcomer.is_misplaced) return connection.refuse_plain(newcomer.readiness);
  connection.start(newcomer.readiness);
}

// One that finds no place at all is not begun, which its peer is told: it may be sent again.
void ConnectionSet::admit_request(const Connection& host, std::unique_ptr<RequestStream> stream) {
  assert_on_loop();
  const bool has_room = find_room(host.entrance(), host.group());
  if (!has_room && server_.open.is_past_margin()) return;
  Connection& connection = idle_.emplace_back(host, std::move(stream));
  if (serve(connection, has_room, {})) connection.start_request();
}

// It is the last of the idle ones. False: it is answered or gone already.
bool ConnectionSet::serve(Connection& connection, bool has_room, net::Readiness readiness) {
  assert_on_loop();
  connection.set_position(std::prev(idle_.end()));
  server_.open.add(connection.entrance());
  if (!connection.attach()) {
    destroy(connection);
    return false;
  }
  sweep_soon();
  if (!has_room) connection.refuse_full(readiness);
  return has_room;
}

void ConnectionSet::place_session(Connection& host, bool has_place) {
  if (host.has_place() == has_place) return;
  host.set_place(has_place);
  if (has_place) return server_.open.add(host.entrance());
  server_.open.remove(host.entrance());
}

void ConnectionSet::drain(std::chrono::nanoseconds within, std::function<void()> on_empty) {
  assert_on_loop();
  draining_ = true;
  on_empty_ = std::move(on_empty);
  drain_timer_ = loop_.run_after(within, [this] {
    assert_on_loop();
    drain_timer_.reset();
    for (auto* list : {&idle_, &busy_, &resumable_}) {
      while (!list->empty()) destroy(list->front());
    }
    check_drained();
  });
  reception_.close_all();
  while (!idle_.empty()) {
    if (!idle_.front().drain_idle()) destroy(idle_.front());
  }
  for (auto* list : {&busy_, &resumable_}) {
    for (auto& connection : *list) connection.hurry(Hurry::kDraining);
  }
  check_drained();
}

void ConnectionSet::check_drained() {
  assert_on_loop();
  if (!on_empty_ || !is_empty()) return;
  if (drain_timer_) loop_.cancel(*drain_timer_);
  drain_timer_.reset();
  std::exchange(on_empty_, nullptr)();
}

bool ConnectionSet::is_empty() const {
  return idle_.empty() && busy_.empty() && resumable_.empty() && reception_.empty();
}

bool ConnectionSet::is_draining() const {
  assert_on_loop();
  return draining_ || server_.draining.load();
}

std::span<char> ConnectionSet::read_buffer(bool is_first) {
  assert_on_loop();
  return std::span(read_buffer_).first(is_first ? kFirstRead : kReadBuffer);
}

bool ConnectionSet::has_time_for_long() const {
  return loop_.budget().left() >= kStepsForShort;
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
  std::unique_ptr<Connection::Exchange> exchange;
  if (spares_.empty()) {
    exchange = std::make_unique<Connection::Exchange>(connection, limits, now);
  } else {
    exchange = std::move(spares_.back());
    spares_.pop_back();
    exchange->begin(connection, limits, now);
  }
  if (spare_rest_.fields.capacity() > exchange->request().fields.capacity()) {
    exchange->request().give_rest(spare_rest_);
  }
  return exchange;
}

void ConnectionSet::give_back(std::unique_ptr<Connection::Exchange> exchange) {
  assert_on_loop();
  exchange->end();
  const std::size_t most = spares_.empty() ? kMostSpare : kMostSpare / kMostSpares;
  if (exchange->capacity() > most || spares_.size() == kMostSpares) return;
  spares_.push_back(std::move(exchange));
}

// The connection may wait for a long time: it gives its memory away.
void ConnectionSet::take_rest(Request& request) {
  assert_on_loop();
  Request rest;
  request.give_rest(rest);
  if (rest.capacity() > kMostSpare) return;
  rest.clear();
  rest.give_rest(spare_rest_);
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

void ConnectionSet::list(Connection& connection) {
  assert_on_loop();
  const auto wanted = connection.is_idle() ? Connection::Listed::kIdle : Connection::Listed::kBusy;
  if (connection.listed() != wanted) move(connection, wanted);
}

void ConnectionSet::move(Connection& connection, Connection::Listed to) {
  auto& list = list_of(to);
  list.splice(list.end(), list_of(connection.listed()), connection.position());
  connection.set_listed(to);
}

Connection::List& ConnectionSet::list_of(Connection::Listed listed) {
  switch (listed) {
    case Connection::Listed::kIdle:
      return idle_;
    case Connection::Listed::kBusy:
      return busy_;
    case Connection::Listed::kResumable:
      return resumable_;
  }
  return busy_;
}

void ConnectionSet::resume_later(Connection& connection) {
  assert_on_loop();
  if (connection.listed() == Connection::Listed::kResumable) return;
  move(connection, Connection::Listed::kResumable);
  loop_.request_turn();
}

void ConnectionSet::work_later(Connection& connection) {
  assert_on_loop();
  slices_.add(connection, connection.group());
  loop_.request_turn();
}

bool ConnectionSet::on_turn() {
  assert_on_loop();
  run_resumable();
  run_slices();
  return !resumable_.empty() || !slices_.empty();
}

// One that is cut again comes back behind the others. While ready sockets wait, a quarter must do.
void ConnectionSet::run_resumable() {
  const Budget& budget = loop_.budget();
  const std::uint64_t kept = loop_.has_ready_left() ? budget.left() / 4 * 3 : 0;
  while (!resumable_.empty() && budget.left() > kept) {
    Connection& next = resumable_.front();
    list(next);
    loop_.budget().spend(kStepsPerSlice);
    next.resume();
  }
}

// They have a share of their own, for all that is done while they have their turn: what they send,
// and the request behind them, too.
void ConnectionSet::run_slices() {
  Budget& budget = loop_.budget();
  const Budget others = std::exchange(budget, Budget(kStepsOfSlices));
  while (!budget.is_spent()) {
    Connection* next = slices_.next();
    if (next == nullptr) break;
    budget.spend(kStepsPerSlice);
    next->do_slice(budget);
  }
  budget = others;
}

void ConnectionSet::destroy(Connection& connection) {
  assert_on_loop();
  const std::size_t held = connection.held();
  loop_.budget().spend(held == 0 ? kStepsToClose : kStepsToCut + Budget::steps_for_bytes(held) / 4);
  slices_.remove(connection);
  if (connection.has_place()) server_.open.remove(connection.entrance());
  list_of(connection.listed()).erase(connection.position());
  check_drained();
}

void ConnectionSet::sweep_soon() {
  assert_on_loop();
  if (sweep_timer_ || is_empty()) return;
  sweep_timer_ = loop_.run_after(kSweepInterval, [this] { sweep(); });
}

void ConnectionSet::sweep() {
  assert_on_loop();
  sweep_timer_.reset();
  const BootTime now = loop_.now().boot;
  Budget& budget = loop_.budget();
  reception_.sweep(now, budget);
  while (!idle_.empty() && now - idle_.front().since() >= server_.options.idle_timeout &&
         !budget.is_spent()) {
    destroy(idle_.front());
  }
  for (auto* list : {&busy_, &resumable_}) {
    for (auto next = list->begin(); next != list->end() && !budget.is_spent();) {
      Connection& connection = *next++;  // which may be destroyed
      connection.check_deadline(now);
    }
  }
  if (!budget.is_spent()) return sweep_soon();
  // Those that are late are many: each is gone from its list, so the rest is reached.
  sweep_timer_ = loop_.run_after(std::chrono::nanoseconds(0), [this] { sweep(); });
}

}  // namespace sse::http
