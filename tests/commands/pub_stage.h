#pragma once

/// \file
/// sse-pub and its surroundings, to their end.

#include <algorithm>
#include <string>
#include <vector>

#include "support/program.h"

namespace sse::test {

/// A program that has ended.
struct Ran {
  int status = 0;
  std::string out;
  std::string err;
};

/// Runs words, with `input` as stdin. SSE_URL is `url`, and sse-pub and sse-sub are on the PATH.
inline Ran run_words(std::vector<std::string> words, const std::string& url,
                     const std::string& input = {}) {
  const std::string program_directory = program_path("sse-pub");
  const std::string path = program_directory.substr(0, program_directory.rfind('/'));
  words.insert(words.begin(), {"/usr/bin/env", "PATH=" + path + ":/usr/bin:/bin"});
  Program program(words, {{"SSE_URL=" + url}, true, ""});
  program.write_stdin(input);
  program.close_stdin();
  Ran ran;
  ran.status = program.wait();
  ran.out = program.out();
  ran.err = program.err();
  return ran;
}

inline Ran run_pub(const std::string& url, std::vector<std::string> words,
                   const std::string& input = {}) {
  words.insert(words.begin(), "sse-pub");
  return run_words(std::move(words), url, input);
}

/// What sse-sub prints of the first `count` events of a hub, in `format`.
inline std::string events_of(const HubProgram& hub, std::size_t count,
                             const std::string& format = "json") {
  return run_words({"sse-sub", "--since=earliest", "-o", format, "-C", std::to_string(count)},
                   hub.url())
      .out;
}

inline std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace sse::test
