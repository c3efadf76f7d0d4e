#include "sse/hub/hub.h"

#include <utility>

#include "sse/hub/fan_out_loop.h"
#include "sse/hub/stream_registry.h"
#include "sse/net/loop_pool.h"

namespace sse::hub {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRefusedRetry{10'000};
constexpr std::uint64_t kRefusedSpreadMs = 20'000;

}  // namespace

Hub::Hub(net::LoopPool& loops, log::EventLog& log, const HubOptions& options, RandomSource& random)
    : log_(log),
      options_(options),
      random_(random),
      registry_(std::make_unique<StreamRegistry>(
          options.max_clients, options.when_full, loops.size(),
          [this](unsigned loop) { fan_outs_[loop]->evict_soon(); })),
      publisher_(log, [this] { wake_loops(); }) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    fan_outs_.push_back(
        std::make_unique<FanOutLoop>(loops[i], log_, *registry_, options_, random_));
  }
}

Hub::~Hub() = default;

std::optional<Refusal> Hub::refusal() const {
  if (draining_.load(std::memory_order_acquire)) return Refusal::kDraining;
  if (registry_->is_full()) return Refusal::kFull;
  return std::nullopt;
}

bool Hub::open_stream(net::Loop& loop, StreamOpening& opening) {
  return fan_outs_[loop.index()]->open_stream(opening);
}

Waiters::Ticket Hub::wait(net::Loop& loop, Wait wait) {
  return fan_outs_[loop.index()]->wait(std::move(wait));
}

void Hub::end_wait(net::Loop& loop, Waiters::Ticket ticket) {
  fan_outs_[loop.index()]->end_wait(ticket);
}

std::size_t Hub::waiting() const {
  std::size_t sum = 0;
  for (const auto& fan_out : fan_outs_) sum += fan_out->waiting();
  return sum;
}

std::size_t Hub::stream_count() const {
  return registry_->count();
}

Counts Hub::counts() const {
  Counts total;
  for (const auto& fan_out : fan_outs_) total += fan_out->counts();
  return total;
}

milliseconds Hub::refusal_retry() {
  return kRefusedRetry + milliseconds(random_.below(kRefusedSpreadMs + 1));
}

void Hub::drain(std::chrono::nanoseconds limit, std::function<void()> done) {
  publisher_.close();  // returns when nobody is publishing any more: the head is final
  draining_.store(true, std::memory_order_release);
  loops_to_drain_ = fan_outs_.size();
  const auto one_done = [this, done = std::move(done)] {
    if (loops_to_drain_.fetch_sub(1) == 1) done();
  };
  for (auto& fan_out : fan_outs_) fan_out->drain(limit, one_done);
}

void Hub::wake_loops() {
  for (auto& fan_out : fan_outs_) fan_out->wake();
}

}  // namespace sse::hub
