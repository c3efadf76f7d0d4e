// Runs plans against a hub and holds what its readers saw against the reference:
//
//     model_check [--archive [--history MIB]] [--seeds FROM-TO] [--steps N] [--trace] [--no-shrink]
//                 [--seconds N]
//
// With --archive the journal keeps more than is in memory, and its disk takes its time; a run
// begins with so much history. A seed that fails is printed with its rules, its steps (as few as
// still fail) and what was wrong; the exit status is 1. So it is with a seed that takes so many
// seconds of processor time: the hub does not end what it must end.

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "model/memory_driver.h"
#include "model/plan.h"
#include "model/shrink.h"

namespace {

using sse::model::Outcome;
using sse::model::Plan;

// Of processor time, which other work on the machine does not lengthen: of 1,200 healthy seeds the
// longest took 3 s, and a sanitizer makes that ten times as much.
constexpr int kSecondsForASeed = 120;
constexpr int kShrinkRuns = 600;

struct Options {
  std::uint64_t from = 1;
  std::uint64_t to = 200;
  std::size_t steps = 400;
  int seconds = kSecondsForASeed;
  sse::model::Archiving archiving;
  bool traces = false;
  bool shrinks = true;
};

volatile std::uint64_t present_seed = 0;

// The hub broke one of its own checks, or hangs: what is left is to say where.
void on_death(int signal) {
  char text[96];
  const int size = std::snprintf(text, sizeof text, "\nmodel_check: seed %llu ended by signal %d\n",
                                 static_cast<unsigned long long>(present_seed), signal);
  [[maybe_unused]] const auto written = ::write(2, text, static_cast<std::size_t>(size));
  ::_exit(1);
}

// SIGPROF comes when the time is over.
void begin_seed(std::uint64_t seed, int seconds) {
  present_seed = seed;
  const itimerval most{{0, 0}, {seconds, 0}};
  ::setitimer(ITIMER_PROF, &most, nullptr);
}

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const char* const value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (name == "--archive") {
      options.archiving.is_on = true;
    } else if (name == "--trace") {
      options.traces = true;
    } else if (name == "--no-shrink") {
      options.shrinks = false;
    } else if (name == "--seeds" && value != nullptr) {
      char* rest = nullptr;
      options.from = options.to = std::strtoull(value, &rest, 10);
      if (*rest == '-') options.to = std::strtoull(rest + 1, &rest, 10);
      if (*rest != '\0') return false;
      ++i;
    } else if (name == "--history" && value != nullptr) {
      options.archiving.history_mib = std::strtoull(value, nullptr, 10);
      ++i;
    } else if (name == "--seconds" && value != nullptr) {
      options.seconds = std::atoi(value);
      ++i;
    } else if (name == "--steps" && value != nullptr) {
      options.steps = std::strtoull(value, nullptr, 10);
      ++i;
    } else {
      return false;
    }
  }
  return options.archiving.is_on || options.archiving.history_mib == 0;
}

/// What a fault says, without its numbers and names.
std::string kind_of(const std::string& fault) {
  std::string kind;
  for (const char c : fault.substr(std::min(fault.rfind(": "), fault.size()))) {
    if (c < '0' || c > '9') kind.push_back(c);
  }
  return kind;
}

void report(const Plan& plan, const Outcome& outcome, const Options& options) {
  Plan shown = plan;
  shown.traces = false;
  shown.steps.resize(std::min(shown.steps.size(), outcome.step + 1));
  std::string fault = outcome.fault;
  if (options.shrinks) {
    const auto fails = [&, kind = kind_of(fault)](const Plan& tried) {
      begin_seed(plan.seed, options.seconds);
      const std::string other = run_in_memory(tried).fault;
      return !other.empty() && kind_of(other) == kind;
    };
    shown = sse::model::shrink(shown, fails, kShrinkRuns);
    fault = run_in_memory(shown).fault;
  }
  std::printf("%sseed %llu fails at step %zu: %s\n", to_string(shown).c_str(),
              static_cast<unsigned long long>(plan.seed), outcome.step, outcome.fault.c_str());
  std::string archive = options.archiving.is_on ? " --archive" : "";
  if (options.archiving.history_mib > 0) {
    archive += " --history " + std::to_string(options.archiving.history_mib);
  }
  std::printf("these steps: %s\nagain: model_check%s --seeds %llu --steps %zu\n", fault.c_str(),
              archive.c_str(), static_cast<unsigned long long>(plan.seed), options.steps);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: model_check [--archive [--history MIB]] [--seeds FROM-TO] [--steps N] "
                 "[--trace] [--no-shrink] [--seconds N]\n");
    return 2;
  }
  for (const int signal : {SIGABRT, SIGPROF, SIGSEGV}) ::signal(signal, on_death);
  Outcome sum;
  for (std::uint64_t seed = options.from; seed <= options.to; ++seed) {
    begin_seed(seed, options.seconds);
    Plan plan = sse::model::make_plan(seed, options.steps, options.archiving);
    if (options.traces) {
      plan.traces = true;
      std::printf("%s", to_string(plan).c_str());
    }
    const Outcome outcome = run_in_memory(plan);
    if (!outcome.fault.empty()) {
      report(plan, outcome, options);
      return 1;
    }
    sum.events += outcome.events;
    sum.streams += outcome.streams;
    sum.polls += outcome.polls;
  }
  std::printf("%llu seeds: %zu events, %zu streams, %zu polls, no violation\n",
              static_cast<unsigned long long>(options.to - options.from + 1), sum.events,
              sum.streams, sum.polls);
  return 0;
}
