#pragma once

/// \file
/// A token file that commands change, and requests with a token.

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::test {

using Catch::Contains;
using Words = std::vector<std::string>;

inline std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// A token file, and the commands that change it.
struct Tokens {
  std::string add(const std::string& id, Words rights) {
    Words words = {"sse-serve", "token", "add", id, "--tokens", path};
    words.insert(words.end(), rights.begin(), rights.end());
    Program program(words);
    CHECK(program.wait() == 0);
    CHECK(program.err().empty());
    std::string token = program.out();
    REQUIRE(token.ends_with('\n'));
    token.pop_back();
    return token;
  }
  int run(Words words, const Program::Options& options = {}) {
    words.insert(words.begin(), {"sse-serve", "token"});
    words.insert(words.end(), {"--tokens", path});
    Program program(words, options);
    const int status = program.wait();
    said = program.out() + program.err();
    return status;
  }

  TemporaryDirectory directory;
  std::string path = directory.file("tokens.toml");
  std::string said;
};

/// What curl gets, head included.
inline std::string ask(const std::string& url, const std::string& token, Words options = {}) {
  Words words = {"curl", "-s", "-i", "--max-time", "60"};
  if (!token.empty()) words.insert(words.end(), {"-H", "Authorization: Bearer " + token});
  words.insert(words.end(), options.begin(), options.end());
  words.push_back(url);
  Program curl(words);
  CHECK(curl.wait() == 0);
  return curl.out();
}

inline Words event(const std::string& topic) {
  return {"-H", "Content-Type: application/json", "-d", R"({"topic":")" + topic + R"(","data":1})"};
}

}  // namespace sse::test
