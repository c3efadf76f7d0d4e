#pragma once

/// \file
/// A request read from bytes that come in pieces: what is read must not depend on them.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/http/request.h"
#include "sse/http/request_parser.h"

namespace sse::http {

/// What became of some bytes. Comparable, so that every cut can be held against the whole.
struct Reading {
  static constexpr int kWhole = 0;
  static constexpr int kIncomplete = -1;

  int status = kIncomplete;  ///< or the refusal's
  std::string text;          ///< the refusal's
  std::size_t taken = 0;
  std::string method, target, path, body;
  Version version = Version::kHttp11;
  Fields fields;
  std::vector<std::pair<std::string, std::string>> params;
  bool keep_alive = false;

  /// Of a request that is none, only the reason counts: how many bytes were looked at does not.
  friend bool operator==(const Reading& a, const Reading& b) {
    if (a.status > 0 || b.status > 0) return a.status == b.status && a.text == b.text;
    return a.status == b.status && a.taken == b.taken && a.method == b.method &&
           a.target == b.target && a.path == b.path && a.version == b.version && a.body == b.body &&
           a.fields == b.fields && a.params == b.params && a.keep_alive == b.keep_alive;
  }
};

/// Feeds a piece of `first` bytes, then pieces of `step`, as a connection does: what was not taken
/// comes again with what follows.
inline Reading read(std::string_view bytes, std::size_t first, std::size_t step,
                    const RequestLimits& limits = {}) {
  RequestParser parser(limits);
  Request request;
  Reading reading;
  for (std::size_t end = std::min(first, bytes.size());; end = std::min(end + step, bytes.size())) {
    const auto given = bytes.substr(reading.taken, end - reading.taken);
    reading.taken += parser.feed(given, request);
    if (parser.progress() == RequestParser::Progress::kHead) {
      parser.go_on();
      reading.taken += parser.feed(bytes.substr(reading.taken, end - reading.taken), request);
    }
    if (parser.progress() != RequestParser::Progress::kIncomplete || end == bytes.size()) break;
  }
  if (parser.progress() == RequestParser::Progress::kComplete) reading.status = Reading::kWhole;
  if (parser.progress() == RequestParser::Progress::kRefused) {
    reading.status = parser.refusal().status;
    reading.text = parser.refusal().text;
    return reading;
  }
  reading.method = request.method;
  reading.target = request.target;
  reading.path = request.path;
  reading.version = request.version;
  reading.body = request.body;
  reading.fields = request.fields;
  reading.params = request.params;
  reading.keep_alive = parser.keep_alive();
  return reading;
}

}  // namespace sse::http
