#include "sse/gate/idempotency.h"

#include <algorithm>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sse/base/mutex.h"
#include "sse/gate/idempotency_key.h"
#include "sse/http/call.h"
#include "sse/http/error_response.h"
#include "sse/web/answer.h"

namespace sse::gate {
namespace {

constexpr char kReplayedHeader[] = "Idempotency-Replayed";
constexpr char kKeysHeader[] = "Idempotency-Keys";

// Most requests are answered within it; whoever repeats one need not wait longer.
constexpr char kInFlightRetrySeconds[] = "1";

// What is asked for must be the same, not only the key. 64 bits: who makes them collide gets an
// answer of his own again.
std::uint64_t fingerprint_of(const http::Request& request) {
  const std::hash<std::string_view> hash;
  std::uint64_t print = hash(request.body);
  for (const std::string_view part :
       {std::string_view(request.target), std::string_view(request.method)}) {
    print = print * 0x9E3779B97F4A7C15U + hash(part);
  }
  return print * 0x9E3779B97F4A7C15U + hash(request.fields.get("Content-Type"));
}

/// An answer as it is kept. Immutable, so that it is copied without a lock.
struct Answer {
  int status = 0;
  bool is_whole = true;  // false: it was too large to be kept
  std::string body;
  http::Fields fields;
};

// `given`: the fields that the response had before its handler. They belong to the one request
// (CORS), not to the answer.
std::shared_ptr<const Answer> kept_answer(const http::Response& response, const http::Fields& given,
                                          std::size_t most) {
  auto answer = std::make_shared<Answer>();
  answer->status = response.status;
  answer->is_whole = response.pieces == nullptr && response.body.size() <= most;
  if (!answer->is_whole) return answer;
  answer->body = response.body;
  for (const auto& field : response.fields) {
    const bool was_given =
        std::any_of(given.begin(), given.end(), [&](const auto& known) { return known == field; });
    if (!was_given) answer->fields.add(field.name, field.value);
  }
  return answer;
}

void replay(const Answer& answer, http::Response& response) {
  if (!answer.is_whole) {
    return http::error_response(response, 409,
                                "the request of this Idempotency-Key was taken; its answer was too "
                                "large to be kept");
  }
  response.status = answer.status;
  response.body = answer.body;
  for (const auto& [name, value] : answer.fields) response.fields.add(name, value);
  response.fields.set(kReplayedHeader, "true");
}

void refuse_in_flight(http::Response& response) {
  http::error_response(response, 409,
                       "a request with this Idempotency-Key is still being answered");
  response.fields.set("Retry-After", kInFlightRetrySeconds);
}

void refuse_mismatch(http::Response& response) {
  http::error_response(response, 422,
                       "this Idempotency-Key was used for another request; expected the same path, "
                       "query, Content-Type and body, or a new key");
}

std::string in_seconds(std::chrono::nanoseconds time) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(time).count());
}

void refuse_forgotten(http::Response& response, std::chrono::nanoseconds whole) {
  http::error_response(response, 412,
                       "it is not known whether an earlier try of this request was taken: the keys "
                       "of the last " +
                           in_seconds(whole) + " s are known, and this one is older");
}

}  // namespace

/// Every key that is known: those whose request is being answered, and those with an answer.
/// Thread-safe.
class Idempotency::Store {
 public:
  Store(const IdempotencyOptions& options, BootTime now) : options_(options), whole_since_(now) {}

  struct Entry {
    std::string key;
    std::uint64_t fingerprint = 0;
    std::shared_ptr<const Answer> answer;  // null while it is in flight
    BootTime kept_at{};

    // With what the list, the table and the shared answer take, as libstdc++ lays them out.
    std::size_t bytes() const {
      constexpr std::size_t kNodes = 128;
      constexpr std::size_t kField = 16;
      std::size_t sum = sizeof(Entry) + sizeof(Answer) + kNodes + key.size() + answer->body.size();
      for (const auto& [name, value] : answer->fields) sum += kField + name.size() + value.size();
      return sum;
    }
  };
  using Entries = std::list<Entry>;

  enum class Verdict { kNew, kInFlight, kMismatch, kAnswered, kForgotten };
  struct Found {
    Verdict verdict = Verdict::kNew;
    std::shared_ptr<const Answer> answer;  // of kAnswered
    Entries::iterator entry;               // of kNew: taken
  };

  /// Looks the key up, and takes it when it is new: not in use for longer than keys are known.
  Found find(Entry&& wanted, std::chrono::nanoseconds age, BootTime now) {
    Entries fresh;  // made, and dropped entries destroyed, outside the lock
    Entries dropped;
    fresh.push_back(std::move(wanted));
    const MutexLock lock(mutex_);
    drop_expired(now, dropped);
    const auto known = by_key_.find(fresh.front().key);
    if (known == by_key_.end()) {
      if (age > whole(now)) return {Verdict::kForgotten, nullptr, {}};
      in_flight_.splice(in_flight_.end(), fresh);
      const auto entry = std::prev(in_flight_.end());
      by_key_.emplace(entry->key, entry);
      return {Verdict::kNew, nullptr, entry};
    }
    const Entry& entry = *known->second;
    if (entry.fingerprint != fresh.front().fingerprint) {
      ++counts_.mismatches;
      return {Verdict::kMismatch, nullptr, {}};
    }
    if (entry.answer == nullptr) {
      ++counts_.conflicts;
      return {Verdict::kInFlight, nullptr, {}};
    }
    ++counts_.replayed;
    return {Verdict::kAnswered, entry.answer, {}};
  }

  void keep(Entries::iterator entry, std::shared_ptr<const Answer> answer, BootTime now) {
    Entries dropped;
    const MutexLock lock(mutex_);
    entry->answer = std::move(answer);
    entry->kept_at = now;
    answered_.splice(answered_.end(), in_flight_, entry);
    ++counts_.kept;
    counts_.bytes += entry->bytes();
    while (counts_.bytes > options_.max_bytes) {
      ++counts_.pushed_out;
      whole_since_ = answered_.front().kept_at;
      drop_first(dropped);
    }
  }

  /// Its request has no answer to keep.
  void release(Entries::iterator entry) {
    Entries dropped;
    const MutexLock lock(mutex_);
    by_key_.erase(entry->key);
    dropped.splice(dropped.end(), in_flight_, entry);
  }

  IdempotencyCounts counts(BootTime now) const {
    const MutexLock lock(mutex_);
    IdempotencyCounts counts = counts_;
    counts.answers = answered_.size();
    counts.whole = whole(now);
    return counts;
  }

 private:
  // Of a try that was sent after whole_since_, the answer came after it, too.
  std::chrono::nanoseconds whole(BootTime now) const SSE_REQUIRES(mutex_) {
    return std::min(options_.window, now - whole_since_);
  }

  void drop_expired(BootTime now, Entries& dropped) SSE_REQUIRES(mutex_) {
    while (!answered_.empty() && now - answered_.front().kept_at >= options_.window) {
      drop_first(dropped);
    }
  }

  void drop_first(Entries& dropped) SSE_REQUIRES(mutex_) {
    by_key_.erase(answered_.front().key);
    counts_.bytes -= answered_.front().bytes();
    dropped.splice(dropped.end(), answered_, answered_.begin());
  }

  const IdempotencyOptions options_;
  mutable Mutex mutex_;
  Entries answered_ SSE_GUARDED_BY(mutex_);   // the oldest first
  Entries in_flight_ SSE_GUARDED_BY(mutex_);  // no more than there are connections
  std::unordered_map<std::string_view, Entries::iterator> by_key_ SSE_GUARDED_BY(mutex_);
  IdempotencyCounts counts_ SSE_GUARDED_BY(mutex_);
  BootTime whole_since_ SSE_GUARDED_BY(mutex_);  // the start, or the answer last pushed out
};

/// A key whose request is being answered; gives it back when no answer comes. Thread-compatible.
class Idempotency::Reservation {
 public:
  Reservation(std::shared_ptr<Store> store, Store::Entries::iterator entry)
      : store_(std::move(store)), entry_(entry) {}
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  ~Reservation() {
    if (!kept_) store_->release(entry_);
  }

  void keep(std::shared_ptr<const Answer> answer, BootTime now) {
    store_->keep(entry_, std::move(answer), now);
    kept_ = true;
  }

 private:
  const std::shared_ptr<Store> store_;
  const Store::Entries::iterator entry_;
  bool kept_ = false;
};

Idempotency::Idempotency(const IdempotencyOptions& options, const Clock& clock)
    : options_(options), clock_(clock), store_(std::make_shared<Store>(options, clock.now().boot)) {
}

Idempotency::~Idempotency() = default;

http::Verdict Idempotency::admit(http::Call& call, http::Finish& finish) {
  using http::Verdict;
  const http::Request& request = call.request();
  http::Response& response = call.response();
  if (request.method != "POST" || options_.window.count() == 0) return Verdict::kGoOn;
  auto key = read_idempotency_key(request);
  if (!key) {
    web::answer_error(response, key.error());
    return Verdict::kAnswered;
  }
  if (!*key) return Verdict::kGoOn;
  const auto age = read_idempotency_key_age(request);
  if (!age) {
    web::answer_error(response, age.error());
    return Verdict::kAnswered;
  }

  const auto now = clock_.now().boot;
  const auto whole = store_->counts(now).whole;
  response.fields.set(kKeysHeader,
                      "window=" + in_seconds(options_.window) + ", whole=" + in_seconds(whole));
  const auto found = store_->find({std::move(**key), fingerprint_of(request), nullptr, {}},
                                  age->value_or(std::chrono::nanoseconds(0)), now);
  switch (found.verdict) {
    case Store::Verdict::kNew:
      break;
    case Store::Verdict::kInFlight:
      refuse_in_flight(response);
      return Verdict::kAnswered;
    case Store::Verdict::kMismatch:
      refuse_mismatch(response);
      return Verdict::kAnswered;
    case Store::Verdict::kAnswered:
      replay(*found.answer, response);
      return Verdict::kAnswered;
    case Store::Verdict::kForgotten:
      refuse_forgotten(response, whole);
      return Verdict::kAnswered;
  }
  const std::size_t most = std::min(kMaxKeptAnswer, options_.max_bytes / 4);
  finish = [&clock = clock_, most, given = response.fields,
            reservation = std::make_shared<Reservation>(store_, found.entry)](
               const http::Response& answered) {
    // What is not known must not be done again under this key, either.
    constexpr int kNotKnown = 504;
    if (answered.status / 100 != 2 && answered.status != kNotKnown) return;
    reservation->keep(kept_answer(answered, given, most), clock.now().boot);
  };
  return Verdict::kGoOn;
}

IdempotencyCounts Idempotency::counts() const {
  return store_->counts(clock_.now().boot);
}

}  // namespace sse::gate
