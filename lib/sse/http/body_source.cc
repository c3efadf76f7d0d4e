#include "sse/http/body_source.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include "sse/base/logging.h"

namespace sse::http {
namespace {

// What a provider is asked for at once. Most write as much as they are asked for, whatever the size
// of the whole.
constexpr std::size_t kPiece = 64U << 10U;

// The size line of a chunk, filled in when the chunk is there; leading zeros are allowed.
constexpr std::string_view kSizeLine = "00000000\r\n";

void write_size(char* digits, std::size_t size) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (std::size_t i = 8; i-- > 0; size >>= 4U) digits[i] = kHex[size & 0xFU];
}

}  // namespace

BodySource::BodySource(httplib::Response&& response, BodyForm form)
    : response_(std::move(response)), form_(form) {
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

BodySource::Pull BodySource::pull(std::string& out) {
  out_ = &out;
  const std::size_t start = out.size();
  const std::size_t offset = offset_;
  if (form_ == BodyForm::kChunked) out += kSizeLine;
  const bool is_well = ask_provider();
  const std::size_t given = offset_ - offset;
  if (is_sized()) done_ = offset_ == response_.content_length_;
  if (!is_well || too_much_ || (given == 0 && !done_)) return Pull::kFailed;
  if (form_ == BodyForm::kChunked) {
    if (given == 0) {
      out.resize(start);
    } else {
      write_size(&out[start], given);
      out += "\r\n";
    }
    if (done_) out += "0\r\n\r\n";
  }
  response_.content_provider_success_ = done_;
  return done_ ? Pull::kDone : Pull::kMore;
}

bool BodySource::ask_provider() {
  const std::size_t length = is_sized() ? std::min(kPiece, response_.content_length_ - offset_) : 0;
  try {
    return response_.content_provider_(offset_, length, sink_);
  } catch (const std::exception& failure) {
    log_line(LogLevel::kError, std::string("a content provider threw: ") + failure.what());
  } catch (...) {
    log_line(LogLevel::kError, "a content provider threw something that is no exception");
  }
  return false;
}

}  // namespace sse::http
