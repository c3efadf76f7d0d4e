#pragma once

#include <string>

#include "sse/client/http_settings.h"
#include "sse/client/transport.h"

namespace sse::client {

/// The header lines of one request, as libcurl keeps them.
class HeaderLines {
 public:
  /// The request's own, then what every request has and it does not say.
  HeaderLines(const StreamRequest& request, const HttpSettings& settings);
  ~HeaderLines();
  HeaderLines(const HeaderLines&) = delete;
  HeaderLines& operator=(const HeaderLines&) = delete;

  void* list() const { return list_; }  ///< a curl_slist*

 private:
  void add(const std::string& line);

  void* list_ = nullptr;
};

/// A variable of the environment; empty when it is not set.
std::string variable(const char* name);

/// What happens to the sockets of a transfer.
struct SocketNotes {
  bool has_opened = false;  ///< one, so no kept connection is used
  int os_error = 0;         ///< why none could be made
};

/// Sets on a CURL* all that does not depend on who reads the response. `request` must outlive the
/// transfer: its body is not copied. `proxy` is empty for none. `sockets` must outlive the
/// transfer, too.
void apply_settings(void* easy, const StreamRequest& request, const HttpSettings& settings,
                    const std::string& proxy, SocketNotes& sockets);

}  // namespace sse::client
