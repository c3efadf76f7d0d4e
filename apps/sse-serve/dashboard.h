#pragma once

/// \file
/// The page at `/`: made by npm from apps/dashboard and part of the program (SSE_DASHBOARD).

#include <span>
#include <string_view>

#include "sse/http/static_files.h"

namespace sse::http {
class Router;
}

namespace sse::serve {

/// What the page may load and do: its own files and this hub, and nothing that is inline. Markup
/// that gets into it through a metric's name cannot run.
inline constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

/// The files of the page; in a program that was built without it, one that says so.
std::span<const http::StaticFile> dashboard_files();

void add_dashboard(http::Router& router);

}  // namespace sse::serve
