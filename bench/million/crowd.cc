#include "million/crowd.h"

#include <algorithm>
#include <ctime>
#include <memory>
#include <utility>

#include "sse/base/check.h"

namespace sse::bench {
namespace {

// As many as epoll tells of in one turn.
constexpr std::size_t kOpenedPerTurn = 512;

std::string credential(std::string_view token) {
  if (token.empty()) return {};
  return "Authorization: Bearer " + std::string(token) + "\r\n";
}

std::string subscribe_request(std::string_view query, std::string_view token) {
  std::string request = "GET /events/watch";
  request.append(query).append(
      " HTTP/1.1\r\nHost: localhost:8089\r\nAccept: text/event-stream\r\n");
  request.append("Cache-Control: no-store\r\nUser-Agent: sse-million\r\n");
  return request.append(credential(token)).append("\r\n");
}

}  // namespace

std::chrono::nanoseconds cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::string topic_name(std::size_t topic) {
  return "plant/" + std::to_string(topic);
}

Crowd::Crowd(test::MemoryHub& hub, std::size_t size, const Wants& wants, std::uint64_t sequence)
    : hub_(hub), peers_(size) {
  if (wants.topics == 0) network_.requests.push_back(subscribe_request("", wants.token));
  std::vector<std::uint64_t> topics;
  for (std::size_t topic = 0; topic < wants.topics; ++topic) {
    network_.requests.push_back(subscribe_request("?topic=" + topic_name(topic), wants.token));
    topics.push_back(topic_hash(topic_name(topic)));
  }
  for (std::size_t i = 0; i < size; ++i) {
    peers_[i].last = static_cast<std::uint32_t>(sequence);
    if (wants.topics == 0) continue;
    peers_[i].request = static_cast<std::uint16_t>(i % wants.topics);
    peers_[i].topic = topics[i % wants.topics];
  }
  network_.ended.reserve(size);
}

Crowd::~Crowd() {
  for (auto& peer : peers_) {
    if (peer.socket != nullptr)
      peer.socket->tell({.readable = true, .hung_up = true, .broken = true});
  }
  // A turn closes some of them; each socket knows its peer until it is gone.
  const auto is_gone = [](const LightPeer& peer) { return peer.socket == nullptr; };
  while (!std::all_of(peers_.begin(), peers_.end(), is_gone)) {
    for (int turn = 0; turn < 100; ++turn) hub_.loop().turn();
  }
}

void Crowd::open_all() {
  std::size_t opened = 0;
  for (auto& peer : peers_) {
    hub_.parts.server().deal(std::make_unique<LightSocket>(network_, peer));
    if (peer.socket != nullptr) peer.socket->tell({.readable = true});
    if (++opened % kOpenedPerTurn == 0) turn();
  }
}

void Crowd::turn() {
  const auto begin = cpu_time();
  hub_.loop().turn();
  longest_turn_ = std::max(longest_turn_, cpu_time() - begin);
  for (auto* peer : std::exchange(network_.ended, {})) {
    if (peer->socket != nullptr)
      peer->socket->tell({.readable = true, .hung_up = true, .broken = true});
  }
}

void Crowd::settle() {
  for (std::uint64_t before = 1, after = 0; before != after;) {
    before = network_.sends;
    for (int i = 0; i < 4; ++i) turn();
    after = network_.sends;
  }
}

std::chrono::nanoseconds Crowd::take_longest_turn() {
  return std::exchange(longest_turn_, std::chrono::nanoseconds(0));
}

std::size_t Crowd::count_unlike(std::uint32_t events) const {
  return static_cast<std::size_t>(
      std::count_if(peers_.begin(), peers_.end(), [events](const LightPeer& peer) {
        return peer.events != events || peer.saw_end || peer.socket == nullptr;
      }));
}

std::string Publishing::post(std::string_view target, std::string_view body,
                             std::string_view type) {
  std::string request = "POST ";
  request.append(target).append(" HTTP/1.1\r\nHost: localhost:8089\r\nContent-Type: ").append(type);
  request.append("\r\n").append(credential(token_));
  request.append("Content-Length: ").append(std::to_string(body.size()));
  peer_.send(request.append("\r\n\r\n").append(body));
  constexpr int kMostTurns = 1000;
  std::string answer = peer_.take();
  for (int turn = 0; answer.empty() && turn < kMostTurns; ++turn) {
    hub_.loop().turn();
    answer = peer_.take();
  }
  SSE_CHECK(answer.starts_with("HTTP/1.1 2"));
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace sse::bench
