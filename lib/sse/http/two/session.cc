#include "sse/http/two/session.h"

#include <array>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "sse/http/two/sessions.h"
#include "sse/net/loop.h"

namespace sse::http {
namespace {

// Reads at a time: what is left has its turn later.
constexpr int kMostReads = 4;
constexpr std::size_t kRead = 16U << 10U;

// What a frame takes, beside its bytes; they may be tiny.
constexpr std::uint64_t steps_of_frames(std::size_t bytes) {
  return bytes;
}

// After the last byte the peer's FIN is awaited this long.
constexpr std::chrono::nanoseconds kLinger = std::chrono::seconds(2);

// A peer of which nothing is heard is asked whether it is there, and has this long to say so.
constexpr std::chrono::nanoseconds kSilence = std::chrono::seconds(45);
constexpr std::chrono::nanoseconds kPingAnswer = std::chrono::seconds(15);

// How long the connection's window may be gone. It is looked at each second, so that others wait
// for five at most.
constexpr std::chrono::nanoseconds kWithoutWindow = std::chrono::seconds(4);

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

void Session::start(std::string first, bool is_hung_up) {
  is_hung_up_ = is_hung_up;
  if (!socket_->attach(sessions_.loop(), *this)) is_broken_ = true;
  const std::array<nghttp2_settings_entry, 3> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMostStreams},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits_.max_head)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  nghttp2_submit_settings(http2_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  receive(first);
  sessions_.run_later(*this);
}

void Session::on_ready(net::Readiness readiness) {
  const auto self = shared_from_this();
  is_readable_ = is_readable_ || readiness.readable;
  is_hung_up_ = is_hung_up_ || readiness.hung_up;
  is_broken_ = is_broken_ || readiness.broken;
  if (readiness.writable && std::exchange(is_blocked_, false)) has_changed_ = true;
  advance();
  if (host_ != nullptr) sessions_.run_later(*this);
}

void Session::run() {
  is_due_ = false;
  if (host_ == nullptr) return;
  const auto self = shared_from_this();
  advance();
  if (host_ == nullptr) return;
  pump();
  while (!is_blocked_ && !output_.empty() && flush()) pump();
  finish_when_done();
  tell_host();
  if (host_ != nullptr && (has_untold() || is_readable_)) sessions_.run_later(*this);
}

// What came is told before more is read.
void Session::advance() {
  const Budget& budget = sessions_.loop().budget();
  for (int reads = 0;; ++reads) {
    tell_streams();
    if (host_ == nullptr || has_untold() || reads == kMostReads || budget.is_spent()) return;
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
      break;
    case net::IoStatus::kWouldBlock:
      is_readable_ = false;
      return false;
    case net::IoStatus::kEnd:
    case net::IoStatus::kPeerGone:
      is_readable_ = false;
      is_broken_ = true;
      return false;
  }
  // A short read has met the end of what was there. The peer's end is not told again.
  is_readable_ = result.bytes == buffer.size() || is_hung_up_;
  if (!lingering_) receive({buffer.data(), result.bytes});
  return true;
}

void Session::receive(std::string_view bytes) {
  heard_ = now();
  pinged_.reset();
  sessions_.loop().budget().spend(steps_of_frames(bytes.size()));
  const auto taken = nghttp2_session_mem_recv(
      http2_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0) fail(static_cast<int>(taken));
}

void Session::fail(int error) {
  if (error == NGHTTP2_ERR_FLOODED) return calm_down();
  if (error == NGHTTP2_ERR_BAD_CLIENT_MAGIC) {
    is_broken_ = true;
    return;
  }
  nghttp2_session_terminate_session(http2_, NGHTTP2_INTERNAL_ERROR);
}

void Session::calm_down() {
  if (std::exchange(has_flooded_, true)) return;
  has_changed_ = true;
  sessions_.counts().flooded.fetch_add(1, std::memory_order_relaxed);
  nghttp2_session_terminate_session(http2_, NGHTTP2_ENHANCE_YOUR_CALM);
}

void Session::tell_host() {
  if (host_ != nullptr && std::exchange(has_changed_, false)) host_->on_session_change();
}

// Each may destroy itself and others, and even the host, which first hears that it is busy: one
// that looks idle could give way to its own request.
void Session::tell_streams() {
  tell_host();
  constexpr std::uint64_t kStepsPerStream = 50;
  Budget& budget = sessions_.loop().budget();
  const auto may_go_on = [&] { return host_ != nullptr && !budget.is_spent(); };
  while (!newcomers_.empty() && may_go_on()) {
    auto stream = std::move(newcomers_.front());
    newcomers_.erase(newcomers_.begin());
    if (!stream->is_closed_) host_->begin_request(std::move(stream));
    budget.spend(kStepsPerStream);
  }
  while (!told_.empty() && may_go_on()) {
    RequestStream& stream = *told_.front();
    stream.move_to(streams_);
    stream.tell();
    budget.spend(kStepsPerStream);
  }
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
  if (!head) {
    nghttp2_submit_rst_stream(http2_, NGHTTP2_FLAG_NONE, text_stream_, NGHTTP2_PROTOCOL_ERROR);
    return;
  }
  auto stream = std::make_unique<RequestStream>(*this, text_stream_, streams_);
  sessions_.counts().requests.fetch_add(1, std::memory_order_relaxed);
  sessions_.counts().streams.fetch_add(1, std::memory_order_relaxed);
  nghttp2_session_set_stream_user_data(http2_, text_stream_, stream.get());
  stream->widest_ = window_of(*stream);
  stream->begin_input(std::move(*head), form);
  note(*stream, {.readable = true});
  newcomers_.push_back(std::move(stream));
}

bool Session::is_busy() const {
  return has_work() || is_draining_ || has_flooded_ || lingering_;
}

bool Session::has_work() const {
  return !has_settings_ || text_ || !streams_.empty() || !told_.empty() || is_blocked_;
}

void Session::count_subscription(int change) {
  subscriptions_ += static_cast<std::size_t>(change);
  has_changed_ = true;
  sessions_.run_later(*this);
}

void Session::drain() {
  if (std::exchange(is_draining_, true) || host_ == nullptr) return;
  has_changed_ = true;
  nghttp2_submit_goaway(http2_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(http2_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  sessions_.run_later(*this);
}

void Session::check(BootTime now) {
  const auto self = shared_from_this();
  if (host_ == nullptr) return;
  if (lingering_) {
    if (now - *lingering_ >= kLinger) end();
    return;
  }
  const bool is_late = (!has_settings_ && now - began_ >= limits_.request_timeout) ||
                       (text_ && now - text_began_ >= limits_.request_timeout) ||
                       (!output_.empty() && now - moved_ >= limits_.write_timeout) ||
                       (pinged_ && now - *pinged_ >= kPingAnswer);
  if (is_late) return end();
  if (!pinged_ && now - heard_ >= kSilence) {
    nghttp2_submit_ping(http2_, NGHTTP2_FLAG_NONE, nullptr);
    pinged_ = now;
    sessions_.run_later(*this);
  }
  if (without_window_ && now - *without_window_ >= kWithoutWindow) cut_holder();
}

// A broken connection, the last stream of one that drains, an error of the peer's.
void Session::finish_when_done() {
  if (is_broken_) return end();
  if (lingering_) return;
  const bool wants_nothing =
      nghttp2_session_want_read(http2_) == 0 && nghttp2_session_want_write(http2_) == 0;
  const bool has_drained = is_draining_ && !has_work();
  if ((!wants_nothing && !has_drained) || !output_.empty()) return;
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
  nghttp2_session_terminate_session(http2_, NGHTTP2_NO_ERROR);
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
}

}  // namespace sse::http
