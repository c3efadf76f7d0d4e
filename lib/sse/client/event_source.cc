#include "sse/client/event_source.h"

#include <algorithm>
#include <utility>

#include "sse/base/escape.h"
#include "sse/base/quantities.h"
#include "sse/client/curl_tls_errors.h"
#include "sse/client/hub_json.h"

namespace sse::client {
namespace {

constexpr int kMaxRedirects = 10;

/// How long the head of an answer may take.
constexpr std::chrono::seconds kAnswerTimeout{30};

/// How long, and how much of, the body of an answer that ends all is read for its reason.
constexpr std::chrono::seconds kReasonTimeout{1};
constexpr std::size_t kMaxReason = 4096;

constexpr int kHeartbeatsMissed = 3;

std::string describe(const Endpoint& url, const ResponseHead& head) {
  std::string text = url.shown() + " answered " + std::to_string(head.status);
  if (head.status == 200) text += " with type " + sse::quoted(head.header("Content-Type"));
  return text;
}

}  // namespace

Ending::Reason reason_of(ExchangeEnd::Kind kind) {
  switch (kind) {
    case ExchangeEnd::Kind::kUnresolved:
      return Ending::Reason::kUnresolved;
    case ExchangeEnd::Kind::kTls:
      return Ending::Reason::kNotTrusted;
    case ExchangeEnd::Kind::kClosed:
    case ExchangeEnd::Kind::kCut:
    case ExchangeEnd::Kind::kUnreachable:
    case ExchangeEnd::Kind::kNotHttp:
      break;
  }
  return Ending::Reason::kUnreachable;
}

Ending::Reason reason_of(Answer answer) {
  switch (answer) {
    case Answer::kStop:
      return Ending::Reason::kStop;
    case Answer::kBusy:
      return Ending::Reason::kBusy;
    case Answer::kRefused:
    case Answer::kUnavailable:
      return Ending::Reason::kUnavailable;
    case Answer::kForbidden:
      return Ending::Reason::kForbidden;
    case Answer::kInvalid:
      return Ending::Reason::kInvalid;
    default:
      return Ending::Reason::kNotAnEventStream;
  }
}

/// Sorts what the parser gives: events for the listener, the rest for the policy.
class EventSource::Sink final : public wire::EventSink {
 public:
  Sink(EventSourceListener& listener, Backoff& backoff) : listener_(listener), backoff_(backoff) {}

  bool on_event(wire::ReceivedEvent& event) override {
    if (event.type == kClosingType) {
      listener_.on_closing(read_closing_reason(event.data));
      return true;
    }
    has_stopped_ = !(event.type == kGapType ? listener_.on_gap(read_gap(event.data))
                                            : listener_.on_event(event));
    return !has_stopped_;
  }

  bool has_stopped() const { return has_stopped_; }

  void on_id(std::string_view id) override { listener_.on_id(id); }

  void on_retry(std::chrono::milliseconds time) override { backoff_.set_reconnection_time(time); }

 private:
  EventSourceListener& listener_;
  Backoff& backoff_;
  bool has_stopped_ = false;
};

EventSource::EventSource(EventSourceOptions options, Transport& transport, Waiter& waiter,
                         const Clock& clock, RandomSource& random, EventSourceListener& listener)
    : options_(std::move(options)),
      transport_(transport),
      waiter_(waiter),
      clock_(clock),
      listener_(listener),
      backoff_(options_.retry, random),
      sink_(std::make_unique<Sink>(listener, backoff_)),
      parser_(*sink_),
      url_(options_.url) {
  parser_.set_last_event_id(options_.last_event_id);
}

EventSource::~EventSource() = default;

EventSource::Outcome EventSource::interrupted() {
  return {{Ending::Reason::kInterrupted, "interrupted"}};
}

EventSource::Outcome EventSource::had_enough() {
  return {{Ending::Reason::kListener, ""}};
}

Ending EventSource::run() {
  try_for(options_.wait_server);
  for (;;) {
    Outcome outcome = connect();
    if (outcome.next == Outcome::Next::kEnd || !may_retry()) return std::move(outcome.why);
    const auto wait = next_wait(outcome.at_least);
    if (!wait) return std::move(outcome.why);
    listener_.on_retry(outcome.why, *wait);
    if (waiter_.wait(-1, clock_.now().boot + *wait) == Waiter::Woke::kInterrupted) {
      return interrupted().why;
    }
  }
}

void EventSource::try_for(std::optional<std::chrono::nanoseconds> time) {
  const BootTime now = clock_.now().boot;
  try_until_.reset();
  if (time && *time < BootTime::max() - now) try_until_ = now + *time;
}

bool EventSource::may_retry() const {
  const bool is_wanted = had_stream_ ? options_.reconnect : options_.wait_server.has_value();
  return is_wanted && (!try_until_ || clock_.now().boot < *try_until_);
}

std::optional<std::chrono::nanoseconds> EventSource::next_wait(std::chrono::nanoseconds at_least) {
  const auto wait = backoff_.next(at_least);
  if (!try_until_) return wait;
  const auto left = *try_until_ - clock_.now().boot;
  if (wait <= left) return wait;
  // The last try is made when the time is over; but never before the server wants to see us.
  const bool is_too_early = left < std::max(at_least, backoff_.reconnection_time());
  return is_too_early ? std::nullopt : std::optional(left);
}

EventSource::Outcome EventSource::connect() {
  using Next = Outcome::Next;
  Endpoint url = url_;
  bool is_permanent = true;
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    auto answered = open(url);
    if (auto* failed = std::get_if<Outcome>(&answered)) return std::move(*failed);
    auto& opened = *std::get_if<Opened>(&answered);
    const ResponseHead& head = *opened.arrived.head;
    const Answer answer = judge(head, last_event_id().empty() ? Resuming::kNo : Resuming::kYes);
    Ending why{reason_of(answer), describe(url, head)};
    switch (answer) {
      case Answer::kStream:
        return read_stream(opened);
      case Answer::kRefused:
        return read_refusal(opened, url);
      case Answer::kGone:
        return resume_elsewhere(head, std::move(why));
      case Answer::kBusy:
      case Answer::kUnavailable:
        return {std::move(why), options_.strict ? Next::kEnd : Next::kRetry,
                retry_after(head, clock_.now().wall).value_or(std::chrono::nanoseconds(0))};
      case Answer::kMoved:
      case Answer::kElsewhere: {
        if (options_.method != "GET") {
          why.text += ", and a " + options_.method + " is not redirected";
          return {std::move(why)};
        }
        auto target = url.resolve(head.header("Location"));
        if (head.header("Location").empty() || !target) {
          why.text += " without a usable Location";
          return {std::move(why)};
        }
        url = *std::move(target);
        is_permanent = is_permanent && answer == Answer::kMoved;
        if (is_permanent) url_ = url;
        break;
      }
      case Answer::kStop:
        return {std::move(why)};
      default:
        read_reason(opened, url, head.status, why);
        // The token may be renewed in its file only now.
        if (head.status == 401 && std::exchange(may_ask_again_, false)) {
          return {std::move(why), options_.strict ? Next::kEnd : Next::kRetry};
        }
        return {std::move(why)};
    }
  }
  return {{Ending::Reason::kNotAnEventStream,
           options_.url.shown() + " redirects in a circle, or more than 10 times"}};
}

std::variant<EventSource::Opened, EventSource::Outcome> EventSource::open(const Endpoint& url) {
  StreamRequest request = request_for(url);
  listener_.on_request(request);
  Opened opened{transport_.open(std::move(request)), {}};
  const BootTime deadline =
      clock_.now().boot + options_.connect_timeout + options_.read_timeout.value_or(kAnswerTimeout);
  while (opened.arrived.head == nullptr) {
    switch (waiter_.wait(opened.exchange->ready_fd(), deadline)) {
      case Waiter::Woke::kInterrupted:
        return interrupted();
      case Waiter::Woke::kDeadline:
        return Outcome{{Ending::Reason::kUnreachable, url.origin() + " gave no answer in time"},
                       Outcome::Next::kRetry};
      case Waiter::Woke::kReady:
        break;
    }
    opened.arrived = opened.exchange->take();
    if (opened.arrived.head == nullptr && opened.arrived.end) {
      const auto reason = reason_of(opened.arrived.end->kind);
      const bool is_final = reason == Ending::Reason::kNotTrusted;
      return Outcome{{reason, opened.arrived.end->text},
                     is_final ? Outcome::Next::kEnd : Outcome::Next::kRetry};
    }
  }
  return opened;
}

StreamRequest EventSource::request_for(const Endpoint& url) const {
  StreamRequest request;
  request.url = url;
  request.connect_timeout = options_.connect_timeout;
  request.method = options_.method;
  request.body = options_.body;
  request.headers = {{"Accept", "text/event-stream"}, {"Cache-Control", "no-cache"}};
  if (!last_event_id().empty()) request.headers.push_back({"Last-Event-ID", last_event_id()});
  if (url.same_origin(options_.url)) {
    const auto fields = options_.fresh_headers ? options_.fresh_headers() : options_.headers;
    request.headers.insert(request.headers.end(), fields.begin(), fields.end());
  }
  return request;
}

EventSource::Outcome EventSource::read_stream(Opened& opened) {
  had_stream_ = true;
  may_ask_again_ = static_cast<bool>(options_.fresh_headers);
  parser_.reset();
  const BootTime opened_at = clock_.now().boot;
  std::optional<std::chrono::nanoseconds> most_silence = options_.read_timeout;
  if (!most_silence) {
    const auto announced = heartbeat(*opened.arrived.head);
    if (announced && announced->count() > 0) most_silence = kHeartbeatsMissed * *announced;
  }
  if (!listener_.on_open(*opened.arrived.head)) return had_enough();

  Ending ending{Ending::Reason::kStreamEnded, "", false};
  for (;;) {
    if (auto outcome = parse(opened.arrived.bytes)) return *std::move(outcome);
    if (!listener_.on_drained()) return had_enough();
    if (opened.arrived.end) {
      ending.text = opened.arrived.end->text;
      ending.is_whole = opened.arrived.end->kind == ExchangeEnd::Kind::kClosed;
      break;
    }
    switch (wait_for_more(opened, most_silence)) {
      case Waiter::Woke::kInterrupted:
        return interrupted();
      case Waiter::Woke::kDeadline:
        ending.text = "the stream was silent for " + format_duration(*most_silence);
        break;
      case Waiter::Woke::kReady:
        continue;
    }
    break;
  }
  backoff_.note_health(clock_.now().boot - opened_at);
  try_for(options_.max_outage);
  return {std::move(ending), Outcome::Next::kRetry};
}

/// The deadline is one of content: a wake-up without any, by a timer or by bytes of the framing,
/// does not move it.
Waiter::Woke EventSource::wait_for_more(Opened& opened,
                                        std::optional<std::chrono::nanoseconds> most_silence) {
  std::optional<BootTime> deadline;
  if (most_silence) deadline = clock_.now().boot + *most_silence;
  do {
    const auto woke = waiter_.wait(opened.exchange->ready_fd(), deadline);
    if (woke != Waiter::Woke::kReady) return woke;
    opened.arrived = opened.exchange->take();
  } while (opened.arrived.bytes.empty() && !opened.arrived.end);
  return Waiter::Woke::kReady;
}

std::optional<EventSource::Outcome> EventSource::parse(std::string_view bytes) {
  const auto consumed = parser_.push(bytes);
  if (!consumed) {
    return Outcome{{Ending::Reason::kNotAnEventStream, consumed.error().text}};
  }
  if (*consumed < bytes.size() || sink_->has_stopped()) return had_enough();
  return std::nullopt;
}

EventSource::Outcome EventSource::read_refusal(Opened& opened, const Endpoint& url) {
  // 200, because a browser would give up for ever after anything else: the body is a `retry` field.
  const std::string refused(opened.arrived.head->header("SSE-Refused"));
  const BootTime deadline = clock_.now().boot + kAnswerTimeout;
  parser_.reset();
  for (;;) {
    if (auto outcome = parse(opened.arrived.bytes)) return *std::move(outcome);
    if (opened.arrived.end) break;
    const auto woke = waiter_.wait(opened.exchange->ready_fd(), deadline);
    if (woke == Waiter::Woke::kInterrupted) return interrupted();
    if (woke == Waiter::Woke::kDeadline) break;
    opened.arrived = opened.exchange->take();
  }
  return {{Ending::Reason::kUnavailable, url.origin() + " takes no subscriber now: " + refused},
          options_.strict ? Outcome::Next::kEnd : Outcome::Next::kRetry};
}

void EventSource::read_reason(Opened& opened, const Endpoint& url, int status, Ending& why) {
  const BootTime deadline = clock_.now().boot + kReasonTimeout;
  std::string body(opened.arrived.bytes);
  while (!opened.arrived.end && body.size() < kMaxReason &&
         waiter_.wait(opened.exchange->ready_fd(), deadline) == Waiter::Woke::kReady) {
    opened.arrived = opened.exchange->take();
    body += opened.arrived.bytes;
  }
  if (says_it_speaks_tls(url, status, body)) {
    why = {Ending::Reason::kNotTrusted, use_https(url)};
    return;
  }
  const std::string reason = member_text(body, "error");
  if (!reason.empty()) why.text += ": " + reason;
}

EventSource::Outcome EventSource::resume_elsewhere(const ResponseHead& head, Ending why) {
  const Gap gap{last_event_id(), "", std::nullopt, "status " + std::to_string(head.status)};
  parser_.set_last_event_id("");
  if (!listener_.on_gap(gap)) return had_enough();
  return {std::move(why), Outcome::Next::kRetry};
}

}  // namespace sse::client
