#include "sse/hub/subscriber.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sse/hub/control_text.h"
#include "sse/hub/fan_out_loop.h"
#include "sse/wire/encoder.h"

namespace sse::hub {
namespace {

constexpr std::size_t kBytesPerTurn = SharedWrite::kBytesPerTurn;

// Input that is read, and forgotten, per readiness: a peer that sends without end gets no more of
// the loop's time than this.
constexpr int kDiscardReads = 16;
// What is read makes room, of which the kernel tells the peer in the same call.
constexpr std::uint64_t kStepsPerDiscard = 5 * Budget::kSystemCall;

// A write is not worth its system call below this.
constexpr std::size_t kLeastShare = 64U << 10U;

// What one feeding may send. A budget that would end in the middle of it makes it less.
std::size_t share_within(const Budget& budget) {
  const auto most = std::min<std::uint64_t>(Budget::bytes_for_steps(budget.left()), kBytesPerTurn);
  return std::max<std::size_t>(most, kLeastShare);
}

}  // namespace

Subscriber::Subscriber(FanOutLoop& owner, StreamOpening& opening, std::string greeting,
                       BootTime now)
    : may_owe_(opening.is_conflated()),
      ids_(opening.ids),
      owner_(owner),
      socket_(std::move(opening.socket)),
      ahead_(std::make_unique<Ahead>(
          Ahead{std::move(greeting), 0, opening.replay_end(), opening.start.not_before})),
      reader_(opening.take_reader()),
      unchanged_since_(now) {
}

Subscriber::Subscriber(FanOutLoop& owner, HandedStream& handed, std::unique_ptr<net::Socket> socket,
                       std::unique_ptr<const Filter> filter)
    : was_caught_up_(handed.was_caught_up),
      may_owe_(handed.may_owe),
      ids_(handed.ids),
      owner_(owner),
      socket_(std::move(socket)),
      reader_(filter == nullptr ? log::Reader(handed.cursor)
                                : log::Reader(std::move(filter), handed.cursor, handed.announced)),
      unchanged_since_(handed.unchanged_since),
      bytes_sent_(handed.bytes_sent) {
  blocked_ = socket_->unsent() > 0;
  if (!handed.text.empty()) queue(handed.text);
  if (handed.replay_end) begin_replay(*handed.replay_end);
}

std::optional<HandedStream> Subscriber::hand_over() const {
  const bool is_movable = !reader_.is_conflated() && !reader_.has_ended() &&
                          input != Input::kBroken && (ahead_ == nullptr || !ahead_->not_before) &&
                          (filter() == nullptr || !filter()->is_judged());
  auto socket = is_movable ? socket_->hand_over() : std::nullopt;
  if (!socket) return std::nullopt;
  HandedStream handed;
  handed.socket = *std::move(socket);
  handed.cursor = cursor();
  handed.announced = reader_.announced();
  if (has_text()) handed.text = text_left();
  if (const auto* end = replay_end()) handed.replay_end = *end;
  handed.ids = ids_;
  handed.may_owe = may_owe_;
  handed.was_caught_up = was_caught_up_;
  handed.unchanged_since = unchanged_since_;
  handed.bytes_sent = bytes_sent_;
  if (const Filter* patterns = filter()) {
    const auto last = patterns->last_types();
    // The last types are among the types, if there are any; make() adds them again.
    auto types = patterns->types();
    const auto is_last = [&](const auto& type) {
      return std::find(last.begin(), last.end(), type) != last.end();
    };
    std::erase_if(types, is_last);
    if (types.empty() && !patterns->types().empty()) types.push_back(patterns->types().front());
    handed.filter = {std::move(types), patterns->topics(), {last.begin(), last.end()}};
  }
  return handed;
}

void Subscriber::on_ready(net::Readiness readiness) {
  // An edge of epoll says all that the socket can do, also what it could do before.
  readiness.writable = readiness.writable && blocked_ && net::send_unsent(*socket_);
  if (readiness.writable) blocked_ = false;
  owner_.on_stream_ready(*this, readiness);
}

FeedResult Subscriber::feed(const log::View& view, wire::Sequence last, BootTime now,
                            Counts& counts, SharedWrite& shared, Budget& budget) {
  log::WholeReader* whole = reader_.whole_reader();
  const bool is_plain = whole != nullptr && ahead_ == nullptr && !may_owe_ && !view.is_part();
  if (!is_plain) {
    return feed_pieces(view, last, now, counts, shared.framed, budget);
  }
  return follow(*whole, view, last, now, counts, shared, budget);
}

// The way of most deliveries: what is asked for each stream here, all of them pay for.
FeedResult Subscriber::follow(log::WholeReader& reader, const log::View& view, wire::Sequence last,
                              BootTime now, Counts& counts, SharedWrite& shared, Budget& budget) {
  std::size_t share = kBytesPerTurn;
  while (reader.cursor().next <= last) {
    if (!shared.found.is_at(reader.cursor(), last)) {
      if (reader.cursor().next < view.first_held()) return FeedResult::kLeftBehind;
      shared.found.find(view, reader.cursor(), last);
    }
    const std::string_view bytes = shared.found.bytes();
    shared.framed.share(bytes);
    const auto result = socket_->write_shared(shared.framed);
    note_write(result, bytes.size(), now, counts, budget);
    if (result.status == net::IoStatus::kPeerGone) return FeedResult::kPeerGone;
    counts.deliveries += reader.consume(view, shared.found, result.bytes);
    if (blocked_) return FeedResult::kBlocked;
    if (result.bytes >= share) return FeedResult::kMore;
    share -= result.bytes;
  }
  budget.spend(1);
  if (!has_left()) return FeedResult::kBlocked;
  was_caught_up_ = true;
  return FeedResult::kCaughtUp;
}

// A filter, text of the server's own, a replay, an end: whatever comes before the next event.
FeedResult Subscriber::feed_pieces(const log::View& view, wire::Sequence last, BootTime now,
                                   Counts& counts, net::SharedRun& shared, Budget& budget) {
  std::size_t share = share_within(budget);
  const wire::Sequence first_held = view.first_held();
  while (true) {
    if (has_ended()) {
      if (!has_text()) return has_left() ? FeedResult::kDone : FeedResult::kBlocked;
    } else if (cursor().next <= last && cursor().next < first_held) {
      return FeedResult::kLeftBehind;
    }
    if (ahead_ != nullptr) end_replay_when_done();
    if (!has_text() && cursor().next > last) {
      if (may_owe_ && fill_chunk()) continue;
      if (view.is_part()) return end_part();
      budget.spend(1);
      return catch_up();
    }
    log::NextWrite next(share);
    if (has_text()) next.add(text_left());
    // The id-only block comes right after the last event of the replay, not after later ones.
    const auto* replayed = replay_end();
    reader_.gather(view, replayed != nullptr ? std::min(replayed->sequence(), last) : last, next,
                   budget);
    if (next.bytes() == 0) {
      budget.spend(1);
      consume(view, next, 0);
      if (next.is_cut) return FeedResult::kMore;
      // A filtered or conflated replay that ended without another match.
      if (replay_end() || cursor().next <= last || view.is_part()) continue;
      if (may_owe_ && fill_chunk()) continue;
      return catch_up();
    }
    const auto result = write(next, shared);
    note_write(result, next.bytes(), now, counts, budget);
    if (result.status == net::IoStatus::kPeerGone) return FeedResult::kPeerGone;
    counts.deliveries += consume(view, next, result.bytes);
    if (blocked_) return FeedResult::kBlocked;
    if (result.bytes >= share) return FeedResult::kMore;
    share -= result.bytes;
  }
}

FeedResult Subscriber::catch_up() {
  if (!has_left()) return FeedResult::kBlocked;
  was_caught_up_ = true;
  reader_.rest();
  return FeedResult::kCaughtUp;
}

// The next part is searched like one never seen, whenever that is.
FeedResult Subscriber::end_part() {
  reader_.rest();
  return FeedResult::kMore;
}

void Subscriber::skip_superseded(const log::View& view) {
  if (!cursor().at_boundary()) return;
  wire::Sequence last = reader_.conflated_to();
  if (const auto* end = replay_end()) last = std::min(last, end->sequence());
  if (cursor().next > last) return;
  reader_.skip_to(std::min(view.next_archived_newest(cursor().next), last + 1));
}

// A conflated stream skips up to what it conflates; past that, its interval says where it goes on.
void Subscriber::skip_unwanted(const log::View& view, Budget& budget) {
  const log::Selector* selector = reader_.selector();
  if (selector == nullptr || !cursor().at_boundary()) return;
  wire::Sequence last = reader_.is_conflated() ? reader_.conflated_to() : view.head();
  if (const auto* end = replay_end()) last = std::min(last, end->sequence());
  if (cursor().next > last) return;
  const auto next = view.next_archived_wanted(cursor().next, *selector, budget);
  reader_.skip_to(std::min(next, last + 1));
}

bool Subscriber::may_want_behind(const log::View& view, const log::View& part,
                                 Budget& budget) const {
  const log::Selector* selector = reader_.selector();
  const wire::Sequence next = part.head() + 1;
  if (selector == nullptr || !view.is_archived(next)) return true;
  return view.next_archived_wanted(next, *selector, budget) == next;
}

void Subscriber::begin_in(const log::View& part) {
  if (ahead_ == nullptr || !ahead_->not_before) return;
  reader_.begin_at(part.first_since(*std::exchange(ahead_->not_before, std::nullopt)));
  drop_ahead_when_empty();
}

// What was promised may have been superseded, and a peer that reads chunk by chunk sees nothing of
// one that is open.
bool Subscriber::fill_chunk() {
  const auto promised = socket_->promised();
  if (promised > 0) queue(comment_of(promised));
  may_owe_ = promised > 0 || reader_.is_conflated();
  return promised > 0;
}

// One piece of the log is what most streams are given at the same time.
net::IoResult Subscriber::write(const log::NextWrite& next, net::SharedRun& shared) {
  const auto pieces = next.pieces();
  if (pieces.size() > 1 || has_text()) return socket_->write(pieces);
  shared.share({static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len});
  return socket_->write_shared(shared);
}

// The number of events that the socket now has whole.
std::uint64_t Subscriber::consume(const log::View& view, const log::NextWrite& next,
                                  std::size_t bytes) {
  if (has_text()) {
    bytes -= consume_text(bytes);
    if (has_text()) return 0;
  }
  const auto completed = reader_.consume(view, next, bytes);
  if (completed > 0 && has_ended()) tell_end(view);  // at once, so that an end is always told
  return completed;
}

void Subscriber::tell_end(const log::View& view) {
  if (ahead_ != nullptr) ahead_->replay_end.reset();
  const wire::EventId last = view.event(cursor().next - 1).id;
  queue(end_text(last, owner_.retry_when_done()));
}

std::size_t Subscriber::consume_text(std::size_t bytes) {
  const auto taken = std::min(bytes, text_left().size());
  ahead_->sent += taken;
  if (ahead_->sent < ahead_->text.size()) return taken;
  std::string().swap(ahead_->text);  // a replay may be long: neither clear() nor = frees it
  ahead_->sent = 0;
  drop_ahead_when_empty();
  return taken;
}

void Subscriber::end_replay_when_done() {
  if (!replay_end() || cursor().next <= replay_end()->sequence()) return;
  const wire::EventId end = *std::exchange(ahead_->replay_end, std::nullopt);
  queue(wire::encode_id_only(end));
  reader_.announce(end.sequence());
}

const wire::EventId* Subscriber::replay_end() const {
  return ahead_ != nullptr && ahead_->replay_end ? &*ahead_->replay_end : nullptr;
}

void Subscriber::begin_replay(const wire::EventId& end) {
  ahead().replay_end = end;
}

Subscriber::Ahead& Subscriber::ahead() {
  if (ahead_ == nullptr) ahead_ = std::make_unique<Ahead>();
  return *ahead_;
}

void Subscriber::queue(std::string_view text) {
  ahead().text += text;
}

void Subscriber::drop_ahead_when_empty() {
  if (ahead_->text.empty() && !ahead_->replay_end && !ahead_->not_before) ahead_.reset();
}

void Subscriber::queue_heartbeat(const log::View& view) {
  const wire::Sequence passed = cursor().next - 1;
  const bool is_news = ids_ == Ids::kAll && reader_.announced() < passed;
  if (is_news && passed == view.head()) {
    queue(wire::encode_id_only(view.head_id()));
  } else if (is_news && passed >= view.first_held()) {
    queue(wire::encode_id_only(view.event(passed).id));
  } else {
    queue(kHeartbeatComment);
    return;
  }
  reader_.announce(passed);
}

bool Subscriber::say_goodbye(const std::string& text, BootTime now) {
  awaits_end = say_last(text);
  blocked_ = blocked_ || has_unsent();
  unchanged_since_ = now;
  return awaits_end;
}

bool Subscriber::say_last(const std::string& text) {
  if (!cursor().at_boundary()) return false;
  // What is pending is whole lines, so what is left of it may be followed by a block.
  std::string last(has_text() ? text_left() : std::string_view());
  if (!has_ended()) last += text;
  if (const auto promised = socket_->promised(); last.size() < promised) {
    last += comment_of(promised - last.size());
  }
  const iovec piece{last.data(), last.size()};
  if (!last.empty() && socket_->write({&piece, 1}).bytes < last.size()) return false;
  socket_->shutdown_write();
  return true;
}

void Subscriber::discard_input(Budget& budget) {
  std::array<char, 4096> nowhere;
  input = Input::kMore;
  for (int i = 0; i < kDiscardReads && input == Input::kMore; ++i) {
    const auto result = socket_->read(nowhere);
    budget.spend(result.bytes == 0 ? Budget::kSystemCall
                                   : kStepsPerDiscard + Budget::steps_for_bytes(result.bytes));
    switch (result.status) {
      case net::IoStatus::kOk:
      case net::IoStatus::kUnsent:  // of writes alone
        break;
      case net::IoStatus::kWouldBlock:
        input = Input::kNothing;
        break;
      case net::IoStatus::kEnd:
        input = Input::kEnded;
        break;
      case net::IoStatus::kPeerGone:
        input = Input::kBroken;
        break;
    }
  }
}

}  // namespace sse::hub
