#include "sse/http/mounted_handler.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <httplib.h>

#include "sse/base/logging.h"

namespace sse::http {
namespace {

// What a provider is asked for at once. Most write as much as they are asked for, whatever the size
// of the whole.
constexpr std::size_t kPiece = 64U << 10U;

httplib::Request request_of(const Call& call) {
  const Request& from = call.request();
  httplib::Request request;
  request.method = from.method;
  request.target = from.target;
  request.path = from.path;
  request.version = to_string(from.version);
  request.remote_addr = from.remote_address;
  request.remote_port = from.remote_port;
  request.body = from.body;
  for (const auto& [name, value] : from.params) request.params.emplace(name, value);
  for (const auto& [name, value] : from.fields) {
    request.headers.emplace(std::string(name), std::string(value));
  }
  return request;
}

/// A content provider as a source of pieces. Its resource releaser runs when this goes.
class ProvidedBody {
 public:
  explicit ProvidedBody(httplib::Response&& response) : response_(std::move(response)) {
    sink_.write = [this](const char* bytes, std::size_t count) {
      too_much_ = too_much_ || (is_sized() && count > response_.content_length_ - offset_);
      if (done_ || too_much_) return false;
      out_->append(bytes, count);
      offset_ += count;
      return true;
    };
    sink_.done = [this] { done_ = true; };
    sink_.is_writable = [] { return true; };
  }
  ProvidedBody(const ProvidedBody&) = delete;
  ProvidedBody& operator=(const ProvidedBody&) = delete;

  bool is_sized() const { return response_.content_length_ > 0; }
  std::size_t length() const { return response_.content_length_; }

  Piece pull(std::string& out) {
    out_ = &out;
    const std::size_t before = offset_;
    const bool is_well = ask_provider();
    if (is_sized()) done_ = offset_ == response_.content_length_;
    if (!is_well || too_much_ || (offset_ == before && !done_)) return Piece::kFailed;
    response_.content_provider_success_ = done_;
    return done_ ? Piece::kLast : Piece::kMore;
  }

 private:
  bool ask_provider() {
    const std::size_t length =
        is_sized() ? std::min(kPiece, response_.content_length_ - offset_) : 0;
    try {
      return response_.content_provider_(offset_, length, sink_);
    } catch (const std::exception& failure) {
      log_line(LogLevel::kError, std::string("a content provider threw: ") + failure.what());
    } catch (...) {
      log_line(LogLevel::kError, "a content provider threw an unknown exception");
    }
    return false;
  }

  httplib::Response response_;
  httplib::DataSink sink_;
  std::string* out_ = nullptr;  // during pull()
  std::size_t offset_ = 0;      // bytes of the body given so far
  bool done_ = false;
  bool too_much_ = false;
};

void take_over(httplib::Response&& from, Response& response) {
  response.status = from.status < 100 || from.status > 999 ? 200 : from.status;
  response.fields.clear();
  for (const auto& [name, value] : from.headers) response.fields.add(name, value);
  response.body = std::move(from.body);
  if (!from.content_provider_) return;
  // A PieceSource is a std::function, which must be copyable: the state is shared.
  const auto provided = std::make_shared<ProvidedBody>(std::move(from));
  if (provided->is_sized()) response.length = provided->length();
  response.pieces = [provided](std::string& out, const auto& /*later*/) {
    return provided->pull(out);
  };
}

}  // namespace

CallHandler mounted(Handler handler) {
  return [handler = std::move(handler)](Call& call) {
    httplib::Response response;
    response.version = to_string(call.request().version);
    for (const auto& [name, value] : call.response().fields) {
      response.headers.emplace(std::string(name), std::string(value));
    }
    handler(request_of(call), response);
    take_over(std::move(response), call.response());
  };
}

}  // namespace sse::http
