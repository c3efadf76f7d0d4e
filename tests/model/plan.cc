#include "model/plan.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

namespace sse::model {
namespace {

using std::chrono::milliseconds;

const std::vector<std::string> kTypes = {"", "", "a", "ab", "b", "done", "metric_x"};
const std::vector<std::string> kTopics = {"",        "x",       "x/y",     "x/z",
                                          "y",       "jobs/1",  "jobs/2",  "jobs/1/log",
                                          "jobs/10", "x/y/z/u", "v/w/x/y", "x"};
const std::vector<std::string> kTypePatterns = {
    "a", "a*", "*b", "?", "done", "*", "b", "??", "metric_*", "message", "none", "*a*", "d*e"};
const std::vector<std::string> kTopicPatterns = {
    "x",  "x/+",     "x/#", "#", "+/y", "jobs/+", "jobs/1/#", "none",   "+/+/#",   "x/y",
    "**", "jobs/**", "*/1", "+", "x/z", "jobs/1", "y",        "jobs/2", "v/+/x/+", "+/w/#"};

struct Weighted {
  Step::Kind kind;
  std::uint64_t weight;
};

constexpr std::array<Weighted, 20> kWeights = {{{Step::Kind::kPublish, 30},
                                                {Step::Kind::kPost, 6},
                                                {Step::Kind::kBatch, 4},
                                                {Step::Kind::kOpen, 14},
                                                {Step::Kind::kResume, 20},
                                                {Step::Kind::kFinish, 2},
                                                {Step::Kind::kReset, 6},
                                                {Step::Kind::kRoom, 10},
                                                {Step::Kind::kStopAtEvent, 5},
                                                {Step::Kind::kStopAtBlock, 5},
                                                {Step::Kind::kFree, 8},
                                                {Step::Kind::kShortWrites, 4},
                                                {Step::Kind::kPoll, 12},
                                                {Step::Kind::kTurn, 30},
                                                {Step::Kind::kPass, 10},
                                                {Step::Kind::kSleep, 3},
                                                {Step::Kind::kSetClock, 1},
                                                {Step::Kind::kSettle, 4},
                                                {Step::Kind::kDrainAndRestart, 0},
                                                {Step::Kind::kKillAndRestart, 0}}};

constexpr std::array<std::string_view, 22> kNames = {"publish",
                                                     "post",
                                                     "batch",
                                                     "open",
                                                     "resume",
                                                     "finish",
                                                     "reset",
                                                     "room",
                                                     "stop-at-event",
                                                     "stop-at-block",
                                                     "free",
                                                     "short",
                                                     "poll",
                                                     "turn",
                                                     "pass",
                                                     "sleep",
                                                     "set-clock",
                                                     "settle",
                                                     "drain-and-restart",
                                                     "kill-and-restart",
                                                     "forget",
                                                     "disk"};

// So many events that a search through them takes more than one turn.
constexpr std::uint64_t kDeepBurst = 6000;

Step::Kind choose_kind(Dice& dice) {
  std::uint64_t sum = 0;
  for (const auto& one : kWeights) sum += one.weight;
  std::uint64_t at = dice.below(sum);
  for (const auto& one : kWeights) {
    if (at < one.weight) return one.kind;
    at -= one.weight;
  }
  return Step::Kind::kTurn;
}

std::uint64_t choose_size(Step::Kind kind, Dice& dice) {
  switch (kind) {
    case Step::Kind::kPublish:
      return dice.one_in(8) ? 20 + dice.below(100) : 1 + dice.below(4);
    case Step::Kind::kBatch:
      return dice.one_in(6) ? 300 + dice.below(400) : 1 + dice.below(30);
    case Step::Kind::kStopAtEvent:
      return 2 + dice.below(10);
    case Step::Kind::kStopAtBlock:
      return 1 + dice.below(6);
    case Step::Kind::kRoom:
      return dice.one_in(3) ? 0 : dice.one_in(2) ? dice.below(60) : dice.below(4000);
    case Step::Kind::kShortWrites:
      return 1 + (dice.one_in(2) ? dice.below(30) : dice.below(3000));
    case Step::Kind::kTurn:
      return 1 + dice.below(3);
    case Step::Kind::kPass:
      return dice.one_in(4) ? 1000 + dice.below(3000) : 20 + dice.below(400);
    case Step::Kind::kSleep:
      return dice.one_in(6) ? dice.below(100'000) : dice.below(1500);
    case Step::Kind::kSetClock:
      return dice.below(2'000'000);
    default:
      return 0;
  }
}

Rules choose_rules(Dice& dice) {
  Rules rules;
  if (dice.one_in(2)) rules.ttl = milliseconds(dice.one_in(2) ? 200 + dice.below(2000) : 60'000);
  if (dice.one_in(3)) rules.max_events = dice.one_in(2) ? 1 + dice.below(10) : dice.below(300);
  if (dice.one_in(4)) rules.max_bytes = 256U << 10U;
  rules.heartbeat = milliseconds(dice.one_in(8) ? 0 : 400 + dice.below(3000));
  rules.slow_after = milliseconds(dice.one_in(3) ? 0 : 500 + dice.below(10'000));
  if (dice.one_in(3)) rules.max_lag = 100 + dice.below(20'000);
  if (dice.one_in(3)) rules.max_clients = 2 + dice.below(6);
  rules.rejects = dice.one_in(4);
  if (dice.one_in(5)) rules.max_per_peer = 1 + dice.below(4);
  return rules;
}

std::string make_data(Dice& dice, std::uint64_t number) {
  std::string data = std::to_string(number);
  const auto shape = dice.below(24);
  if (shape < 4) {
    const std::string end = shape == 0 ? "\n" : shape == 1 ? "\r\n" : "\r";
    data += end + "data: no\n\nid: 1" + (shape == 3 ? end : "");
  } else if (shape < 8) {
    data.append(dice.below(200), 'p');
  } else if (shape < 10) {
    data.append(dice.below(5000), 'q');
  } else if (shape == 10) {
    data.append(dice.below(30'000), 'r');
  }
  return data;
}

std::string json_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

// What is kept is the journal's to say, and memory is small.
void keep_in_archive(Rules& rules, Dice& dice) {
  rules.ttl = Time(0);
  rules.max_events = 0;
  rules.max_bytes = 256U << 10U;
  rules.part_events = 1 + dice.below(dice.one_in(2) ? 10 : 200);
}

void begin_with_history(Plan& plan, std::size_t mib) {
  constexpr std::uint64_t kEvents = 500;
  constexpr std::size_t kBytes = kEvents * 1100;  // about
  Dice dice(plan.seed + 1);
  for (std::size_t made = 0; made < mib << 20U; made += kBytes) {
    Step step;
    step.kind = Step::Kind::kPublish;
    step.a = kEvents;
    step.seed = dice.next() % 1'000'000;
    plan.steps.push_back(step);
  }
}

// In some runs a turn may do so little that searches, answers and rounds take many. It is chosen by
// itself: the other choices are the same without it.
std::uint64_t choose_steps_per_part(std::uint64_t seed) {
  Dice dice(~seed);
  if (!dice.one_in(3)) return 0;
  return dice.one_in(2) ? 40 + dice.below(200) : 300 + dice.below(3000);
}

// Bursts that leave memory behind, and what only such a journal does.
void change_for_archive(Step& step, Dice& dice) {
  if (step.kind == Step::Kind::kPublish && dice.one_in(3)) step.a = 20 + dice.below(150);
  if (dice.one_in(30)) {
    step.kind = Step::Kind::kForget;
    step.a = dice.one_in(4) ? dice.below(1001) : dice.below(200);
  } else if (dice.one_in(30)) {
    step.kind = Step::Kind::kDisk;
  }
}

}  // namespace

std::uint64_t Dice::mixed(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

Plan make_plan(std::uint64_t seed, std::size_t steps, const Archiving& archiving) {
  const bool archives = archiving.is_on;
  Dice dice(seed);
  Plan plan;
  plan.seed = seed;
  plan.rules = choose_rules(dice);
  if (archives) keep_in_archive(plan.rules, dice);
  plan.loops = 1 + dice.below(3);
  plan.steps_per_part = choose_steps_per_part(seed);
  plan.readers = 1 + dice.below(dice.one_in(4) ? 30 : 8);
  plan.addresses = 1 + dice.below(3);
  plan.rules.segment_size = dice.one_in(2) ? std::uint64_t{32'000} + dice.below(40'000) : 1U << 20U;
  plan.limits_sockets = !dice.one_in(4);
  const bool restarts = dice.one_in(4);
  const bool is_deep = dice.one_in(16);
  if (archiving.history_mib > 0) begin_with_history(plan, archiving.history_mib);
  for (std::size_t i = 0; i < steps; ++i) {
    Step step;
    step.kind = choose_kind(dice);
    if (restarts && dice.one_in(60)) {
      step.kind = dice.one_in(2) ? Step::Kind::kDrainAndRestart : Step::Kind::kKillAndRestart;
    }
    step.who = dice.below(64);
    step.a = choose_size(step.kind, dice);
    step.seed = dice.next() % 1'000'000;
    if (is_deep && dice.one_in(steps / 4 + 1)) {
      step.kind = Step::Kind::kPublish;
      step.a = kDeepBurst + dice.below(kDeepBurst);
      // Of few pairs: many would not fit so little memory, and since=each is refused then.
      if (archives) step.a = kDeepBurst - 1;
    }
    if (archives) change_for_archive(step, dice);
    // What was made is to be read, too.
    if (archiving.history_mib > 0 && step.kind == Step::Kind::kForget) step.a %= 20;
    const bool limits = step.kind == Step::Kind::kRoom || step.kind == Step::Kind::kStopAtEvent ||
                        step.kind == Step::Kind::kStopAtBlock ||
                        step.kind == Step::Kind::kShortWrites;
    if (plan.limits_sockets || !limits) plan.steps.push_back(step);
  }
  return plan;
}

std::vector<Publication> make_publications(const Step& step, std::size_t count,
                                           std::uint64_t first_number) {
  Dice dice(step.seed);
  // Many of a burst are of one kind, as a filter's worst and best cases are.
  const std::string& usual_type = dice.one_of(kTypes);
  const std::string& usual_topic = dice.one_of(kTopics);
  std::vector<Publication> made;
  for (std::size_t i = 0; i < count; ++i) {
    Publication one;
    one.type = dice.one_in(2) ? usual_type : dice.one_of(kTypes);
    one.topic = dice.one_in(2) ? usual_topic : dice.one_of(kTopics);
    one.data =
        count < kDeepBurst ? make_data(dice, first_number + i) : std::to_string(first_number + i);
    // Many pairs of type and topic, too.
    if (count >= kDeepBurst && dice.one_in(2))
      one.topic = "jobs/" + std::to_string(dice.below(4000));
    one.topic_on_wire = !dice.one_in(5);
    made.push_back(std::move(one));
  }
  return made;
}

Filter make_filter(Dice& dice) {
  Filter filter;
  if (dice.one_in(3)) return filter;
  const auto types = dice.below(3);
  const auto topics = dice.one_in(20) ? 20 : dice.below(3);
  for (std::uint64_t i = 0; i < types; ++i) filter.types.push_back(dice.one_of(kTypePatterns));
  for (std::uint64_t i = 0; i < topics; ++i) filter.topics.push_back(dice.one_of(kTopicPatterns));
  return filter;
}

std::string to_string(const Step& step) {
  std::ostringstream out;
  out << kNames[static_cast<std::size_t>(step.kind)] << " who=" << step.who << " a=" << step.a
      << " seed=" << step.seed;
  return out.str();
}

std::string to_string(const Plan& plan) {
  const auto ms = [](Time time) { return std::chrono::duration_cast<milliseconds>(time).count(); };
  std::ostringstream out;
  out << "seed " << plan.seed << ": loops=" << plan.loops
      << " steps-per-part=" << plan.steps_per_part << " readers=" << plan.readers
      << " addresses=" << plan.addresses << " segment=" << plan.rules.segment_size
      << " ttl=" << ms(plan.rules.ttl) << "ms max-events=" << plan.rules.max_events
      << " max-bytes=" << plan.rules.max_bytes << " heartbeat=" << ms(plan.rules.heartbeat)
      << "ms slow-after=" << ms(plan.rules.slow_after) << "ms max-lag=" << plan.rules.max_lag
      << " max-clients=" << plan.rules.max_clients << (plan.rules.rejects ? " rejects" : "")
      << " max-per-peer=" << plan.rules.max_per_peer << " part-events=" << plan.rules.part_events
      << "\n";
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    out << "  " << i << ": " << to_string(plan.steps[i]) << "\n";
  }
  return out.str();
}

std::string json_of(const Publication& one) {
  std::string json = R"({"data":")" + json_text(one.data) + '"';
  if (!one.type.empty()) json += R"(,"type":")" + one.type + '"';
  if (!one.topic.empty()) json += R"(,"topic":")" + one.topic + '"';
  return json + '}';
}

std::vector<std::string> ids_in(std::string_view body) {
  constexpr std::string_view kId = R"({"id":")";
  constexpr std::size_t kIdSize = 36;
  std::vector<std::string> ids;
  for (auto at = body.find(kId); at != std::string_view::npos; at = body.find(kId, at + 1)) {
    ids.emplace_back(body.substr(at + kId.size(), kIdSize));
  }
  return ids;
}

}  // namespace sse::model
