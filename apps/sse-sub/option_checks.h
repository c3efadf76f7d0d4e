#pragma once

/// \file
/// Rules of single values, and of options that meet. Each error is kInvalid unless said otherwise.

#include <chrono>
#include <string>

#include "sse/base/result.h"

#include "options.h"

namespace sse::sub {

/// What the server understands after `since=`; checked here, because a 400 says less.
Status check_since(const std::string& text);

/// What files and variables say for every line gives way to what the words of this one ask for.
void give_way(const cli::CommandLine& line, Options& options);

/// Settles what a command gets, and refuses words that would do nothing.
Status check_idle_words(const cli::CommandLine& line, Options& options);

/// Makes `--since=-N` the same as `-n N`.
Status settle_start(Options& options);

/// Makes the types of --until-type pass -e, as the server does. Error: it does not take these types
/// and topics; checked here, because a 400 says less.
Status settle_end(Options& options);

/// A method as a request line takes it. Error: kInvalid.
Result<std::string> parse_method(const std::string& text);

/// Fills in method, body and Content-Type. Errors: kInvalid, kIo for a file that cannot be read.
Status complete_request(Options& options);

/// Fits the wait that was not given to the other, which was. Error: the shortest wait is longer
/// than the longest.
Status fit_waits(const cli::CommandLine& line, Options& options);

/// Options that need, or exclude, one another.
Status check_together(const Options& options);

}  // namespace sse::sub
