#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sse::bench {

/// What was measured, for people or as one JSON object. Thread-compatible.
class Report {
 public:
  /// `unit` is for people; the key's name says it to scripts.
  void add(std::string key, double value, std::string_view unit = "");
  void add(std::string key, std::uint64_t value, std::string_view unit = "");
  void add(std::string key, std::string_view text);

  void print(bool as_json) const;

 private:
  struct Line {
    std::string key;
    std::string json;  ///< the value
    std::string text;
  };
  std::vector<Line> lines_;
};

}  // namespace sse::bench
