#include "sse/hub/publisher.h"

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "sse/base/utf8.h"
#include "sse/net/loop.h"

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

Result<wire::EventId> result_of(const log::Append::Item& item) {
  if (item.outcome.kind == log::Outcome::Kind::kAppended) return item.outcome.id;
  return item.outcome.error();
}

void take_results(const log::Append& append, std::vector<Result<wire::EventId>>& results) {
  for (const auto& item : append.items()) {
    const Error* refusal = item.is_pending() ? append.refusal() : nullptr;
    results[item.slot()] = refusal != nullptr ? *refusal : result_of(item);
  }
}

/// Whether waiting for a journal would hold up a loop.
Status check_may_wait(const log::Journal& journal) {
  if (journal.answers_at_once() || !net::Loop::is_in_turn()) return {};
  return Error{
      ErrorCode::kInvalid,
      "publish(event) would wait on a loop's thread: this hub's journal answers later; use "
      "publish(event, done)"};
}

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

std::optional<Result<wire::EventId>> Publisher::publish(const wire::Event& event,
                                                        Later<wire::EventId> later) {
  if (auto status = check_event(event); !status) return status.error();
  log::Append append(limits_);
  append.add(event);
  const auto defer = [&]() -> log::Journal::Done {
    return [done = later()](log::Append&& known) { done(result_of(known.items().front())); };
  };
  append.set_peer(later.peer());
  if (later.repeat() != nullptr) {
    append.keep_repeat([text = *later.repeat()](const log::Append& known) {
      return text(result_of(known.items().front()));
    });
  }
  if (journal_.append(append, defer) == log::Answered::kLater) return std::nullopt;
  return result_of(append.items().front());
}

void Publisher::publish(const wire::Event& event, Done<wire::EventId> done) {
  auto known = publish(event, [&] { return std::move(done); });
  if (known) done(*std::move(known));
}

Result<wire::EventId> Publisher::publish(const wire::Event& event) {
  SSE_TRY(check_may_wait(journal_));
  const auto promise = std::make_shared<std::promise<Result<wire::EventId>>>();
  auto known = publish(event, [&]() -> Done<wire::EventId> {
    return [promise](Result<wire::EventId> result) { promise->set_value(std::move(result)); };
  });
  return known ? *std::move(known) : promise->get_future().get();
}

std::vector<Result<wire::EventId>> Publisher::publish_batch(std::span<const wire::Event> events) {
  const auto may_wait = check_may_wait(journal_);
  std::vector<Result<wire::EventId>> results;
  results.reserve(events.size());
  log::Append append(limits_);
  const auto publish_added = [&] {
    const auto promise = std::make_shared<std::promise<log::Append>>();
    const auto later = [&]() -> log::Journal::Done {
      return [promise](log::Append&& known) { promise->set_value(std::move(known)); };
    };
    const bool is_later = journal_.append(append, later) == log::Answered::kLater;
    if (is_later) append = promise->get_future().get();
    take_results(append, results);
    append.clear();
  };
  for (std::size_t i = 0; i < events.size(); ++i) {
    auto status = may_wait ? check_event(events[i]) : may_wait;
    if (status) {
      append.add(events[i], {}, log::Condition::kNone, i);
      results.emplace_back(wire::EventId());
    } else {
      results.emplace_back(std::move(status).error());
    }
    if (journal_.answers_at_once() && append.is_slice()) publish_added();
  }
  if (!append.items().empty()) publish_added();
  return results;
}

}  // namespace sse::hub
