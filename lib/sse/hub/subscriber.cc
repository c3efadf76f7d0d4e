#include "sse/hub/subscriber.h"

#include <algorithm>
#include <array>

#include "sse/hub/control_text.h"
#include "sse/hub/fan_out_loop.h"
#include "sse/wire/encoder.h"

namespace sse::hub {
namespace {

// What one subscriber may send in one turn, so that a long replay takes turns with everybody else.
constexpr std::size_t kBytesPerTurn = 256U << 10U;

// Pieces of one write: a filtered subscriber's events, which lie apart.
constexpr std::size_t kMaxPieces = 64;

// Events that are looked at one by one.
constexpr wire::Sequence kFewEvents = 8;

// Input that is read, and forgotten, per readiness: a peer that sends without end gets no more of
// the loop's time than this.
constexpr int kDiscardReads = 16;

}  // namespace

/// One write: what is pending, then pieces of the log.
struct Subscriber::Batch {
  void add(std::string_view bytes) {
    pieces[count++] = {const_cast<char*>(bytes.data()), bytes.size()};  // written from, never to
    total += bytes.size();
  }
  bool has_room() const { return count < kMaxPieces && total < kBytesPerTurn; }

  std::array<iovec, kMaxPieces> pieces;
  std::array<wire::Sequence, kMaxPieces>
      sequences;  // of the pieces after the pending one, filtered only
  std::size_t count = 0;
  std::size_t total = 0;
  wire::Sequence searched_to = 0;  // filtered: there is nothing else up to here
};

Subscriber::Subscriber(FanOutLoop& owner, std::unique_ptr<net::Socket> socket, std::string greeting,
                       log::Cursor cursor, std::optional<wire::EventId> replay_end,
                       std::unique_ptr<const Filter> filter, Ids ids, BootTime now)
    : owner_(owner),
      socket_(std::move(socket)),
      ahead_(std::make_unique<Ahead>(Ahead{std::move(greeting), 0, replay_end})),
      cursor_(cursor),
      unchanged_since_(now),
      filtering_(filter ? std::make_unique<Filtering>(std::move(filter)) : nullptr),
      ids_(ids) {
  notes.entry.subscriber = this;
  if (filtering_ && !replay_end) filtering_->announced = cursor.next - 1;
}

void Subscriber::on_ready(net::Readiness readiness) {
  // An edge of epoll says all that the socket can do, also what it could do before.
  readiness.writable = readiness.writable && blocked_;
  if (readiness.writable) blocked_ = false;
  owner_.on_stream_ready(*this, readiness);
}

Fed Subscriber::feed(const log::View& view, BootTime now, Counts& counts, net::SharedRun& shared) {
  std::size_t share = kBytesPerTurn;
  while (true) {
    if (cursor_.next < view.first_held()) return Fed::kLeftBehind;
    end_replay_when_done();
    if (!has_text() && cursor_.next > view.head()) {
      note_caught_up();
      return Fed::kCaughtUp;
    }
    Batch batch;
    gather(view, batch);
    if (batch.total == 0) {
      consume(view, batch, 0);
      if (replay_end()) continue;  // a filtered replay that ended without another match
      note_caught_up();
      return Fed::kCaughtUp;
    }
    const auto result = write(batch, shared);
    ++counts.sends;
    counts.bytes += result.bytes;
    bytes_sent_ += result.bytes;
    if (result.status == net::IoStatus::kPeerGone) return Fed::kPeerGone;
    if (result.bytes > 0 || !blocked_) unchanged_since_ = now;
    counts.deliveries += consume(view, batch, result.bytes);
    blocked_ = result.bytes < batch.total;
    if (blocked_) return Fed::kBlocked;
    if (result.bytes >= share) return Fed::kMore;
    share -= result.bytes;
  }
}

// One piece of the log is what most streams are given at the same time.
net::IoResult Subscriber::write(const Batch& batch, net::SharedRun& shared) {
  if (batch.count > 1 || has_text()) return socket_->write({batch.pieces.data(), batch.count});
  shared.share({static_cast<const char*>(batch.pieces[0].iov_base), batch.pieces[0].iov_len});
  return socket_->write_shared(shared);
}

void Subscriber::gather(const log::View& view, Batch& batch) {
  if (has_text()) batch.add(std::string_view(ahead_->text).substr(ahead_->sent));
  if (filtering_) {
    gather_wanted(view, batch);
    return;
  }
  auto run = view.run(cursor_).substr(0, kBytesPerTurn);
  if (const auto* end_of_replay = replay_end();
      end_of_replay && end_of_replay->sequence() >= cursor_.next) {
    // The id-only block comes right after the last event of the replay, not after what came later.
    const auto last = view.event(end_of_replay->sequence()).block;
    const char* end = last.data() + last.size();
    if (run.data() < end && end <= run.data() + run.size()) {
      run = run.substr(0, static_cast<std::size_t>(end - run.data()));
    }
  }
  if (!run.empty()) batch.add(run);
}

void Subscriber::gather_wanted(const log::View& view, Batch& batch) {
  const wire::Sequence last = replay_end() ? replay_end()->sequence() : view.head();
  wire::Sequence next = cursor_.next;
  if (!cursor_.at_boundary()) {
    batch.sequences[batch.count] = next;
    batch.add(view.event(next).block.substr(cursor_.sent));
    ++next;
  }
  while (batch.has_room()) {
    const auto wanted = next_wanted(view, next);
    if (!wanted || *wanted > last) {
      batch.searched_to = last;
      return;
    }
    batch.sequences[batch.count] = *wanted;
    batch.add(view.event(*wanted).block);
    next = *wanted + 1;
  }
}

// Of few events, which is what a stream that follows has, each is asked about. A selection is worth
// its memory, and the names that it looks up, for many.
std::optional<wire::Sequence> Subscriber::next_wanted(const log::View& view, wire::Sequence from) {
  const Filter& filter = *filtering_->filter;
  if (!filtering_->selection) {
    if (view.head() + 1 - from > kFewEvents) {
      filtering_->selection = std::make_unique<log::Selection>(filter);
    } else {
      for (; from <= view.head(); ++from) {
        const auto event = view.event(from);
        if (filter.wants_topic(event.topic) && filter.wants_type(event.type)) return from;
      }
      return std::nullopt;
    }
  }
  return filtering_->selection->next(view, from);
}

// The number of events that are with the socket now, whole.
std::uint64_t Subscriber::consume(const log::View& view, const Batch& batch, std::size_t bytes) {
  std::size_t piece = 0;
  if (has_text()) {
    const auto taken = std::min(bytes, ahead_->text.size() - ahead_->sent);
    ahead_->sent += taken;
    bytes -= taken;
    if (ahead_->sent < ahead_->text.size()) return 0;
    std::string().swap(ahead_->text);  // a replay may be long: neither clear() nor = frees it
    ahead_->sent = 0;
    drop_ahead_when_empty();
    piece = 1;
  }
  if (!filtering_) {
    const auto first = cursor_.next;
    if (bytes > 0) cursor_ = view.advance(cursor_, bytes);
    return cursor_.next - first;
  }
  std::uint64_t whole = 0;
  for (; piece < batch.count; ++piece) {
    const bool was_begun = batch.sequences[piece] == cursor_.next && !cursor_.at_boundary();
    const std::size_t size = batch.pieces[piece].iov_len;
    if (bytes < size) {
      if (bytes > 0) {
        const auto before = was_begun ? cursor_.sent : 0;
        cursor_ = {batch.sequences[piece], before + static_cast<std::uint32_t>(bytes)};
      }
      return whole;
    }
    bytes -= size;
    cursor_ = {batch.sequences[piece] + 1, 0};
    filtering_->announced = batch.sequences[piece];
    ++whole;
  }
  if (batch.searched_to >= cursor_.next) cursor_ = {batch.searched_to + 1, 0};
  return whole;
}

void Subscriber::end_replay_when_done() {
  if (!replay_end() || cursor_.next <= replay_end()->sequence()) return;
  const wire::EventId end = *std::exchange(ahead_->replay_end, std::nullopt);
  queue(wire::encode_id_only(end));
  if (filtering_) filtering_->announced = end.sequence();
}

const wire::EventId* Subscriber::replay_end() const {
  return ahead_ != nullptr && ahead_->replay_end ? &*ahead_->replay_end : nullptr;
}

void Subscriber::queue(std::string_view text) {
  if (ahead_ == nullptr) ahead_ = std::make_unique<Ahead>();
  ahead_->text += text;
}

void Subscriber::drop_ahead_when_empty() {
  if (ahead_->text.empty() && !ahead_->replay_end) ahead_.reset();
}

// What a filter means in the segment is as large as all the rest of an idle stream. Exact names are
// looked up again in no time; patterns were tried on every name of the segment.
void Subscriber::note_caught_up() {
  was_caught_up_ = true;
  if (!filtering_) return;
  const Filter& filter = *filtering_->filter;
  const bool is_cheap = (filter.wants_every_topic() || !filter.exact_topics().empty()) &&
                        (filter.wants_every_type() || !filter.exact_types().empty());
  if (is_cheap) filtering_->selection.reset();
}

void Subscriber::skip_to(wire::Sequence next) {
  cursor_.next = std::max(cursor_.next, next);
}

void Subscriber::queue_heartbeat(const log::View& view) {
  const wire::Sequence passed = cursor_.next - 1;
  const bool is_news = filtering_ && ids_ == Ids::kAll && filtering_->announced < passed;
  if (is_news && passed == view.head()) {
    queue(wire::encode_id_only(view.head_id()));
  } else if (is_news && passed >= view.first_held()) {
    queue(wire::encode_id_only(view.event(passed).id));
  } else {
    queue(kHeartbeatComment);
    return;
  }
  filtering_->announced = passed;
}

bool Subscriber::say_goodbye(const std::string& text, BootTime now) {
  if (!cursor_.at_boundary()) return false;
  // What is pending is whole lines, so what is left of it may be followed by a block.
  std::string last = has_text() ? ahead_->text.substr(ahead_->sent) : std::string();
  last += text;
  if (const auto promised = socket_->promised(); last.size() < promised) {
    last += comment_of(promised - last.size());
  }
  const iovec piece{last.data(), last.size()};
  if (socket_->write({&piece, 1}).bytes < last.size()) return false;
  socket_->shutdown_write();
  unchanged_since_ = now;
  return true;
}

bool Subscriber::discard_input() {
  std::array<char, 4096> nowhere;
  notes.has_input = false;
  for (int i = 0; i < kDiscardReads; ++i) {
    const auto result = socket_->read(nowhere);
    if (result.status == net::IoStatus::kPeerGone) return false;
    if (result.status == net::IoStatus::kWouldBlock) return true;
  }
  notes.has_input = true;
  return true;
}

}  // namespace sse::hub
