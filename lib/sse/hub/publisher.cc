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

void write_outcomes(const log::Append& append, Publisher::Slots& slots) {
  for (const auto& item : append.items()) {
    EventSlot& slot = slots[item.slot()];
    if (auto result = result_of(item); result) {
      slot.id = *result;
    } else {
      slot.error = std::move(result).error();
    }
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
  if (later.repeat() != nullptr) {
    append.keep_repeat([text = *later.repeat()](const log::Append& known) {
      return text(result_of(known.items().front()));
    });
  }
  if (journal_.append(append, defer) == log::Answered::kLater) return std::nullopt;
  return result_of(append.items().front());
}

bool Publisher::publish(Slots& slots, LaterSlots<Slots> later) {
  for (EventSlot& slot : slots) {
    if (slot.error) continue;
    if (auto status = check_event(slot.event); !status) slot.error = status.error();
  }
  // A journal that answers later keeps all of a batch or nothing: one Append. Else memory is held
  // for no more than a slice.
  const bool in_slices = journal_.answers_at_once();
  log::Append append(limits_);
  for (std::size_t next = 0; next < slots.size();) {
    append.clear();
    for (; next < slots.size() && !(in_slices && append.is_slice()); ++next) {
      if (!slots[next].error) append.add(slots[next].event, {}, log::Condition::kNone, next);
    }
    if (append.items().empty()) continue;
    std::shared_ptr<Slots> taken;
    const auto defer = [&]() -> log::Journal::Done {
      if (taken == nullptr) taken = std::make_shared<Slots>();
      *taken = std::move(slots);
      return [done = later(), taken](log::Append&& known) {
        write_outcomes(known, *taken);
        done(std::move(*taken));
      };
    };
    if (later.repeat() != nullptr) {
      taken = std::make_shared<Slots>();
      append.keep_repeat([text = *later.repeat(), taken](const log::Append& known) {
        write_outcomes(known, *taken);
        return text(*taken);
      });
    }
    if (journal_.append(append, defer) == log::Answered::kLater) return false;
    write_outcomes(append, slots);
  }
  return true;
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
  Slots slots;
  slots.reserve(events.size());
  for (const wire::Event& event : events) slots.push_back({event, {}, {}});
  if (const auto may_wait = check_may_wait(journal_); !may_wait) {
    for (EventSlot& slot : slots) slot.error = may_wait.error();
  }
  const auto promise = std::make_shared<std::promise<Slots>>();
  const bool is_known = publish(slots, [&]() -> std::function<void(Slots)> {
    return [promise](Slots known) { promise->set_value(std::move(known)); };
  });
  if (!is_known) slots = promise->get_future().get();
  std::vector<Result<wire::EventId>> results;
  results.reserve(slots.size());
  for (EventSlot& slot : slots) {
    if (slot.error) {
      results.emplace_back(*std::move(slot.error));
    } else {
      results.emplace_back(slot.id);
    }
  }
  return results;
}

}  // namespace sse::hub
