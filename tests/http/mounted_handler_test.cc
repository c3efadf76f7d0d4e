// Handlers that were written for cpp-httplib.
#include "sse/http/mounted_handler.h"

#include <memory>
#include <string>

#include <httplib.h>

#include "support/catch.h"
#include "support/test_call.h"

namespace sse::http {
namespace {

/// What a handler leaves in the response to `request`.
Response answer_of(const Handler& handler, const Request& request = {}, Fields before = {}) {
  test::TestCall call(request);
  call.response().fields = std::move(before);
  mounted(handler)(call);
  return call.response();
}

std::string whole(const Response& response) {
  std::string text;
  for (auto piece = Piece::kMore; piece == Piece::kMore;) {
    piece = response.pieces(text, []() -> Resume { return nullptr; });
    if (piece == Piece::kFailed) text += "(failed)";
  }
  return text;
}

TEST_CASE("A mounted handler sees all of the request", "[http][mounted]") {
  Request request;
  request.method = "POST";
  request.target = "/a%20b?x=1&x=2";
  request.path = "/a b";
  request.version = Version::kHttp10;
  request.params = {{"x", "1"}, {"x", "2"}};
  request.fields = {{"Host", "h"}, {"X-Two", "1"}, {"x-two", "2"}};
  request.body = "body";
  request.remote_address = "127.0.0.1";
  request.remote_port = 7;
  answer_of(
      [](const httplib::Request& seen, httplib::Response& response) {
        CHECK(seen.method == "POST");
        CHECK(seen.target == "/a%20b?x=1&x=2");
        CHECK(seen.path == "/a b");
        CHECK(seen.version == "HTTP/1.0");
        CHECK(response.version == "HTTP/1.0");
        CHECK(seen.get_param_value_count("x") == 2);
        CHECK(seen.get_header_value("host") == "h");
        CHECK(seen.get_header_value_count("X-Two") == 2);
        CHECK(seen.body == "body");
        CHECK(seen.remote_addr == "127.0.0.1");
        CHECK(seen.remote_port == 7);
      },
      request);
}

TEST_CASE("What a mounted handler says is the response", "[http][mounted]") {
  const auto created = answer_of(
      [](const httplib::Request&, httplib::Response& response) {
        CHECK(response.get_header_value("Vary") == "Origin");
        response.status = 201;
        response.set_content("made", "text/plain");
        response.set_header("X", "y");
      },
      {}, {{"Vary", "Origin"}});
  CHECK(created.status == 201);
  CHECK(created.body == "made");
  CHECK(created.fields.get("Content-Type") == "text/plain");
  CHECK(created.fields.get("X") == "y");
  CHECK(created.fields.get("Vary") == "Origin");
  CHECK(answer_of([](const httplib::Request&, httplib::Response&) {}).status == 200);
}

TEST_CASE("A content provider is asked piece by piece, and released", "[http][mounted]") {
  auto released = std::make_shared<int>(-1);
  {
    const auto sized = answer_of([&](const httplib::Request&, httplib::Response& response) {
      response.set_content_provider(
          100'000, "text/plain",
          [](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
            const std::string bytes(length, offset == 0 ? 'a' : 'b');
            return sink.write(bytes.data(), bytes.size());
          },
          [released](bool success) { *released = success ? 1 : 0; });
    });
    CHECK(sized.length == 100'000);
    CHECK(whole(sized).size() == 100'000);
    CHECK(*released == -1);
  }
  CHECK(*released == 1);
  const auto open = answer_of([](const httplib::Request&, httplib::Response& response) {
    response.set_chunked_content_provider("text/plain",
                                          [](std::size_t at, httplib::DataSink& sink) {
                                            if (at == 6) sink.done();
                                            return at == 6 || sink.write("abc", 3);
                                          });
  });
  CHECK_FALSE(open.length);
  CHECK(whole(open) == "abcabc");
}

TEST_CASE("A content provider that gives up, throws or says too much has failed",
          "[http][mounted]") {
  const auto provided = [](httplib::ContentProvider provider) {
    return whole(answer_of([&](const httplib::Request&, httplib::Response& response) {
      response.set_content_provider(4, "text/plain", provider);
    }));
  };
  CHECK(provided([](auto, auto, auto&) { return false; }) == "(failed)");
  CHECK(provided([](auto, auto, auto&) -> bool { throw std::runtime_error("no"); }) == "(failed)");
  CHECK(provided([](auto, auto, auto& sink) { return sink.write("12345", 5); }) == "(failed)");
  CHECK(provided([](auto, auto, auto&) { return true; }) == "(failed)");
}

}  // namespace
}  // namespace sse::http
