#include "model/poll.h"

#include <algorithm>
#include <cstdlib>

namespace sse::model {
namespace {

std::string json_of(const Event& event) {
  std::string data;
  for (const char c : event.data) data += c == '\n' ? std::string("\\n") : std::string(1, c);
  return R"({"id":")" + event.id + R"(","type":")" + event.type + R"(","topic":")" + event.topic +
         R"(","data":")" + data + "\"}";
}

std::optional<std::string> unchunked(std::string_view rest) {
  std::string body;
  for (;;) {
    const auto end = rest.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string line(rest.substr(0, end));
    const auto size = std::strtoull(line.c_str(), nullptr, 16);
    rest.remove_prefix(end + 2);
    if (rest.size() < size + 2) return std::nullopt;
    if (size == 0) return body;
    body += rest.substr(0, size);
    rest.remove_prefix(size + 2);
  }
}

/// Reads an answer event by event.
class Answer {
 public:
  Answer(const Life& life, const PollAsk& poll, const Handling& handling, std::string_view body)
      : life_(life), poll_(poll), handling_(handling), rest_(body) {}

  PollVerdict judge() {
    if (!take(R"({"events":[)")) return fail("the form of the answer");
    std::vector<const Event*> events;
    while (rest_.starts_with('{')) {
      constexpr std::string_view kId = R"({"id":")";
      const Event* event = life_.find(rest_.substr(kId.size(), 36));
      if (event == nullptr) return fail("an event that nothing published");
      if (!take(json_of(*event))) return fail("event " + std::to_string(event->sequence));
      events.push_back(event);
      if (rest_.starts_with(",{")) rest_.remove_prefix(1);
    }
    if (!take(R"(],"cursor":")")) return fail("the form behind the events");
    const std::string cursor(rest_.substr(0, 36));
    rest_.remove_prefix(std::min<std::size_t>(36, rest_.size()));
    if (!take(R"(","gap":)")) return fail("the form behind the cursor");
    std::optional<GapClaim> gap;
    if (!take("null")) {
      gap = read_gap(rest_.substr(0, rest_.find('}') + 1));
      if (!gap) return fail("the form of the gap");
      rest_.remove_prefix(rest_.find('}') + 1);
    }
    const bool is_done = !events.empty() && poll_.ask.ends_at(*events.back());
    const std::string_view done = is_done ? R"(,"done":true)" : R"(,"done":false)";
    if (!poll_.ask.until.empty() && !take(done)) return fail("whether it is done");
    if (rest_ != "}") return fail("the form of the end");
    PollVerdict verdict{judge_events(events, cursor, gap), cursor};
    if (!verdict.fault.empty()) verdict.fault += ", in a poll";
    return verdict;
  }

 private:
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  PollVerdict fail(const std::string& what) const {
    return {what + ", in a poll, at: " + std::string(rest_.substr(0, 200)), {}};
  }

  std::string judge_events(const std::vector<const Event*>& events, const std::string& cursor,
                           const std::optional<GapClaim>& gap) const {
    const auto counting = Counting::kFromWhatWasSeen;
    const Filter passing = poll_.ask.passing();
    const FirstEvent first = start_of(life_, poll_.ask, handling_, gap, counting);
    if (!first.fault.empty()) return first.fault;
    const auto end = life_.position_of(cursor);
    if (!end || *end > handling_.newest) return "the cursor is the id of no event: " + cursor;
    if (events.size() > poll_.limit) return "more events than the limit";
    Sequence next = first.least;
    const auto misses_to = [&](Sequence last) {
      for (; next <= last; ++next) {
        next = life_.next_wanted(passing, next, last);
        const bool is_superseded =
            poll_.ask.each && next <= last && !life_.is_newest(next, life_.head());
        if (next <= last && next >= first.most && !is_superseded) return true;
      }
      return false;
    };
    for (const Event* event : events) {
      const std::string name = "event " + std::to_string(event->sequence);
      if (event->sequence < next) return name + " comes again, or too late";
      if (!passing.wants(event->type, event->topic)) return name + " is not wanted";
      if (poll_.ask.each && !life_.is_newest(event->sequence, handling_.head)) {
        return name + " is not the newest of its pair";
      }
      if (event != events.back() && poll_.ask.ends_at(*event)) return name + " is not the last";
      if (misses_to(event->sequence - 1)) return "event " + std::to_string(next) + " is missing";
      next = event->sequence + 1;
    }
    if (!events.empty() && *end < events.back()->sequence) return "the cursor is before an event";
    if (misses_to(*end)) return "event " + std::to_string(next) + " is missing before the cursor";
    // An answer that takes several turns ends where the next event has expired meanwhile.
    const bool has_expired = *end + 1 < life_.tail(handling_.newest, handling_.when).most;
    const bool is_done = !events.empty() && poll_.ask.ends_at(*events.back());
    if (events.size() < poll_.limit && *end < handling_.head && !has_expired && !is_done) {
      return "the cursor does not go on";
    }
    return {};
  }

  const Life& life_;
  const PollAsk& poll_;
  const Handling& handling_;
  std::string_view rest_;
};

}  // namespace

std::string PollAsk::request() const {
  std::string more = "&limit=" + std::to_string(limit);
  if (wait.count() > 0) more += "&wait=" + std::to_string(wait.count()) + "ms";
  return ask.request("/events", more);
}

std::optional<std::string> whole_body(std::string_view received) {
  const auto end = received.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const auto head = received.substr(0, end + 2);
  const auto body = received.substr(end + 4);
  if (head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string_view::npos) {
    return unchunked(body);
  }
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const auto at = head.find(kLength);
  if (at == std::string_view::npos) return std::nullopt;
  const auto size =
      std::strtoull(std::string(head.substr(at + kLength.size())).c_str(), nullptr, 10);
  if (body.size() < size) return std::nullopt;
  return std::string(body.substr(0, size));
}

PollVerdict judge_poll(const Life& life, const PollAsk& poll, const Handling& handling,
                       std::string_view body) {
  return Answer(life, poll, handling, body).judge();
}

}  // namespace sse::model
