#include "sse/hub/hub.h"

#include <map>
#include <utility>

#include "sse/base/ip_address.h"
#include "sse/hub/fan_out_loop.h"
#include "sse/hub/retry_times.h"
#include "sse/hub/stream_listing.h"
#include "sse/hub/stream_registry.h"
#include "sse/net/loop_pool.h"

namespace sse::hub {

Hub::Hub(net::LoopPool& loops, log::EventLog& log, log::Journal& journal, const HubOptions& options,
         RandomSource& random, log::Archive* archive)
    : log_(log),
      journal_(journal),
      archive_(archive),
      options_(options),
      retry_times_(std::make_unique<RetryTimes>(options.retry, random)),
      registry_(std::make_unique<StreamRegistry>(
          options, loops.size(), [this](unsigned loop) { fan_outs_[loop]->evict_soon(); })),
      follower_(log, [this] { wake_loops(); }),
      publisher_(journal, log.limits()) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    fan_outs_.push_back(
        std::make_unique<FanOutLoop>(loops[i], log_, *registry_, options_, *retry_times_, archive));
  }
}

Hub::~Hub() = default;

Admission Hub::admit(const std::optional<IpAddress>& peer, const Filter* filter) {
  if (is_draining()) return refuse(Refusal::kDraining);
  auto admitted = registry_->admit(peer, filter != nullptr ? filter->footprint() : 0);
  if (const auto* reason = std::get_if<Refusal>(&admitted)) return refuse(*reason);
  return std::get<StreamPlace>(std::move(admitted));
}

StreamRefusal Hub::refuse(Refusal reason) {
  refused_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  return {reason, retry_times_->after_refusal()};
}

void Hub::open_stream(net::Loop& loop, StreamPlace place, StreamOpening&& opening) {
  fan_outs_[loop.index()]->open_stream(std::move(place), std::move(opening));
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

void Hub::list_streams(std::size_t most,
                       std::function<void(std::vector<ListedStream>)> done) const {
  const auto listing = std::make_shared<StreamListing>(fan_outs_.size(), most, std::move(done));
  for (const auto& fan_out : fan_outs_) {
    fan_out->list_streams(
        most, [listing](std::vector<ListedStream> part) { listing->add(std::move(part)); });
  }
}

void Hub::review_streams(const StreamReview& review) {
  for (const auto& fan_out : fan_outs_) fan_out->review_streams(review);
}

void Hub::close_streams(const StreamChoice& choice, std::function<void(std::size_t closed)> done) {
  struct Sum {
    Sum(std::size_t loops, std::function<void(std::size_t)> when_known)
        : missing(loops), done(std::move(when_known)) {}
    std::atomic<std::size_t> missing;
    std::atomic<std::size_t> closed = 0;
    const std::function<void(std::size_t)> done;
  };
  const auto sum = std::make_shared<Sum>(fan_outs_.size(), std::move(done));
  for (const auto& fan_out : fan_outs_) {
    fan_out->close_streams(choice, [sum](std::size_t closed) {
      sum->closed.fetch_add(closed);
      if (sum->missing.fetch_sub(1) == 1) sum->done(sum->closed.load());
    });
  }
}

std::vector<HandedStream> Hub::hand_over(net::Loop& loop) {
  return fan_outs_[loop.index()]->hand_over();
}

std::vector<HandedStream> Hub::in_order(std::vector<std::vector<HandedStream>>&& of_loops) {
  const auto places = registry_->places();
  std::map<std::size_t, HandedStream> listed;
  for (std::size_t i = 0; i < of_loops.size(); ++i) {
    fan_outs_[i]->keep_listed(std::move(of_loops[i]), places, listed);
  }
  std::vector<HandedStream> all;
  all.reserve(listed.size());
  for (auto& [place, stream] : listed) all.push_back(std::move(stream));
  return all;
}

void Hub::let_go(net::Loop& loop) {
  retry_times_->expect_successor();
  fan_outs_[loop.index()]->let_go();
}

Status Hub::take_over(net::Loop& loop, HandedStream&& handed, std::unique_ptr<net::Socket> socket,
                      std::shared_ptr<const void> held) {
  std::unique_ptr<const Filter> filter;
  if (handed.filter) {
    // As make_cut(): what grants have left of a request may be longer than make() takes.
    auto& patterns = *handed.filter;
    filter = patterns.topics.empty()
                 ? SSE_TRY(Filter::make(patterns.types, {}, patterns.last_types))
                 : SSE_TRY(Filter::make_cut(patterns.types, patterns.topics, patterns.last_types));
  }
  auto admission = admit(handed.peer, filter.get());
  if (std::holds_alternative<StreamRefusal>(admission)) {
    return Error{ErrorCode::kFull,
                 "there is no place for a stream here: --max-clients, --max-per-peer or "
                 "--max-filter-bytes are lower than those of the other hub"};
  }
  return fan_outs_[loop.index()]->take_over(std::get<StreamPlace>(std::move(admission)),
                                            std::move(handed), std::move(socket), std::move(filter),
                                            std::move(held));
}

std::size_t Hub::stream_count() const {
  return registry_->count();
}

Counts Hub::counts() const {
  Counts total;
  for (const auto& fan_out : fan_outs_) total += fan_out->counts();
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    total.refused[i] = refused_[i].load(std::memory_order_relaxed);
  }
  return total;
}

void Hub::refuse_all(std::chrono::nanoseconds limit) {
  if (draining_.exchange(true, std::memory_order_acq_rel)) return;
  journal_.stop(limit);  // from here on the head is final
}

void Hub::drain(std::chrono::nanoseconds limit, std::function<void()> done) {
  refuse_all(limit);
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
