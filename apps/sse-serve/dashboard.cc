#include "dashboard.h"

#include <string>

#include "sse/http/router.h"

namespace sse::serve {

void add_dashboard(http::Router& router) {
  http::add_static_files(
      router, dashboard_files(),
      {{"Content-Security-Policy", std::string(kPagePolicy)}, {"Referrer-Policy", "no-referrer"}});
}

}  // namespace sse::serve
