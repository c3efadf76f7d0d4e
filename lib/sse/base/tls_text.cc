#include "sse/base/tls_text.h"

#include <openssl/err.h>

namespace sse {

std::string take_tls_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* const reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason != nullptr ? reason : "no reason is known";
}

}  // namespace sse
