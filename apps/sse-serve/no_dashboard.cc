// Instead of the page, in a program that is built without it (SSE_DASHBOARD=OFF).

#include <array>

#include "dashboard.h"

namespace sse::serve {
namespace {

// The icon that is none keeps browsers from asking for one.
constexpr std::string_view kPage = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>sse-serve</title>
<h1>This sse-serve was built without its dashboard</h1>
<p>The hub itself is all there: <a href="/metrics?with_readings=true">the metrics with their readings</a>,
<a href="/-/readyz">whether it is ready</a>, and the stream: <code>curl -N http://<i>this host</i>/events/watch</code></p>
<p>To get the dashboard, install Node.js 18 or newer with npm, and build again:
<code>cmake --preset release -DSSE_DASHBOARD=ON &amp;&amp; cmake --build --preset release</code></p>
</html>
)";

constexpr std::array kFiles = {
    http::StaticFile{"/",
                     "text/html; charset=utf-8",
                     "no-dashboard-1",
                     http::Freshness::kAskEachTime,
                     kPage,
                     {},
                     {}},
};

}  // namespace

std::span<const http::StaticFile> dashboard_files() {
  return kFiles;
}

}  // namespace sse::serve
