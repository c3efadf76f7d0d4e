#include "sse/http/two/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "sse/http/two/sessions.h"
#include "sse/net/loop.h"

namespace sse::http {
namespace {

// Reads at a time: what is left has its turn later. So have streams that are told when the socket
// is ready.
constexpr int kMostReads = 1;
constexpr int kMostReadsAlone = 4;
constexpr std::size_t kMostToldWhenReady = 4;
constexpr std::size_t kMostToldInTurn = 50;
constexpr std::size_t kRead = 16U << 10U;

// What a turn keeps of its share for sockets that are ready for less.
constexpr std::uint64_t kStepsForShort = Budget::kStepsPerMillisecond / 4;

// Heads of requests that were not begun. They may be much larger than what has come of them.
constexpr std::size_t kMostOfNewcomers = 256U << 10U;

// A stream is told, or a request begun, beside what is done then.
constexpr std::uint64_t kStepsPerStream = 50;

// What a frame takes, beside its bytes; they may be tiny.
constexpr std::uint64_t steps_of_frames(std::size_t bytes) {
  return bytes;
}

// After the last byte the peer's FIN is awaited this long.
constexpr std::chrono::nanoseconds kLinger = std::chrono::seconds(2);

// A peer of which nothing is heard is asked whether it is there, and has this long to say so.
constexpr std::chrono::nanoseconds kSilence = std::chrono::seconds(45);
constexpr std::chrono::nanoseconds kPingAnswer = std::chrono::seconds(15);

// A question stands behind all that was sent before it: a peer that takes less a second is slow.
constexpr std::uint64_t kSlowest = 32U << 10U;

}  // namespace

Session::Session(Sessions& sessions, std::unique_ptr<net::Socket> socket, std::string peer,
                 const SessionLimits& limits, SessionHost& host)
    : sessions_(sessions),
      socket_(std::move(socket)),
      peer_(std::make_shared<const std::string>(std::move(peer))),
      limits_(limits),
      host_(&host),
      http2_(open_http2(*this)),
      flood_(sessions.loop().now().boot),
      began_(sessions.loop().now().boot),
      heard_(began_),
      moved_(began_),
      text_began_(began_) {
  sessions_.counts().opened.fetch_add(1, std::memory_order_relaxed);
  sessions_.counts().open.fetch_add(1, std::memory_order_relaxed);
}

Session::~Session() {
  nghttp2_session_del(http2_);
}

BootTime Session::now() const {
  return sessions_.loop().now().boot;
}

void Session::start(std::string_view first, bool is_hung_up) {
  is_hung_up_ = is_hung_up;
  if (!socket_->attach(sessions_.loop(), *this)) is_broken_ = true;
  const std::array<nghttp2_settings_entry, 3> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMostStreams},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits_.max_head)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  expect(nghttp2_submit_settings(http2_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()));
  receive(first);
  sessions_.run_later(*this);
}

void Session::on_ready(net::Readiness readiness) {
  const auto self = shared_from_this();
  is_readable_ = (is_readable_ || readiness.readable) && !has_met_end_;
  is_hung_up_ = is_hung_up_ || readiness.hung_up;
  is_broken_ = is_broken_ || readiness.broken;
  if (readiness.writable && net::send_unsent(*socket_) && std::exchange(is_blocked_, false)) {
    has_changed_ = true;
  }
  if (sessions_.loop().budget().left() >= kStepsForShort) advance(Pace::kReady);
  if (host_ != nullptr) sessions_.run_later(*this);
}

void Session::run(Company company) {
  is_due_ = false;
  if (host_ == nullptr) return;
  const auto self = shared_from_this();
  advance(company == Company::kNone ? Pace::kAlone : Pace::kInTurn);
  if (host_ == nullptr) return;
  pump();
  while (!is_blocked_ && !output_.empty() && flush()) pump();
  finish_when_done();
  tell_host();
  if (host_ != nullptr && (has_untold() || is_readable_)) sessions_.run_later(*this);
}

// What came is told before more is read.
void Session::advance(Pace pace) {
  const Budget& budget = sessions_.loop().budget();
  const int most_reads = pace == Pace::kAlone ? kMostReadsAlone : kMostReads;
  const std::size_t most_told = pace == Pace::kAlone   ? 2 * kMostStreams
                                : pace == Pace::kReady ? kMostToldWhenReady
                                                       : kMostToldInTurn;
  for (int reads = 0;; ++reads) {
    tell_streams(most_told);
    if (host_ == nullptr || has_untold() || reads == most_reads || budget.is_spent()) return;
    if (!read_some()) return;
  }
}

bool Session::read_some() {
  if (!is_readable_ || is_broken_) return false;
  std::array<char, kRead> buffer;
  const auto result = socket_->read(buffer);
  Budget& budget = sessions_.loop().budget();
  budget.spend(Budget::kSystemCall);
  switch (result.status) {
    case net::IoStatus::kOk:
    case net::IoStatus::kUnsent:  // of writes alone
      break;
    case net::IoStatus::kWouldBlock:
      is_readable_ = false;
      return false;
    case net::IoStatus::kEnd:
      end_reading();
      return true;
    case net::IoStatus::kPeerGone:
      is_readable_ = false;
      is_broken_ = true;
      return false;
  }
  // A short read has met the end of what was there. The peer's end is not told again.
  is_readable_ = result.bytes == buffer.size() || is_hung_up_;
  if (!lingering_ && !calmed_) receive({buffer.data(), result.bytes});
  return true;
}

// The peer may still read: it gets what it has asked for, as over HTTP/1.
void Session::end_reading() {
  is_readable_ = false;
  has_met_end_ = true;
  if (lingering_) {
    is_broken_ = true;
    return;
  }
  while (!streams_.empty()) streams_.front()->move_to(told_);
  for (RequestStream* const stream : told_) stream->hang_up();
  drain();
}

void Session::receive(std::string_view bytes) {
  heard_ = now();
  unheard_ = 0;
  pinged_.reset();
  sessions_.loop().budget().spend(steps_of_frames(bytes.size()));
  const auto taken = nghttp2_session_mem_recv(
      http2_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0) fail(static_cast<int>(taken));
}

void Session::expect(int result) {
  if (result != 0) fail(result);
}

// After a fatal one nghttp2's session is good for nothing.
void Session::fail(int error) {
  if (error == NGHTTP2_ERR_FLOODED) return calm_down();
  if (nghttp2_is_fatal(error) != 0) {
    is_broken_ = true;
    return;
  }
  terminate(NGHTTP2_INTERNAL_ERROR);
}

void Session::terminate(std::uint32_t error) {
  if (nghttp2_session_terminate_session(http2_, error) != 0) is_broken_ = true;
}

void Session::calm_down() {
  if (calmed_) return;
  calmed_ = now();
  has_changed_ = true;
  sessions_.counts().flooded.fetch_add(1, std::memory_order_relaxed);
  terminate(NGHTTP2_ENHANCE_YOUR_CALM);
}

void Session::tell_host() {
  if (host_ != nullptr && std::exchange(has_changed_, false)) host_->on_session_change();
}

// Each may destroy itself and others, and even the host, which first hears that it is busy: one
// that looks idle could give way to its own request.
void Session::tell_streams(std::size_t most) {
  tell_host();
  begin_requests(most);
  Budget& budget = sessions_.loop().budget();
  for (; !told_.empty() && most > 0 && host_ != nullptr && !budget.is_spent(); --most) {
    RequestStream& stream = *told_.front();
    stream.move_to(streams_);
    stream.tell();
    budget.spend(kStepsPerStream);
  }
}

// Each is read, and answered as far as it can be, before the next is looked at.
void Session::begin_requests(std::size_t& most) {
  Budget& budget = sessions_.loop().budget();
  for (; !newcomers_.empty() && most > 0 && host_ != nullptr && !budget.is_spent(); --most) {
    auto stream = std::move(newcomers_.front());
    newcomers_.pop_front();
    newcomer_bytes_ -= std::min(newcomer_bytes_, stream->input_.size());
    if (!stream->is_closed_) host_->begin_request(std::move(stream));
    budget.spend(kStepsPerStream);
  }
  if (newcomers_.empty()) newcomer_bytes_ = 0;
}

void Session::note(RequestStream& stream, net::Readiness readiness) {
  if (readiness.writable) stream.awaits_room_ = false;
  stream.note(readiness);
  stream.move_to(told_);
}

void Session::note_closed(RequestStream& stream, std::uint32_t error) {
  const bool is_whole = stream.has_ended_ && error == NGHTTP2_NO_ERROR;
  stream.close(!is_whole);
  stream.move_to(told_);
}

void Session::begin_head(std::int32_t id) {
  text_.emplace(limits_.max_head);
  text_stream_ = id;
  text_began_ = now();
  has_changed_ = true;
}

// The first thing that a stream is told is that it can be read.
void Session::end_head(bool ends) {
  auto head = text_->finish(ends);
  const auto form = text_->body_form();
  text_.reset();
  has_changed_ = true;
  if (!head) return reset(text_stream_, NGHTTP2_PROTOCOL_ERROR);
  if (newcomer_bytes_ + head->size() > kMostOfNewcomers && !newcomers_.empty()) {
    return reset(text_stream_, NGHTTP2_REFUSED_STREAM);
  }
  newcomer_bytes_ += head->size();
  auto stream = std::make_unique<RequestStream>(*this, text_stream_, streams_);
  sessions_.counts().requests.fetch_add(1, std::memory_order_relaxed);
  sessions_.counts().streams.fetch_add(1, std::memory_order_relaxed);
  expect(nghttp2_session_set_stream_user_data(http2_, text_stream_, stream.get()));
  stream->begin_input(std::move(*head), form);
  newcomers_.push_back(std::move(stream));
}

bool Session::is_busy() const {
  return has_work() || is_draining_ || calmed_ || lingering_;
}

bool Session::has_work() const {
  const bool awaits_input = (!has_settings_ || text_) && !has_met_end_;
  return awaits_input || has_streams() || endings_ > 0 || is_blocked_;
}

Standing Session::standing() const {
  if (lingering_ || calmed_) return Standing::kSaid;
  if (has_streams()) return Standing::kKept;
  if (!has_settings_ || text_) return Standing::kBegun;
  if (is_blocked_ || endings_ > 0) return Standing::kUnread;
  return is_draining_ ? Standing::kSaid : Standing::kIdle;
}

void Session::count_subscription(int change) {
  subscriptions_ += static_cast<std::size_t>(change);
  has_changed_ = true;
  sessions_.run_later(*this);
}

void Session::drain() {
  if (std::exchange(is_draining_, true) || host_ == nullptr) return;
  has_changed_ = true;
  const auto last = nghttp2_session_get_last_proc_stream_id(http2_);
  expect(nghttp2_submit_goaway(http2_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0));
  sessions_.run_later(*this);
}

void Session::check(BootTime now) {
  const auto self = shared_from_this();
  if (host_ == nullptr) return;
  if (lingering_) {
    if (now - *lingering_ >= kLinger) end();
    return;
  }
  if (is_late(now)) return end();
  if (!pinged_ && now - heard_ >= kSilence) {
    expect(nghttp2_submit_ping(http2_, NGHTTP2_FLAG_NONE, nullptr));
    pinged_ = now;
    sessions_.run_later(*this);
  }
  check_window(now);
}

// A question that is still in the output has the time of the output.
bool Session::is_late(BootTime now) const {
  const bool has_output = is_blocked_ || !output_.empty();
  const auto on_the_way = std::chrono::seconds(unheard_ / kSlowest);
  return (!has_settings_ && now - began_ >= limits_.request_timeout) ||
         (text_ && now - text_began_ >= limits_.request_timeout) ||
         (has_output && now - moved_ >= limits_.write_timeout) ||
         (endings_ > 0 && !has_streams() && now - last_ending_ >= limits_.write_timeout) ||
         (calmed_ && now - *calmed_ >= kLinger) ||
         (pinged_ && !has_output && now - *pinged_ >= kPingAnswer + on_the_way);
}

// A broken connection, the last stream of one that drains, an error of the peer's.
void Session::finish_when_done() {
  if (is_broken_) return end();
  if (lingering_) return;
  const bool wants_nothing =
      nghttp2_session_want_read(http2_) == 0 && nghttp2_session_want_write(http2_) == 0;
  const bool has_drained = is_draining_ && !has_work();
  if ((!wants_nothing && !has_drained) || !output_.empty() || socket_->unsent() > 0) return;
  if (has_met_end_) return end();
  abandon_streams();
  socket_->shutdown_write();
  lingering_ = now();
  has_changed_ = true;
}

void Session::end() {
  if (host_ == nullptr) return;
  SessionHost& host = *host_;
  close();
  host.on_session_end();
}

// Best effort: an idle connection that is closed says so.
void Session::say_goodbye() {
  if (is_broken_ || lingering_) return;
  terminate(NGHTTP2_NO_ERROR);
  pump();
  flush();
}

void Session::close() {
  if (host_ == nullptr) return;
  say_goodbye();
  host_ = nullptr;
  sessions_.counts().open.fetch_sub(1, std::memory_order_relaxed);
  abandon_streams();
  socket_.reset();
}

void Session::abandon_streams() {
  for (RequestStream::List* list : {&streams_, &told_}) {
    while (!list->empty()) {
      sessions_.counts().streams.fetch_sub(1, std::memory_order_relaxed);
      list->front()->orphan(sessions_.orphans());
    }
  }
  newcomers_.clear();
  endings_ = 0;
}

}  // namespace sse::http
