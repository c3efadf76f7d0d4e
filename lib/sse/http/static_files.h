#pragma once

/// \file
/// Files that are part of the program: a page beside the streams, without a way to the disk.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/export.h"

namespace sse::http {

class Router;

/// How long a browser that has a file may use it.
enum class Freshness {
  kAskEachTime,  ///< keep it, and ask whether it is still the one (`no-cache`)
  kForEver,      ///< its path names its content: another content has another path (`immutable`)
};

/// A file in every form it is sent in. What the views show is never copied; it outlives the
/// router's answers (string literals do).
struct StaticFile {
  std::string_view path;  ///< of the request: `/`, `/assets/page-4f2a.js`
  std::string_view content_type;
  std::string_view content_hash;  ///< letters, digits, `-`: makes the ETag
  Freshness freshness = Freshness::kAskEachTime;
  std::string_view bytes;
  std::string_view gzip;    ///< the same, compressed; empty: there is no such form
  std::string_view brotli;  ///< the same
};

/// Names and values of header fields.
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// Adds a GET route for each file, which sends it in the best form by Accept-Encoding (406: the
/// peer excludes all of them), or 304 by If-None-Match. `fields` go with every answer: what a page
/// may load (Content-Security-Policy), for instance. They need no credential.
SSE_EXPORT void add_static_files(Router& router, std::span<const StaticFile> files,
                                 HeaderFields fields = {});

}  // namespace sse::http
