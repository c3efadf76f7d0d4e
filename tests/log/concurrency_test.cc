#include <algorithm>
#include <array>
#include <thread>

#include "sse/log/selection.h"
#include "sse/wire/parser.h"

#include "log/archived_log.h"
#include "log/logs.h"

namespace sse::log {
namespace {

using test::ManualLog;

constexpr std::size_t kWriters = 2;
constexpr std::size_t kEventsEach = 6000;

/// Writer `writer` publishes its numbers in order, some alone and some in batches.
void publish(ManualLog& log, std::size_t writer) {
  const std::string topic = "w" + std::to_string(writer);
  std::size_t number = 0;
  while (number < kEventsEach) {
    std::vector<wire::Event> batch;
    for (std::size_t i = 0; i <= number % 50 && number < kEventsEach; ++i) {
      batch.push_back({"", topic, std::to_string(number++)});
    }
    if (batch.size() == 1) {
      static_cast<void>(log.append(batch.front()));
    } else {
      static_cast<void>(log.append_batch(batch));
    }
  }
}

/// Notes the first thing that is out of order.
class OrderSink final : public wire::EventSink {
 public:
  bool on_event(wire::ReceivedEvent& event) override {
    const auto id = wire::EventId::parse(event.id);
    if (!id || id->sequence() <= last_) wrong = "id " + event.id;
    last_ = id ? id->sequence() : last_;
    auto& next = next_of_writer[event.topic == "w0" ? 0 : 1];
    const std::size_t number = std::stoul(event.data);
    if (number < next) wrong = event.topic + " " + event.data;
    next = number + 1;
    ++events;
    return true;
  }

  std::string wrong;
  std::size_t events = 0;
  std::size_t next_of_writer[kWriters] = {};

 private:
  wire::Sequence last_ = 0;
};

/// Follows the log with short writes until it has seen the last event. A cursor that the log has
/// left behind goes on at the tail.
void follow(EventLog& log, OrderSink& sink) {
  wire::Parser parser(sink);
  Cursor cursor;
  while (cursor.next <= kWriters * kEventsEach) {
    if (log.head() < cursor.next) std::this_thread::yield();
    const View view = log.view();
    if (cursor.next < view.first_held()) {
      cursor = {view.tail(), 0};
      parser.reset();
    }
    const auto run = view.run(cursor).substr(0, 1000);
    if (run.empty()) continue;
    if (!parser.push(run)) sink.wrong = "unreadable";
    cursor = view.advance(cursor, run.size());
  }
}

struct WantsWriterOne final : Selector {
  bool wants_type(std::string_view) const override { return true; }
  bool wants_topic(std::string_view topic) const override { return topic == "w1"; }
};

void select(EventLog& log, OrderSink& sink) {
  wire::Parser parser(sink);
  const WantsWriterOne selector;
  Selection selection(selector);
  for (wire::Sequence next = 1; next <= kWriters * kEventsEach;) {
    if (log.head() < next) std::this_thread::yield();
    const View view = log.view();
    Budget budget(1'000);
    auto wanted = selection.next(view, next, budget);
    for (; wanted.is_found(); wanted = selection.next(view, next, budget)) {
      if (!parser.push(view.event(wanted.sequence).block)) sink.wrong = "unreadable";
      next = wanted.sequence + 1;
    }
    next = wanted.sequence;
  }
}

/// Reads the newest event of each writer, again and again.
void conflate(EventLog& log, OrderSink& sink) {
  wire::Parser parser(sink);
  for (wire::Sequence next = 1; next <= kWriters * kEventsEach;) {
    if (log.head() < next) std::this_thread::yield();
    const View view = log.view();
    for (; (next = view.next_newest(next, view.head())) <= view.head(); ++next) {
      if (!parser.push(view.event(next).block)) sink.wrong = "unreadable";
    }
  }
}

void run_all(ManualLog& log, OrderSink (&sinks)[2], OrderSink& selected, OrderSink& newest) {
  std::vector<std::thread> threads;
  for (std::size_t writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&log, writer] { publish(log, writer); });
  }
  for (auto& sink : sinks) threads.emplace_back([&log, &sink] { follow(log.log, sink); });
  threads.emplace_back([&log, &selected] { select(log.log, selected); });
  threads.emplace_back([&log, &newest] { conflate(log.log, newest); });
  for (auto& thread : threads) thread.join();
}

TEST_CASE("While many publish, each reader sees every event once, in one order", "[log][threads]") {
  ManualLog log(ManualLog::with_segments(16'384));
  OrderSink sinks[2];
  OrderSink selected;
  OrderSink newest;
  run_all(log, sinks, selected, newest);
  for (const auto& sink : sinks) {
    CHECK(sink.wrong.empty());
    CHECK(sink.events == kWriters * kEventsEach);
  }
  CHECK(selected.wrong.empty());
  CHECK(selected.events == kEventsEach);
  CHECK(selected.next_of_writer[1] == kEventsEach);
  CHECK(newest.wrong.empty());
  for (const std::size_t next : newest.next_of_writer) CHECK(next == kEventsEach);
}

TEST_CASE("Readers that the log leaves behind still read whole events in order", "[log][threads]") {
  auto options = ManualLog::with_segments(4096);
  options.retention.max_events = 50;
  ManualLog log(options);
  OrderSink sinks[2];
  OrderSink selected;
  OrderSink newest;
  run_all(log, sinks, selected, newest);
  for (const auto& sink : sinks) {
    CHECK(sink.wrong.empty());
    CHECK(sink.events <= kWriters * kEventsEach);
    CHECK(sink.events >= 1);
  }
  CHECK(selected.wrong.empty());
  CHECK(newest.wrong.empty());
  for (const std::size_t next : newest.next_of_writer) CHECK(next <= kEventsEach);
}

/// Reads every event that is readable, of parts and of memory; false when one was not as it was
/// published.
bool read_history(test::ArchivedLog& log, wire::Sequence last) {
  for (wire::Sequence next = 1; next <= last;) {
    next = std::max(next, log.log.view().first_readable());
    const View view = log.view_of(next);
    for (; next >= view.first_held() && next <= std::min(view.head(), last); ++next) {
      const StoredEvent event = view.event(next);
      if (event.id.sequence() != next) return false;
      const std::string data = "data: " + std::to_string(next) + "\n\n";
      if (!event.block.ends_with(data)) return false;
    }
  }
  return true;
}

TEST_CASE("The history is read while it grows, and while its oldest part is deleted",
          "[log][concurrency][archive]") {
  constexpr wire::Sequence kEvents = 8000;
  test::ArchivedLog log;
  std::thread publisher([&] {
    for (wire::Sequence sequence = 1; sequence <= kEvents; ++sequence) {
      Append append(log.log.limits());
      append.add({"", "", std::to_string(sequence)});
      log.journal.append(append, test::kNever);
      if (sequence % 50 == 0) log.clock.advance(std::chrono::milliseconds(1));
      if (sequence % 1000 == 0) log.journal.drop_before(sequence - 900);
    }
  });
  std::array<bool, 2> is_right{};
  std::vector<std::thread> readers;
  for (bool& right : is_right) {
    readers.emplace_back([&] { right = read_history(log, kEvents); });
  }
  publisher.join();
  for (std::thread& reader : readers) reader.join();
  CHECK(is_right == std::array{true, true});
  CHECK(log.archive.counts().failed_reads == 0);
}

}  // namespace
}  // namespace sse::log
