#include "sse/server/handover.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "sse/base/logging.h"
#include "sse/base/quantities.h"
#include "sse/base/version.h"
#include "sse/gate/ticket_text.h"
#include "sse/log/chunk.h"
#include "sse/net/loop_pool.h"
#include "sse/server/parts.h"
#include "sse/server/ticket_keeper.h"

namespace sse::server {
namespace {

/// One chunk after the other: the memory of one.
Status give_chunks(const log::View& view, const KeyedHash& hash, const ChunkSink& sink) {
  std::string bytes;
  std::vector<log::Entry> entries;
  const auto flush = [&](std::size_t least) -> Status {
    while (entries.size() > least) {
      const auto chunk = log::chunk_of(entries);
      log::encode_chunk(chunk, bytes);
      SSE_TRY(sink(bytes));
      entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(chunk.size()));
    }
    return {};
  };
  for (wire::Sequence next = view.first_held(); next <= view.head(); ++next) {
    const auto event = view.event(next);
    entries.push_back({event.id,
                       event.block,
                       log::NameKey(event.type, hash),
                       log::NameKey(event.topic, hash),
                       {},
                       {}});
    if (entries.size() >= 2 * log::kMaxChunkEvents) SSE_TRY(flush(log::kMaxChunkEvents));
  }
  return flush(0);
}

const char* name_of(takeover::Keeping keeping) {
  switch (keeping) {
    case takeover::Keeping::kDirectory:
      return "in a directory";
    case takeover::Keeping::kCluster:
      return "in a cluster";
    case takeover::Keeping::kMemory:
      break;
  }
  return "in memory";
}

}  // namespace

KeptPlace kept_place(const std::string& directory, const std::string& cluster_url) {
  if (!cluster_url.empty()) return {takeover::Keeping::kCluster, cluster_url};
  if (directory.empty()) return {};
  KeptPlace kept{takeover::Keeping::kDirectory, directory};
  if (char* const real = ::realpath(directory.c_str(), nullptr); real != nullptr) {
    kept.place = real;
    std::free(real);
  }
  return kept;
}

Result<takeover::Holdings::Offered> Handover::offer(const takeover::Hello& hello) {
  if (hello.keeping != owner_.keeping || hello.place != owner_.place) {
    return Error{ErrorCode::kForbidden, std::string("the history of the hub that runs is ") +
                                            name_of(owner_.keeping) + " " + owner_.place +
                                            ", that of the new one would be " +
                                            name_of(hello.keeping) + " " + hello.place};
  }
  if (owner_.parts.hub().is_draining()) {
    return Error{ErrorCode::kForbidden, "the hub that runs is draining"};
  }
  if (const auto state = owner_.parts.hub().journal().state(); state == log::JournalState::kAway) {
    return Error{ErrorCode::kForbidden, log::journal_refusal(state).text};
  }
  log_line(LogLevel::kInfo, "takeover: sse-serve " + hello.program + " asks for this hub");
  Offered offered;
  offered.offer.program = std::string(version());
  offered.offer.streams = owner_.parts.hub().stream_count();
  offered.offer.supervisor = owner_.supervisor;
  for (const auto& socket : owner_.sockets) {
    offered.offer.listeners.push_back({socket.use, socket.bind});
    offered.descriptors.push_back(socket.fd);
  }
  return offered;
}

Status Handover::stop() {
  stopped_ = owner_.clock.boot();
  owner_.stands_until = stopped_ + owner_.patience;
  streams_.clear();
  streams_.resize(owner_.loops.size());
  const auto left = [this] {
    return std::max(owner_.patience - (owner_.clock.boot() - stopped_),
                    std::chrono::nanoseconds(0));
  };
  standstill_.emplace(owner_.loops, [this](net::Loop& loop) {
    streams_[loop.index()] = owner_.parts.hub().hand_over(loop);
  });
  if (!standstill_->wait(left())) {
    return Error{ErrorCode::kUnavailable,
                 "the loops of the hub that runs do not come to a stop, or have no memory for it"};
  }
  // No loop publishes now, and what was taken gets its outcome.
  SSE_TRY(owner_.parts.hub().journal().suspend(left()));
  is_suspended_ = true;
  if (owner_.tickets != nullptr) owner_.tickets->hold(true);
  return {};
}

log::CarriedLog Handover::log_without_chunks() const {
  auto& hub = owner_.parts.hub();
  const log::View view = hub.log().view();
  log::CarriedLog carried;
  carried.head = view.head_id();
  carried.origin.epoch = view.epoch();
  carried.origin.head = view.head_id();
  if (view.first_held() <= view.head()) {
    const auto oldest = view.event(view.first_held()).id;
    carried.origin.head =
        wire::EventId::make(oldest.unix_time(), oldest.epoch(), view.first_held() - 1);
  }
  if (carried.origin.head.sequence() > 0) carried.origin.past = {{view.epoch(), 1}};
  carried.rows = hub.rows();
  return carried;
}

Status Handover::send(takeover::Channel& channel) {
  auto& parts = owner_.parts;
  Carried carried;
  carried.head = parts.hub().log().view().head_id();
  if (owner_.keeping == takeover::Keeping::kMemory) {
    carried.log = log_without_chunks();
    carried.keys = parts.kept_answers();
  }
  const Now now = owner_.clock.now();
  if (const auto tickets = parts.tickets().kept(now.boot); !tickets.empty()) {
    carried.tickets = gate::text_of(tickets, now);
  }
  // A loop that stood later may have evicted streams of one that stood before it.
  for (auto& stream : parts.hub().in_order(std::move(streams_))) {
    carried.streams.push_back({std::move(stream), UniqueFd()});
  }
  handed_ = carried.streams.size();
  auto& log = parts.hub().log();
  const auto chunks = [&log](const ChunkSink& sink) {
    return give_chunks(log.view(), log.name_hash(), sink);
  };
  return send_parts(carried, chunks, channel);
}

std::string Handover::took() const {
  const auto time = std::chrono::floor<std::chrono::microseconds>(owner_.clock.boot() - stopped_);
  return format_duration(time);
}

void Handover::end_standstill() {
  standstill_.reset();
  owner_.stands_until = BootTime();
}

void Handover::go_on() {
  if (owner_.tickets != nullptr) owner_.tickets->hold(false);
  if (std::exchange(is_suspended_, false)) {
    if (const auto resumed = owner_.parts.hub().journal().resume(); !resumed) {
      log_line(LogLevel::kError, "takeover: " + resumed.error().text);
    }
  }
  end_standstill();
  log_line(LogLevel::kWarning,
           "takeover: nothing has come of it, and this hub goes on; it stood still for " + took());
}

void Handover::let_go() {
  auto& parts = owner_.parts;
  parts.let_go();  // before the loops go on
  standstill_->release([&](net::Loop& loop) {
    if (loop.index() == 0) parts.server().let_listeners_go();
    parts.hub().let_go(loop);
  });
  end_standstill();
  log_line(LogLevel::kInfo, "takeover: another process has this hub, with " +
                                std::to_string(handed_) + " streams; it stood still for " + took());
}

}  // namespace sse::server
