#include "sse/client/http_transport.h"

#include "sse/client/curl_transfer.h"

namespace sse::client {

std::unique_ptr<Exchange> HttpTransport::open(StreamRequest request) {
  auto transfer = std::make_unique<CurlTransfer>(settings_);
  transfer->start(std::move(request));
  return transfer;
}

}  // namespace sse::client
