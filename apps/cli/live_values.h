#pragma once

/// \file
/// What a hub can tell a user who presses TAB. Nothing, and no complaint, when it does not answer
/// in time. The process must end by _exit() afterwards: a thread may still be in the resolver.

#include <chrono>
#include <string>
#include <vector>

#include "sse/client/transport.h"

namespace sse::cli {

/// What a shell may put in the place of a word.
struct Candidate {
  std::string text;
  std::string description;
};

/// How long a user who presses TAB waits for a hub that does not answer, unless
/// SSE_COMPLETION_TIMEOUT says otherwise.
inline constexpr std::chrono::milliseconds kLongestCompletion{200};

/// Which hub to ask, and for how long.
struct LiveHub {
  std::string url;
  std::vector<client::Header> headers;
  std::chrono::nanoseconds within;
};

/// The names of its metrics.
std::vector<Candidate> live_metrics(const LiveHub& hub);

/// The types, or topics, of events that begin as `start` does, or of the newest ones when it is
/// empty, each once; those of metrics are left out. Asked by polls, which take no stream from
/// anybody.
std::vector<Candidate> live_types(const LiveHub& hub, const std::string& start);
std::vector<Candidate> live_topics(const LiveHub& hub, const std::string& start);

}  // namespace sse::cli
