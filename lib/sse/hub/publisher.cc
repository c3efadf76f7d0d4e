#include "sse/hub/publisher.h"

#include <string>
#include <thread>
#include <utility>

#include "sse/base/utf8.h"

namespace sse::hub {
namespace {

constexpr std::string_view kReservedPrefix = "sse.";

Error invalid(const std::string& field, const std::string& expected) {
  return Error{ErrorCode::kInvalid, "the event's " + field + " " + expected};
}

/// What type and topic have in common: they stand on a line of the stream.
Status check_line(const char* field, std::string_view text, std::size_t max_size) {
  if (text.size() > max_size) {
    return invalid(field, "may have at most " + std::to_string(max_size) + " bytes");
  }
  if (!is_valid_utf8(text)) return invalid(field, "must be valid UTF-8");
  if (has_control_character(text)) return invalid(field, "may hold no control characters");
  return {};
}

Error draining() {
  return Error{ErrorCode::kUnavailable, "the hub is draining: it takes no more events"};
}

/// A publisher that close() waits for.
class Inside {
 public:
  explicit Inside(std::atomic<int>& count) : count_(count) { count_.fetch_add(1); }
  ~Inside() { count_.fetch_sub(1); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  std::atomic<int>& count_;
};

}  // namespace

Status check_event(const wire::Event& event) {
  if (auto status = check_line("type", event.type, kMaxTypeSize); !status) return status;
  if (event.type.starts_with(kReservedPrefix)) {
    return invalid("type", "may not start with sse., which is the server's own");
  }
  if (auto status = check_line("topic", event.topic, kMaxTopicSize); !status) return status;
  std::size_t levels = 1;
  for (const char c : event.topic) {
    if (c == '+' || c == '*' || c == '#') {
      return invalid("topic", "may not hold +, * or #, which are wildcards of filters");
    }
    levels += c == '/' ? 1U : 0U;
  }
  if (levels > kMaxTopicLevels) {
    return invalid("topic", "may have at most " + std::to_string(kMaxTopicLevels) + " levels");
  }
  if (!is_valid_utf8(event.data)) return invalid("data", "must be valid UTF-8");
  return {};
}

Publisher::Publisher(log::EventLog& log, std::function<void()> wake)
    : log_(log), wake_(std::move(wake)) {
}

void Publisher::close() {
  open_.store(false);
  // Microseconds, once in a hub's life: not worth a lock on every publish.
  while (inside_.load() > 0) std::this_thread::yield();
}

Result<wire::EventId> Publisher::publish(const wire::Event& event) {
  const Inside inside(inside_);
  if (!is_open()) return draining();
  if (auto status = check_event(event); !status) return status.error();
  auto id = log_.append(event);  // kept first: an id on the wire can always be resumed from
  if (id) wake_();
  return id;
}

std::vector<Result<wire::EventId>> Publisher::publish_batch(std::span<const wire::Event> events) {
  const Inside inside(inside_);
  std::vector<Result<wire::EventId>> results;
  results.reserve(events.size());
  if (!is_open()) {
    results.assign(events.size(), draining());
    return results;
  }
  bool kept = false;
  while (results.size() < events.size()) {
    // The events up to the next bad one are kept together.
    const auto rest = events.subspan(results.size());
    std::size_t good = 0;
    Status status;
    while (good < rest.size() && (status = check_event(rest[good]))) ++good;
    for (auto& result : log_.append_batch(rest.first(good))) {
      kept = kept || result;
      results.push_back(std::move(result));
    }
    if (!status) results.emplace_back(status.error());
  }
  if (kept) wake_();
  return results;
}

}  // namespace sse::hub
