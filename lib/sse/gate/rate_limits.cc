#include "sse/gate/rate_limits.h"

#include <algorithm>
#include <utility>

#include "sse/auth/sha256.h"
#include "sse/gate/admin_access.h"
#include "sse/gate/methods.h"
#include "sse/gate/rights.h"
#include "sse/http/call.h"
#include "sse/http/error_response.h"
#include "sse/json/writer.h"

namespace sse::gate {
namespace {

using std::chrono::nanoseconds;

auth::Rate rate_of(double per_second) {
  return {per_second, std::max(per_second, 1.0)};
}

/// The rate of the caller's own, as its token has it; nullopt: the hub's.
std::optional<double> own_rate(const http::Call& call) {
  const auto principal = principal_of(call);
  return principal == nullptr ? std::nullopt : principal->limits.publish_rate;
}

// The id of a signed token may be long, and keys are kept.
std::string key_of_id(const std::string& id) {
  constexpr std::size_t kMost = 64;
  return "=" + (id.size() <= kMost ? id : auth::to_hex(auth::sha256_of(id)));
}

void refuse(http::Response& response, double rate, nanoseconds wait) {
  std::string text = "too many events: at most ";
  json::append_number(text, rate);
  http::error_response(response, 429, text + " a second (--rate-publish, or the token's own rate)");
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
  response.fields.set("Retry-After", std::to_string(seconds.count()));
}

}  // namespace

RateLimits::RateLimits(RateOptions options, const Clock& clock, RandomSource& random)
    : options_(std::move(options)),
      clock_(clock),
      // A token may have a rate where the hub has none.
      publish_(std::in_place, rate_of(options_.publish.value_or(1)), options_.max_buckets, random) {
  if (options_.open) open_.emplace(rate_of(*options_.open), options_.max_buckets, random);
}

// nullopt: exempt.
std::optional<std::string> RateLimits::key_of(const http::Call& call) const {
  const auto& identity = call.identity();
  if (identity != nullptr && !identity->is_anonymous) return key_of_id(identity->id);
  const http::Request& request = call.request();
  if (is_of_this_machine(request)) return std::nullopt;
  const auto address = IpAddress::parse(request.remote_address);
  const bool is_exempt =
      address && std::any_of(options_.exempt.begin(), options_.exempt.end(),
                             [&](const auto& range) { return range.holds(*address); });
  if (is_exempt) return std::nullopt;
  return request.group ? to_string(*request.group) : request.remote_address;
}

http::Verdict RateLimits::admit_write(http::Call& call) {
  if (!is_write(call.request().method)) return http::Verdict::kGoOn;
  auto rate = own_rate(call);
  if (!rate) rate = options_.publish;
  if (!rate) return http::Verdict::kGoOn;
  const auto key = key_of(call);
  if (!key) return http::Verdict::kGoOn;
  const auth::Rate bucket = rate_of(*rate);
  const auto wait = publish_->take(*key, 1, clock_.now().boot, bucket);
  if (wait.count() > 0) {
    publish_refused_.fetch_add(1, std::memory_order_relaxed);
    refuse(call.response(), *rate, wait);
    return http::Verdict::kAnswered;
  }
  call.on_more_events() = [this, key = *key, bucket](std::size_t more) {
    publish_->take_anyway(key, static_cast<double>(more), clock_.now().boot, bucket);
  };
  return http::Verdict::kGoOn;
}

nanoseconds RateLimits::take_stream(const http::Call& call) {
  if (!open_) return nanoseconds(0);
  const auto key = key_of(call);
  if (!key) return nanoseconds(0);
  const auto wait = open_->take(*key, 1, clock_.now().boot);
  if (wait.count() > 0) open_refused_.fetch_add(1, std::memory_order_relaxed);
  return wait;
}

RateCounts RateLimits::counts() const {
  return {publish_refused_.load(std::memory_order_relaxed),
          open_refused_.load(std::memory_order_relaxed),
          publish_->size() + (open_ ? open_->size() : 0)};
}

}  // namespace sse::gate
