#pragma once

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

/// How long somebody who presses TAB waits for a hub that does not answer, unless
/// SSE_COMPLETION_TIMEOUT says else.
inline constexpr std::chrono::milliseconds kLongestCompletion{200};

/// The names of the metrics on the hub at `url`; none, and no complaint, when it does not say
/// `within` that time. The process must end by _exit() afterwards: a thread may still be in the
/// resolver.
std::vector<Candidate> live_metrics(const std::string& url,
                                    const std::vector<client::Header>& headers,
                                    std::chrono::nanoseconds within);

}  // namespace sse::cli
