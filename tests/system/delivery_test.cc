// Promise 1: accepted means delivered, exactly once and in one order, whatever connections do.

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sse/wire/event_id.h"

#include "support/catch.h"
#include "support/program.h"
#include "system/publishing.h"
#include "system/stream_reader.h"

using sse::test::HubProgram;
using sse::test::Published;
using sse::test::Publishing;
using sse::test::StreamReader;

namespace {

constexpr std::size_t kReadings = 20'000;
constexpr std::size_t kPublishers = 8;
constexpr std::size_t kSubscribers = 50;
constexpr int kSmallBuffer = 8192;

struct Filter {
  std::string query;  ///< what the hub is asked for
  std::function<bool(const Published&)> takes;
};

bool starts_with(const std::string& text, std::string_view start) {
  return text.rfind(start, 0) == 0;
}

std::vector<Filter> filters(const std::vector<std::string>& metrics) {
  const auto topic_of = [](const std::string& metric) { return "metrics/" + metric; };
  return {
      {"", [](const Published&) { return true; }},
      {"&type=metric_reading_created",
       [](const Published& event) { return event.type == "metric_reading_created"; }},
      {"&type=metric_*", [](const Published& event) { return starts_with(event.type, "metric_"); }},
      {"&type=deploy*&type=alarm",
       [](const Published& event) {
         return starts_with(event.type, "deploy") || event.type == "alarm";
       }},
      {"&type=message", [](const Published& event) { return event.type == "message"; }},
      {"&topic=ci/api", [](const Published& event) { return event.topic == "ci/api"; }},
      {"&topic=ci/+",
       [](const Published& event) { return event.topic == "ci/api" || event.topic == "ci/web"; }},
      {"&topic=ci/%23&topic=house/door",
       [](const Published& event) {
         return starts_with(event.topic, "ci/") || event.topic == "house/door";
       }},
      {"&metric=" + metrics[0],
       [topic = topic_of(metrics[0])](const Published& event) { return event.topic == topic; }},
      {"&metric=" + metrics[1] + "&metric=" + metrics[2] + "&type=metric_reading_created",
       [one = topic_of(metrics[1]), other = topic_of(metrics[2])](const Published& event) {
         return event.type == "metric_reading_created" &&
                (event.topic == one || event.topic == other);
       }},
  };
}

/// Reads until so many events are there; a stream that the hub closed as slow is resumed.
void follow_to(StreamReader& reader, std::size_t events, const std::string& what) {
  sse::test::wait_until(
      [&] {
        if (!reader.is_open()) reader.connect();
        pollfd readable{reader.fd(), POLLIN, 0};
        if (::poll(&readable, 1, 20) > 0) reader.read(65536);
        return reader.has_head() && reader.ids().size() >= events;
      },
      std::to_string(events) + " events of " + what);
}

struct Subscriber {
  Filter filter;
  std::unique_ptr<StreamReader> reader;
  std::size_t wanted = 0;  ///< events, once all is published
};

/// Subscribers that come and go as `random` says, each on one of the filters.
class Crowd {
 public:
  Crowd(std::uint16_t port, const std::vector<std::string>& metrics, std::uint32_t seed)
      : random_(seed) {
    const auto all = filters(metrics);
    for (std::size_t i = 0; i < kSubscribers; ++i) {
      const auto& filter = all[i % all.size()];
      const int buffer = i % 3 == 0 ? kSmallBuffer : 0;
      subscribers_.push_back(
          {filter, std::make_unique<StreamReader>(port, "?since=earliest" + filter.query, buffer),
           0});
    }
  }

  const std::vector<Subscriber>& subscribers() const { return subscribers_; }
  std::size_t drops() const { return drops_; }

  void add_to(std::vector<pollfd>& fds) const {
    for (const auto& subscriber : subscribers_) fds.push_back(poll_entry(*subscriber.reader));
  }

  static pollfd poll_entry(const StreamReader& reader) {
    return {reader.is_open() ? reader.fd() : -1, POLLIN, 0};
  }

  /// Some of those that have something to read: read a part of it, or drop the connection with
  /// everything that is on its way. Those that have none resume.
  void turn(const pollfd* polled) {
    for (auto& subscriber : subscribers_) {
      auto& reader = *subscriber.reader;
      const bool is_readable = (polled++)->revents != 0;
      if (!reader.is_open()) {
        reader.connect();
      } else if (is_readable && random_() % 40 == 0) {
        ++drops_;
        random_() % 2 == 0 ? reader.close() : reader.reset();
      } else if (is_readable && random_() % 4 != 0) {
        reader.read(1 + random_() % 32768);
      }
    }
  }

  /// Goes on like this until every subscriber has so many events, and is connected.
  void catch_up(const std::function<std::size_t(const Filter&)>& expected) {
    for (auto& subscriber : subscribers_) subscriber.wanted = expected(subscriber.filter);
    std::vector<pollfd> fds;
    const auto has_all = [](const Subscriber& subscriber) {
      return subscriber.reader->has_head() && subscriber.reader->ids().size() >= subscriber.wanted;
    };
    sse::test::wait_until(
        [&] {
          fds.clear();
          add_to(fds);
          ::poll(fds.data(), fds.size(), 10);
          turn(fds.data());
          return std::all_of(subscribers_.begin(), subscribers_.end(), has_all);
        },
        "every subscriber to have everything");
  }

 private:
  std::mt19937 random_;
  std::vector<Subscriber> subscribers_;
  std::size_t drops_ = 0;
};

/// Sees everything, and drops only when it is closed as slow: the order that all others are
/// compared with.
class Reference {
 public:
  explicit Reference(std::uint16_t port)
      : reader_(port, "?since=earliest", 0, [this](const auto& event) { note(event); }) {
    reader_.connect();
  }

  StreamReader& reader() { return reader_; }

  /// Everything published, with its event's id, in the order of the stream.
  std::vector<Published> in_order(const std::vector<Published>& published) const {
    std::vector<Published> ordered(published.size());
    for (const auto& event : published) {
      const auto& name = event.reading_id.empty() ? event.event_id : event.reading_id;
      INFO(event.type << " " << name << " was accepted");
      const auto at = place_of_.find(name);
      REQUIRE(at != place_of_.end());
      REQUIRE(at->second < ordered.size());
      auto& place = ordered[at->second];
      REQUIRE(place.type.empty());
      place = event;
      place.event_id = reader_.ids()[at->second];
      if (!event.event_id.empty()) REQUIRE(place.event_id == event.event_id);
    }
    return ordered;
  }

 private:
  // Readings of a batch are known by their own id, which is the first field of the data.
  void note(const sse::wire::ReceivedEvent& event) {
    constexpr std::string_view kId = "{\"id\":\"";
    const bool is_reading = event.type == "metric_reading_created";
    const auto name = is_reading ? event.data.substr(kId.size(), event.id.size()) : event.id;
    place_of_.emplace(name, reader_.ids().size() - 1);
  }

  StreamReader reader_;
  std::unordered_map<std::string, std::size_t> place_of_;
};

std::vector<std::string> ids_for(const Filter& filter, const std::vector<Published>& ordered) {
  std::vector<std::string> ids;
  for (const auto& event : ordered) {
    if (filter.takes(event)) ids.push_back(event.event_id);
  }
  return ids;
}

/// Empty when the lists are equal; else where they part, since both are long.
std::string difference(const std::vector<std::string>& seen,
                       const std::vector<std::string>& expected) {
  const auto [one, other] =
      std::mismatch(seen.begin(), seen.end(), expected.begin(), expected.end());
  if (one == seen.end() && other == expected.end()) return "";
  return "event " + std::to_string(one - seen.begin()) + " is " +
         (one == seen.end() ? "missing" : *one) + ", expected " +
         (other == expected.end() ? "nothing" : *other);
}

void publish_among(Crowd& crowd, Reference& reference, std::vector<Publishing>& publishers,
                   std::vector<Published>& published) {
  std::vector<pollfd> fds;
  for (auto& publisher : publishers) publisher.publish_next();
  const auto is_done = [](const auto& publisher) { return publisher.is_done(); };
  while (!std::all_of(publishers.begin(), publishers.end(), is_done)) {
    fds.clear();
    for (const auto& publisher : publishers) fds.push_back({publisher.fd(), POLLIN, 0});
    fds.push_back(Crowd::poll_entry(reference.reader()));
    crowd.add_to(fds);
    ::poll(fds.data(), fds.size(), 100);
    for (std::size_t i = 0; i < publishers.size(); ++i) {
      if (fds[i].revents == 0) continue;
      publishers[i].take_answer(published);
      publishers[i].publish_next();
    }
    if (fds[publishers.size()].revents != 0) reference.reader().read(65536);
    if (!reference.reader().is_open()) reference.reader().connect();
    crowd.turn(&fds[publishers.size() + 1]);
  }
}

}  // namespace

TEST_CASE("Fifty subscribers that drop and resume see every event of their filter exactly once",
          "[system][delivery]") {
  HubProgram hub({"--threads=2", "--send-buffer=4k", "--max-lag=256k", "--ttl=10m", "--drain=60s"});
  std::vector<Published> published;
  std::vector<std::string> metrics;
  for (const auto* name : {"cpu", "memory", "disk", "door"}) {
    metrics.push_back(sse::test::create_metric(hub.port(), name, published));
  }
  Reference reference(hub.port());
  Crowd crowd(hub.port(), metrics, 1);
  std::vector<Publishing> publishers;
  for (std::uint32_t i = 0; i < kPublishers; ++i) {
    publishers.emplace_back(hub.port(), 100 + i, metrics, kReadings / kPublishers);
  }

  publish_among(crowd, reference, publishers, published);
  CHECK(crowd.drops() > kSubscribers);
  follow_to(reference.reader(), published.size(), "all that was accepted");
  const auto ordered = reference.in_order(published);
  crowd.catch_up([&](const Filter& filter) { return ids_for(filter, ordered).size(); });

  hub.program().signal(SIGTERM);
  reference.reader().read_to_end();
  CHECK(reference.reader().ids().size() == published.size());
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    REQUIRE(sse::wire::EventId::parse(ordered[i].event_id)->sequence() == i + 1);
  }
  for (const auto& subscriber : crowd.subscribers()) {
    auto& reader = *subscriber.reader;
    reader.read_to_end();
    INFO("filter " << subscriber.filter.query << ", " << reader.connections() << " connections");
    CHECK(difference(reader.ids(), ids_for(subscriber.filter, ordered)) == "");
    for (const auto& event : reader.hub_events()) CHECK(event.type == "sse.closing");
  }
  CHECK(hub.program().wait() == 0);
}
