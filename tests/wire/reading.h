#pragma once

/// \file
/// The same bytes, cut in different ways: what a parser tells must not depend on it.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sse/wire/parser.h"

#include "wire/recording_sink.h"

namespace sse::test {

/// What a parser told. Comparable, so that every cut can be held against the whole.
struct Reading {
  std::vector<std::string> lines;  ///< as RecordingSink writes them
  std::string last_event_id;
  bool too_large = false;

  friend bool operator==(const Reading&, const Reading&) = default;
};

using Pieces = std::vector<std::string_view>;

/// Pushes `pieces`, one after the other, into a parser that resumes after `resume`.
inline Reading read(const Pieces& pieces, const std::string& resume = {},
                    std::size_t max_event_size = 16U << 20U) {
  RecordingSink sink;
  wire::Parser parser(sink, max_event_size);
  parser.set_last_event_id(resume);
  bool too_large = false;
  for (std::size_t i = 0; i < pieces.size() && !too_large; ++i) too_large = !parser.push(pieces[i]);
  return {std::move(sink.lines), parser.last_event_id(), too_large};
}

inline Pieces every_byte(std::string_view bytes) {
  Pieces pieces;
  for (std::size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
  return pieces;
}

}  // namespace sse::test
