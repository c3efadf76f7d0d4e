// An EventServer that goes to another process, or comes from one.

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "sse/base/check.h"
#include "sse/base/version.h"
#include "sse/gate/ticket_text.h"
#include "sse/http/proxied_socket.h"
#include "sse/http/stream_socket.h"
#include "sse/log/chunk.h"
#include "sse/log/memory_journal.h"
#include "sse/net/listener.h"
#include "sse/net/loop_pool.h"
#include "sse/net/tcp_socket.h"
#include "sse/server/carried.h"
#include "sse/server/event_server.h"
#include "sse/server/handover.h"
#include "sse/server/parts.h"
#include "sse/server/ticket_keeper.h"

namespace sse::server {
namespace {

// How long a log that many hubs share may be behind that of the other process.
constexpr std::chrono::seconds kCatchUp{10};
constexpr std::chrono::milliseconds kLookAgain{1};

/// Every event must fit this hub's log.
Status check_sizes(const log::CarriedLog& log, std::size_t most) {
  for (const auto& chunk : log.chunks) {
    if (chunk.size() <= most) continue;
    for (const auto& entry : SSE_TRY(log::decode_chunk(chunk, KeyedHash()))) {
      if (entry.block.size() <= most) continue;
      return Error{ErrorCode::kFull,
                   "an event of the other hub is larger than --max-event-size here"};
    }
  }
  return {};
}

/// Whether no more of an event was sent than it has, as far as it is in memory.
bool is_inside(const log::Cursor& cursor, const log::View& view) {
  if (cursor.at_boundary()) return true;
  if (cursor.next > view.head()) return false;
  return cursor.next < view.first_held() || cursor.sent <= view.event(cursor.next).block.size();
}

std::unique_ptr<net::Socket> socket_of(CarriedStream& carried) {
  const auto& handed = carried.stream.socket;
  std::unique_ptr<net::Socket> socket = std::make_unique<net::TcpSocket>(std::move(carried.fd));
  if (!handed.peer.empty()) {
    socket = std::make_unique<http::ProxiedSocket>(std::move(socket), handed.peer, std::string());
  }
  return std::make_unique<http::StreamSocket>(std::move(socket), handed);
}

}  // namespace

void EventServer::note_sockets(const char* use,
                               const std::vector<std::unique_ptr<net::Listener>>& listeners) {
  for (const auto& listener : listeners) {
    sockets_.push_back({use, listener->bind(), listener->descriptor()});
  }
}

std::unique_ptr<log::Journal> EventServer::make_carried_journal() {
  if (options_.adopted == nullptr) return nullptr;
  auto journal = std::make_unique<log::MemoryJournal>(
      log::MemoryJournal::Options{options_.epoch, options_.rows}, clock_);
  memory_ = journal.get();
  return journal;
}

takeover::Hello EventServer::hello(const EventServerOptions& options) {
  auto kept = kept_place(options.durable.directory, options.cluster.url);
  return {std::string(version()), kept.keeping, std::move(kept.place)};
}

std::unique_ptr<takeover::Holdings> EventServer::holdings(std::chrono::nanoseconds patience,
                                                          const takeover::Supervisor& supervisor) {
  auto kept = kept_place(options_.durable.directory, options_.cluster.url);
  return std::make_unique<Handover>(Handover::Owner{clock_, *loops_, *parts_, ticket_keeper_.get(),
                                                    kept.keeping, std::move(kept.place), sockets_,
                                                    supervisor, stands_until_, patience});
}

bool EventServer::stands_still() const {
  return clock_.boot() < stands_until_.load();
}

Status EventServer::take_over(Carried&& carried) {
  SSE_CHECK(options_.adopted != nullptr);
  if (memory_ != nullptr) {
    if (!carried.log) return Error{ErrorCode::kInvalid, "the log was not handed over"};
    SSE_TRY(check_sizes(*carried.log, hub().log().limits().max_event_size));
    memory_->carry(*std::exchange(carried.log, std::nullopt));
  }
  SSE_TRY(load());
  const auto head = carried.head.sequence();
  const auto until = std::chrono::steady_clock::now() + kCatchUp;
  while (cluster_ != nullptr && hub().log().head() < head &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kLookAgain);
  }
  const log::View view = hub().log().view();
  const bool is_same =
      cluster_ != nullptr ? view.head() >= head : wire::is_same_place(view.head_id(), carried.head);
  if (!is_same) return Error{ErrorCode::kInvalid, "this hub's log is not that of the other one"};
  if (memory_ != nullptr && carried.keys) parts_->load_answers(*carried.keys);
  const Now now = clock_.now();
  if (!carried.tickets.empty()) {
    auto tickets = SSE_TRY(gate::read_tickets(carried.tickets, now));
    parts_->tickets().load(std::move(tickets), now.boot);
  }
  if (ticket_keeper_ != nullptr) ticket_keeper_->note_change();
  SSE_TRY(take_streams(carried));
  return prepare();
}

Status EventServer::take_streams(Carried& carried) {
  const log::View view = hub().log().view();
  if (carried.streams.size() > options_.hub.max_clients) {
    return Error{ErrorCode::kFull, std::to_string(carried.streams.size()) +
                                       " streams are more than --max-clients here"};
  }
  std::size_t next = 0;
  for (auto& one : carried.streams) {
    if (one.stream.cursor.next > view.head() + 1 || one.stream.cursor.next == 0) {
      return Error{ErrorCode::kInvalid, "a stream is ahead of the log"};
    }
    if (!is_inside(one.stream.cursor, view)) {
      return Error{ErrorCode::kInvalid, "a stream is past the end of an event"};
    }
    auto socket = socket_of(one);
    SSE_TRY(parts_->take_over((*loops_)[next++ % loops_->size()], std::move(one.stream),
                              std::move(socket)));
  }
  if (asks_for_credentials()) parts_->review_streams();
  return {};
}

}  // namespace sse::server
