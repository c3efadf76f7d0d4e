// A hub with a directory that is killed again and again under load: what it has acknowledged is
// there, once, and subscribers see it once, in one order. Ten rounds here; SSE_HUB_KILLS=100 asks
// for more.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "sse/base/unique_fd.h"

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

int rounds() {
  const char* const text = std::getenv("SSE_HUB_KILLS");
  return text == nullptr ? 10 : std::atoi(text);
}

/// Bytes of an HTTP request that closes its connection.
std::string post(const std::string& body, const std::string& fields) {
  return "POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         "Connection: close\r\n" +
         fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

UniqueFd connected_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(fd.get(), generic, sizeof address) != 0) fd.reset();
  return fd;
}

/// The whole answer; nothing when the connection was cut. Not a test's assertion: the hub may be
/// killed at any moment, and threads ask.
std::optional<RawAnswer> answer_of(const UniqueFd& fd) {
  std::string text;
  std::array<char, 4096> bytes{};
  ssize_t got = 0;
  while ((got = ::recv(fd.get(), bytes.data(), bytes.size(), 0)) > 0) {
    text.append(bytes.data(), static_cast<std::size_t>(got));
  }
  const auto end = text.find("\r\n\r\n");
  if (got < 0 || end == std::string::npos || text.size() < 12) return std::nullopt;
  RawAnswer answer{std::atoi(text.c_str() + 9), text.substr(0, end + 2), text.substr(end + 4)};
  if (std::to_string(answer.body.size()) != answer.header("Content-Length")) return std::nullopt;
  return answer;
}

std::optional<RawAnswer> try_post(std::uint16_t port, const std::string& body,
                                  const std::string& fields) {
  const UniqueFd fd = connected_to(port);
  if (!fd.is_open()) return std::nullopt;
  const std::string bytes = post(body, fields);
  if (::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return std::nullopt;
  return answer_of(fd);
}

/// Publishes numbered events, each with a key of its own, and asks again with the same key until
/// the hub has said what became of it.
class KeyedPublisher {
 public:
  KeyedPublisher(int number, std::uint16_t port) : number_(number), port_(port) {
    thread_ = std::thread([this] { run(); });
  }
  ~KeyedPublisher() { stop(); }
  KeyedPublisher(const KeyedPublisher&) = delete;
  KeyedPublisher& operator=(const KeyedPublisher&) = delete;

  /// No more events; what is under way is asked for until it has its answer.
  void stop() {
    is_stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::size_t acknowledged() const { return acknowledged_; }

  // After stop().

  /// Ids by the text of the event, as the hub answered.
  const std::map<std::string, std::string>& ids() const { return ids_; }
  /// How many answers came only when they were asked for again.
  std::size_t repeats() const { return repeats_; }
  const std::string& complaint() const { return complaint_; }

 private:
  void run() {
    for (int i = 0; !is_stopping_; ++i) {
      const std::string text = "p" + std::to_string(number_) + "-" + std::to_string(i);
      bool is_repeat = false;
      while (!publish(text)) is_repeat = true;
      if (is_repeat) ++repeats_;
    }
  }

  /// False: what became of it is not known, or it was not taken.
  bool publish(const std::string& text) {
    const std::string body = R"({"topic":"load","data":")" + text + R"("})";
    const auto answer = try_post(port_, body, "Idempotency-Key: \"" + text + "\"\r\n");
    if (!answer || answer->status == 503 || answer->status == 504 || answer->status == 409) {
      std::this_thread::yield();
      return false;
    }
    if (answer->status != 201) {
      complaint_ = text + " got " + std::to_string(answer->status) + " " + answer->body;
      is_stopping_ = true;
      return true;
    }
    ids_[text] = answer->header("SSE-Event-Id");
    ++acknowledged_;
    return true;
  }

  const int number_;
  const std::uint16_t port_;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<std::size_t> acknowledged_ = 0;
  std::map<std::string, std::string> ids_;
  std::size_t repeats_ = 0;
  std::string complaint_;
  std::thread thread_;
};

/// Lines `ID DATA` that a subscriber has printed over its lives.
std::vector<std::string> lines_of(const std::string& out) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (auto end = out.find('\n'); end != std::string::npos; end = out.find('\n', begin)) {
    lines.push_back(out.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

TEST_CASE("A hub that is killed again and again loses nothing, and gives nothing twice",
          "[system][durable]") {
  const TemporaryDirectory directory;
  const std::string data = "--data-dir=" + directory.file("data");
  // The publishers are one peer, whose share of kept answers must hold those of all rounds: past it
  // a repeat is told that its request was taken (409), and no more.
  const std::string share = "--max-idempotency-bytes=256M";
  auto hub = std::make_unique<HubProgram>(std::vector<std::string>{data, share});
  const std::uint16_t port = hub->port();
  const std::string fixed = "--port=" + std::to_string(port);

  constexpr int kPublishers = 6;
  constexpr int kSubscribers = 4;
  std::vector<std::unique_ptr<Program>> subscribers;
  for (int i = 0; i < kSubscribers; ++i) {
    subscribers.push_back(std::make_unique<Program>(
        std::vector<std::string>{"sse-sub", "-t", "load", "--since=earliest", "--retry-min=1ms",
                                 "--retry-max=50ms", "-F", "%{id} %{data}"},
        Program::Options{{"SSE_URL=" + hub->url()}, false, directory.path()}));
  }
  std::vector<std::unique_ptr<KeyedPublisher>> publishers;
  for (int i = 0; i < kPublishers; ++i) {
    publishers.push_back(std::make_unique<KeyedPublisher>(i, port));
  }
  const auto acknowledged = [&] {
    std::size_t sum = 0;
    for (const auto& publisher : publishers) sum += publisher->acknowledged();
    return sum;
  };

  // From now on they come back by themselves.
  for (const auto& subscriber : subscribers) subscriber->wait_for_out(" p");

  std::mt19937 random(1);
  for (int round = 0; round < rounds(); ++round) {
    const auto wanted = acknowledged() + 20 + random() % 400;
    wait_until([&] { return acknowledged() >= wanted; }, "some events");
    hub->program().signal(SIGKILL);
    hub->program().wait();
    hub = std::make_unique<HubProgram>(std::vector<std::string>{data, share, fixed});
  }
  for (const auto& publisher : publishers) publisher->stop();
  std::map<std::string, std::string> ids;
  std::size_t repeats = 0;
  for (const auto& publisher : publishers) {
    CHECK(publisher->complaint().empty());
    ids.insert(publisher->ids().begin(), publisher->ids().end());
    repeats += publisher->repeats();
  }
  CHECK(repeats > 0);

  const auto end = request(port, "POST", "/events", R"({"topic":"load","data":"end"})");
  REQUIRE(end.status == 201);
  std::set<std::string> epochs;
  for (auto& subscriber : subscribers) {
    subscriber->wait_for_out(end.header("SSE-Event-Id") + " end\n");
    subscriber->signal(SIGTERM);
    subscriber->wait();
    std::map<std::string, std::string> seen;
    std::uint64_t before = 0;
    for (const auto& line : lines_of(subscriber->out())) {
      const std::string id = line.substr(0, 36);
      const std::string text = line.substr(37);
      const auto sequence = std::stoull(id.substr(24), nullptr, 16);
      REQUIRE(sequence == before + 1);  // each once, in order
      before = sequence;
      epochs.insert(id.substr(15, 3) + id.substr(20, 3));
      REQUIRE(seen.emplace(text, id).second);  // no text under two ids
    }
    seen.erase("end");
    CHECK(seen == ids);  // what was acknowledged, with the id of its answer, and nothing else
  }
  CHECK(epochs.size() == 1);
}

TEST_CASE("A hub that is stopped with commits under way tells what became of each",
          "[system][durable]") {
  const TemporaryDirectory directory;
  const std::string data = "--data-dir=" + directory.file("data");
  std::map<std::string, std::string> ids;
  constexpr int kRounds = 5;
  for (int round = 0; round < kRounds; ++round) {
    HubProgram hub({data});
    // A single connection each, many at once: some are under way when the signal comes.
    std::vector<UniqueFd> connections;
    for (int i = 0; i < 40; ++i) {
      const auto bytes = post("{\"data\":\"" + std::to_string(round * 100 + i) + "\"}", "");
      connections.push_back(connected_to(hub.port()));
      REQUIRE(::send(connections.back().get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0);
    }
    const auto read_answer = [&](int i) {
      const auto answer = answer_of(connections[static_cast<std::size_t>(i)]);
      if (!answer || answer->status != 201) return;
      ids[std::to_string(round * 100 + i)] = answer->header("SSE-Event-Id");
    };
    for (int i = 0; i < 5; ++i) read_answer(i);
    hub.program().signal(SIGTERM);
    for (int i = 5; i < 40; ++i) read_answer(i);
    CHECK(hub.program().wait() == 0);
  }
  HubProgram hub({data});
  const auto all = request(hub.port(), "GET", "/events?since=earliest&limit=1000");
  REQUIRE(all.status == 200);
  std::map<std::string, std::string> kept;
  const auto json = nlohmann::json::parse(all.body);
  for (const auto& event : json.at("events")) {
    CHECK(kept.emplace(event.at("data").get<std::string>(), event.at("id")).second);
  }
  for (const auto& [text, id] : ids) CHECK(kept[text] == id);
  CHECK(ids.size() >= 5 * kRounds);
}

}  // namespace
}  // namespace sse::test
