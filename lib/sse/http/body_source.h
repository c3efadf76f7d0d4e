#pragma once

#include <cstddef>
#include <string>

#include <httplib.h>

#include "sse/http/response_head.h"

namespace sse::http {

/// The body of a response that has a content provider, in pieces: the provider is asked for the
/// next one when the last has left. Its resource releaser runs when this goes. Loop-affine.
class BodySource {
 public:
  enum class Pull {
    kMore,    ///< a piece was added
    kDone,    ///< the last one was
    kFailed,  ///< the provider gave up, threw, or gave nothing: the body cannot be finished
  };

  BodySource(httplib::Response&& response, BodyForm form);
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;

  /// Appends the next piece, framed as the form asks.
  Pull pull(std::string& out);

 private:
  bool ask_provider();
  bool is_sized() const { return form_ == BodyForm::kSized; }

  httplib::Response response_;
  const BodyForm form_;
  httplib::DataSink sink_;
  std::string* out_ = nullptr;  // during pull()
  std::size_t offset_ = 0;      // bytes of the body given so far
  bool done_ = false;
  bool too_much_ = false;
};

}  // namespace sse::http
