#pragma once

/// \file
/// What happens in a run: a seed's rules, and its steps. Steps name readers by numbers, and do
/// nothing where they do not fit, so that every part of a plan is a plan.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/ask.h"
#include "model/life.h"

namespace sse::model {

/// The same numbers for the same seed, everywhere. Thread-compatible.
class Dice {
 public:
  // A state that were a multiple of next()'s step would give each seed the numbers of the seed
  // before it, from the second on.
  explicit Dice(std::uint64_t seed) : state_(mixed(seed + 0x1234567)) {}

  std::uint64_t next() { return mixed(state_ += kStep); }  // splitmix64
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  template <typename T>
  const T& one_of(const std::vector<T>& values) {
    return values[below(values.size())];
  }

 private:
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15U;
  static std::uint64_t mixed(std::uint64_t value);

  std::uint64_t state_;
};

struct Step {
  enum class Kind : std::uint8_t {
    kPublish,      ///< `a` events by the library's call; `seed` makes them
    kPost,         ///< one event over HTTP
    kBatch,        ///< `a` events in one request
    kOpen,         ///< a reader without a connection asks from the start
    kResume,       ///< a reader without a connection goes on
    kFinish,       ///< a reader sends FIN
    kReset,        ///< a reader sends RST
    kRoom,         ///< a reader's socket takes `a` bytes, then none
    kStopAtEvent,  ///< a reader's socket takes half of `a` new events, then none
    kStopAtBlock,  ///< a reader's socket takes `a` blocks, then none
    kFree,         ///< a reader's socket takes everything
    kShortWrites,  ///< a reader's socket takes at most `a` bytes at once
    kPoll,         ///< a poller asks
    kTurn,         ///< loop `who` turns `a` times
    kPass,         ///< `a` ms pass, and the loops turn
    kSleep,        ///< `a` ms pass, and they do not
    kSetClock,     ///< the wall clock jumps by `a` ms back or forth
    kSettle,       ///< the loops turn until nothing moves
    kDrainAndRestart,
    kKillAndRestart,
    kForget,  ///< the journal deletes its oldest `a` of 1,000 parts of the history
    kDisk,    ///< the disk hangs, or answers again
  };

  Kind kind = Kind::kTurn;
  std::uint64_t who = 0;
  std::uint64_t a = 0;
  std::uint64_t seed = 0;  ///< of what else is chosen
};

std::string to_string(const Step& step);

struct Plan {
  std::uint64_t seed = 0;
  Rules rules;
  std::size_t loops = 1;
  std::uint64_t steps_per_part = 0;  ///< what a part of a turn may do; 0: as much as in sse-serve
  std::size_t readers = 4;
  std::size_t addresses = 1;
  bool limits_sockets = true;
  bool traces = false;  ///< print what each reader receives
  std::vector<Step> steps;
};

/// What a run's journal keeps.
struct Archiving {
  bool is_on = false;           ///< more than is in memory
  std::size_t history_mib = 0;  ///< about, before anything else happens; 0: a run makes some MiB
};

/// Of so many steps, or fewer, behind those that make the history.
Plan make_plan(std::uint64_t seed, std::size_t steps, const Archiving& archiving = {});
std::string to_string(const Plan& plan);

/// What a step's seed stands for.
std::vector<Publication> make_publications(const Step& step, std::size_t count,
                                           std::uint64_t first_number);
Filter make_filter(Dice& dice);

/// As the body of a POST, or a line of one.
std::string json_of(const Publication& one);
/// The ids in the answer to a batch, in order.
std::vector<std::string> ids_in(std::string_view body);

}  // namespace sse::model
