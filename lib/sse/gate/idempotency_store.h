#pragma once

/// \file
/// Where Idempotency keeps its keys and answers, in shares of the peers that ask.

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sse/base/clock.h"
#include "sse/base/keyed_digest.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/mutex.h"
#include "sse/gate/idempotency.h"
#include "sse/http/fields.h"

namespace sse::gate {

/// An answer as it is kept. Immutable, so that it is copied without a lock.
struct KeptAnswer {
  int status = 0;
  bool is_whole = true;  ///< false: only that it was given is known
  std::string body;
  http::Fields fields;
};

/// Every key that is known: those whose request is being answered, and those with an answer. When
/// memory is full, the owner whose answers take the most loses its oldest one, so no owner can push
/// out the answers of an owner with less. Thread-safe.
class IdempotencyStore {
 public:
  IdempotencyStore(const IdempotencyOptions& options, const KeyedHash& hash, BootTime now);

  /// A key that is asked about.
  struct Wanted {
    std::string name;   ///< the key, and whose it is
    std::string owner;  ///< whose share its answer counts against
    Digest fingerprint;
  };

  struct Entry;
  using Entries = std::list<Entry>;

  enum class Verdict { kNew, kInFlight, kMismatch, kAnswered, kForgotten };
  struct Found {
    Verdict verdict = Verdict::kNew;
    std::chrono::nanoseconds whole{0};         ///< for so long back all keys of the owner are known
    std::shared_ptr<const KeptAnswer> answer;  ///< of kAnswered
    Entries::iterator entry;                   ///< of kNew: taken, until keep() or release()
  };

  /// Keys are known from then on, which is before it was made: with those that load() brings.
  /// Before anything else.
  void begin(BootTime since);
  /// A key that was answered then, as it is kept elsewhere: oldest first.
  void load(Wanted&& wanted, std::shared_ptr<const KeptAnswer> answer, BootTime answered);

  /// Every key with its answer and when it was answered, the oldest first; and since when all are
  /// known.
  struct Known {
    Wanted wanted;
    std::shared_ptr<const KeptAnswer> answer;
    BootTime answered;
  };
  std::pair<BootTime, std::vector<Known>> all() const;

  /// Looks a key up, and takes it when it is new: not in use (`age`) for longer than keys are
  /// known. `since`: from when on keys of its kind are, if that is later than of others.
  Found find(Wanted&& wanted, std::chrono::nanoseconds age, BootTime now,
             std::optional<BootTime> since = std::nullopt);

  void keep(Entries::iterator entry, std::shared_ptr<const KeptAnswer> answer, BootTime now);

  /// Its request has no answer to keep.
  void release(Entries::iterator entry);

  /// Room for `bytes` more of answers that are copied while they are sent: all of them together get
  /// an eighth of the memory. False: there is none.
  bool reserve_copy(std::size_t bytes);
  void free_copy(std::size_t bytes);

  /// Whether `owner` holds at most an eighth of the memory with so many bytes more: the limit of
  /// whole answers that are kept elsewhere, too, where the oldest of all owners goes first.
  bool has_share(std::string_view owner, std::size_t bytes) const;

  IdempotencyCounts counts() const;

 private:
  struct Share;
  using Shares = std::map<std::string, Share, std::less<>>;  // ordered: no peer makes it slow

  std::chrono::nanoseconds whole(const Share* share, BootTime now) const SSE_REQUIRES(mutex_);
  Share& share_of(Entry& entry) SSE_REQUIRES(mutex_);
  void charge(Share& share, std::size_t bytes) SSE_REQUIRES(mutex_);
  void push_out_past(std::size_t limit, Entries& dropped) SSE_REQUIRES(mutex_);
  void drop_expired(BootTime now, Entries& dropped) SSE_REQUIRES(mutex_);
  void drop_oldest(Share& share, Entries& dropped) SSE_REQUIRES(mutex_);

  const IdempotencyOptions options_;
  mutable Mutex mutex_;
  BootTime start_ SSE_GUARDED_BY(mutex_);
  Entries answered_ SSE_GUARDED_BY(mutex_);   // the oldest first
  Entries in_flight_ SSE_GUARDED_BY(mutex_);  // of connections, and of commits under way
  std::unordered_map<std::string_view, Entries::iterator, KeyedHash> by_name_
      SSE_GUARDED_BY(mutex_);
  Shares shares_ SSE_GUARDED_BY(mutex_);  // those with answers
  std::set<std::pair<std::size_t, Share*>> by_size_ SSE_GUARDED_BY(mutex_);
  IdempotencyCounts counts_ SSE_GUARDED_BY(mutex_);
  std::size_t copies_ SSE_GUARDED_BY(mutex_) = 0;  // reserve_copy()
  BootTime abandoned_ SSE_GUARDED_BY(mutex_);      // newest answer of a share that was pushed out
};

struct IdempotencyStore::Entry {
  explicit Entry(Wanted&& wanted_key) : wanted(std::move(wanted_key)) {}

  std::size_t bytes() const;

  Wanted wanted;
  std::shared_ptr<const KeptAnswer> answer;  ///< null while it is in flight
  BootTime kept_at{};
  Share* share = nullptr;          ///< of an entry with an answer
  Entry* next_in_share = nullptr;  ///< the one kept after it
};

/// The answers of one owner.
struct IdempotencyStore::Share {
  Shares::iterator position;
  std::size_t bytes = 0;
  Entry* oldest = nullptr;
  Entry* newest = nullptr;
  BootTime since{};       ///< of its first answer
  BootTime pushed_out{};  ///< of the newest answer that was pushed out of it
};

}  // namespace sse::gate
