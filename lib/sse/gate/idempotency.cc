#include "sse/gate/idempotency.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sse/base/ip_address.h"
#include "sse/base/uuid.h"
#include "sse/gate/answer_text.h"
#include "sse/gate/idempotency_key.h"
#include "sse/gate/idempotency_store.h"
#include "sse/gate/key_reservation.h"
#include "sse/gate/piece_recorder.h"
#include "sse/http/call.h"
#include "sse/http/error_response.h"
#include "sse/web/answer.h"

namespace sse::gate {
namespace {

constexpr char kReplayedHeader[] = "Idempotency-Replayed";
constexpr char kKeysHeader[] = "Idempotency-Keys";

// Most requests are answered within it, so a repeat need not wait longer.
constexpr char kInFlightRetrySeconds[] = "1";

// The status of an answer that may have been a success.
constexpr int kNotKnown = 504;

constexpr char kNotKept[] =
    "the answer holds a secret and is not kept: expected no Idempotency-Key; a request that is "
    "repeated gets another secret";

constexpr char kUnixPeers[] = "unix";

// A byte takes 1 ns.
constexpr std::uint64_t steps_of_fingerprint(std::size_t bytes) {
  return bytes / 10;
}

// Empty when it is not known. All peers without a credential are the same principal: they are told
// apart by their addresses.
std::string_view principal_of(const http::Call& call) {
  const auto& identity = call.identity();
  return identity == nullptr || identity->is_anonymous ? std::string_view() : identity->id;
}

// Whose share an answer counts against: who asks, where that is known, else the address.
std::string owner_of(const http::Call& call) {
  // No address begins like it.
  if (const auto principal = principal_of(call); !principal.empty()) {
    return std::string("=").append(principal);
  }
  const auto& group = call.request().group;
  return group ? to_string(*group) : kUnixPeers;
}

// Keys are their principal's own. Of peers without one a key is known wherever it comes from: a
// client's address changes. A key is printable, so the line feed ends it.
std::string name_of(std::string key, std::string_view principal) {
  if (!principal.empty()) key.append("\n").append(principal);
  return key;
}

// `given`: the fields that the response had before its handler. They belong to the one request
// (CORS), not to the answer.
std::shared_ptr<KeptAnswer> kept_answer(const http::Response& response, const http::Fields& given) {
  auto answer = std::make_shared<KeptAnswer>();
  answer->status = response.status;
  for (const auto& field : response.fields) {
    const bool was_given =
        std::any_of(given.begin(), given.end(), [&](const auto& known) { return known == field; });
    if (!was_given) answer->fields.add(field.name, field.value);
  }
  return answer;
}

KeptAnswer only_given(const KeptAnswer& answer) {
  return {answer.status, false, {}, {}};
}

void record(http::Response& response, const http::Fields& given, std::size_t most,
            const std::shared_ptr<KeyReservation>& reservation) {
  auto answer = kept_answer(response, given);
  if (response.pieces) {
    const auto recorder =
        std::make_shared<PieceRecorder>(std::move(response.pieces), response.length.has_value(),
                                        most, std::move(answer), reservation);
    response.pieces = [recorder](std::string& out, const FunctionRef<http::Resume()>& later) {
      return recorder->next(out, later);
    };
    return;
  }
  if (response.body.size() <= most) {
    answer->body = response.body;
  } else {
    *answer = only_given(*answer);
  }
  reservation->keep(std::move(answer));
}

std::shared_ptr<KeptAnswer> unknown_answer(const http::Response& response,
                                           const http::Fields& given) {
  auto answer = kept_answer(response, given);
  answer->body = response.body;
  return answer;
}

// `reservation`: null when its response is given.
RepeatRecord repeat_record(const IdempotencyStore& store, const IdempotencyStore::Wanted& wanted,
                           const http::Response& response, std::size_t most,
                           const std::shared_ptr<KeyReservation>& reservation) {
  RepeatRecord record;
  std::shared_ptr<KeptAnswer> answer;
  if (response.status / 100 == 2) {
    answer = kept_answer(response, {});
    if (response.length || response.body.size() > most) {
      *answer = only_given(*answer);
    } else {
      answer->body = response.body;
    }
    const bool has_room = store.has_share(wanted.owner, answer->body.size());
    record.text = text_of(wanted, has_room ? *answer : only_given(*answer));
  }
  if (reservation != nullptr) {
    record.settle = [reservation, answer](bool is_so) {
      reservation->settle(is_so ? answer : nullptr);
    };
  }
  return record;
}

void replay(const KeptAnswer& answer, http::Response& response) {
  if (!answer.is_whole) {
    return http::error_response(response, 409,
                                "the request of this Idempotency-Key was taken; its answer is not "
                                "kept: it was too large, or this peer had its share of "
                                "--max-idempotency-bytes");
  }
  response.status = answer.status;
  response.body = answer.body;
  for (const auto& [name, value] : answer.fields) response.fields.add(name, value);
  response.fields.set(kReplayedHeader, "true");
}

void refuse_in_flight_elsewhere(http::Response& response, const std::string& event_id) {
  http::error_response(response, 409,
                       "the request of this Idempotency-Key was taken by another hub, and its "
                       "answer is not there: SSE-Event-Id has the id of its first event");
  response.fields.set("SSE-Event-Id", event_id);
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

/// The answer to a request that another hub has done, or another life of this one.
void answer_known(const RepeatClaim& claim, const http::Fields& given, http::Response& response,
                  KeyReservation& reservation) {
  response.clear();
  response.fields = given;
  if (claim.known->fingerprint != claim.fingerprint) return refuse_mismatch(response);
  const auto kept = read_answer_text(claim.known->text);
  if (!kept) return refuse_in_flight_elsewhere(response, claim.known->event_id);
  replay(*kept->answer, response);
  reservation.keep(kept->answer);
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

Idempotency::Idempotency(const IdempotencyOptions& options, const Clock& clock,
                         RandomSource& random)
    : options_(options),
      clock_(clock),
      start_(clock.now().boot),
      digest_(random),
      store_(std::make_shared<IdempotencyStore>(options, KeyedHash(random), clock.now().boot)) {
}

Idempotency::~Idempotency() = default;

void Idempotency::load(const std::array<std::uint64_t, 2>& digest_key, BootTime since,
                       const std::vector<std::pair<BootTime, std::string>>& texts,
                       std::vector<std::string> paths) {
  digest_ = KeyedDigest(digest_key[0], digest_key[1]);
  {
    const MutexLock lock(mutex_);
    key_elsewhere_ = digest_key;
  }
  paths_ = std::move(paths);
  store_->begin(since);
  for (const auto& [answered, text] : texts) {
    if (auto kept = read_answer_text(text)) {
      store_->load(std::move(kept->wanted), std::move(kept->answer), answered);
    }
  }
}

Idempotency::Carried Idempotency::carried() const {
  Carried carried;
  carried.digest_key = digest_.key();
  auto [since, known] = store_->all();
  carried.since = since;
  for (const auto& one : known) {
    carried.texts.emplace_back(one.answered, text_of(one.wanted, *one.answer));
  }
  return carried;
}

void Idempotency::forget_elsewhere(const std::array<std::uint64_t, 2>& digest_key, BootTime since) {
  store_->begin(since);
  const MutexLock lock(mutex_);
  key_elsewhere_ = digest_key;
}

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
  if (std::find(secret_paths_.begin(), secret_paths_.end(), request.path) != secret_paths_.end()) {
    http::error_response(response, 400, kNotKept);
    return Verdict::kAnswered;
  }
  const auto age = read_idempotency_key_age(request);
  if (!age) {
    web::answer_error(response, age.error());
    return Verdict::kAnswered;
  }

  call.budget().spend(steps_of_fingerprint(request.body.size()));
  IdempotencyStore::Wanted wanted{name_of(std::move(**key), principal_of(call)), owner_of(call),
                                  fingerprint_of(request, digest_)};
  const bool is_kept_elsewhere =
      std::find(paths_.begin(), paths_.end(), request.path) != paths_.end();
  const std::size_t most = std::min(kMaxKeptAnswer, options_.max_bytes / 4);
  std::optional<BootTime> known_since;
  if (!is_kept_elsewhere && !paths_.empty()) known_since = start_;
  std::optional<IdempotencyStore::Wanted> asked;
  if (is_kept_elsewhere) asked = wanted;
  const auto found = store_->find(std::move(wanted), age->value_or(std::chrono::nanoseconds(0)),
                                  clock_.now().boot, known_since);
  response.fields.set(
      kKeysHeader, "window=" + in_seconds(options_.window) + ", whole=" + in_seconds(found.whole));
  switch (found.verdict) {
    case IdempotencyStore::Verdict::kNew:
      break;
    case IdempotencyStore::Verdict::kInFlight:
      refuse_in_flight(response);
      return Verdict::kAnswered;
    case IdempotencyStore::Verdict::kMismatch:
      refuse_mismatch(response);
      return Verdict::kAnswered;
    case IdempotencyStore::Verdict::kAnswered:
      replay(*found.answer, response);
      return Verdict::kAnswered;
    case IdempotencyStore::Verdict::kForgotten:
      refuse_forgotten(response, found.whole);
      return Verdict::kAnswered;
  }
  const auto reservation = std::make_shared<KeyReservation>(store_, found.entry, clock_);
  const auto claim = asked ? claim_of(request, asked->name) : nullptr;
  if (is_kept_elsewhere) {
    // The call may outlive its response, which alone shall hold the key.
    call.repeat() = [store = store_, wanted = *std::move(asked), most, claim,
                     held = std::weak_ptr(reservation)](const http::Response& answered) {
      auto record = repeat_record(*store, wanted, answered, most, held.lock());
      record.claim = claim;
      return record;
    };
  }
  finish = [most, is_kept_elsewhere, given = response.fields, claim,
            reservation](http::Response& answered) {
    if (claim != nullptr && claim->known) {
      return answer_known(*claim, given, answered, *reservation);
    }
    // What is not known must not be done again under this key, either; it may become known.
    const bool is_unknown = answered.status == kNotKnown;
    if (is_unknown && is_kept_elsewhere) {
      reservation->keep_unknown(unknown_answer(answered, given));
    } else if (is_unknown || answered.status / 100 == 2) {
      record(answered, given, most, reservation);
    }
  };
  return Verdict::kGoOn;
}

// What is asked for must be the same, not only the key. Without the hub's own key no peer can make
// another body that passes for the first one: that body would be answered as published, and is not.
Digest Idempotency::fingerprint_of(const http::Request& request, const KeyedDigest& digest) {
  return digest.of_all(
      {request.method, request.target, request.fields.get("Content-Type"), request.body});
}

std::shared_ptr<RepeatClaim> Idempotency::claim_of(const http::Request& request,
                                                   const std::string& name) const {
  auto claim = std::make_shared<RepeatClaim>();
  {
    const MutexLock lock(mutex_);
    claim->digest_key = key_elsewhere_;
  }
  const KeyedDigest digest(claim->digest_key[0], claim->digest_key[1]);
  const Digest hashed = digest.of(name);
  claim->name = to_string(Uuid{hashed.high, hashed.low});
  const Digest fingerprint = fingerprint_of(request, digest);
  for (std::uint64_t half : {fingerprint.low, fingerprint.high}) {
    for (std::size_t i = 0; i < sizeof half; ++i) {
      claim->fingerprint.push_back(static_cast<char>(half >> 8 * i & 0xFFU));
    }
  }
  return claim;
}

IdempotencyCounts Idempotency::counts() const {
  return store_->counts();
}

}  // namespace sse::gate
