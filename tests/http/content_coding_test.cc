#include "sse/http/content_coding.h"

#include <array>
#include <string>

#include "support/catch.h"

namespace sse::http {
namespace {

constexpr std::array kAll = {ContentCoding::kBrotli, ContentCoding::kGzip,
                             ContentCoding::kIdentity};
constexpr std::array kPlain = {ContentCoding::kIdentity};

std::string chosen(std::string_view accept_encoding,
                   std::span<const ContentCoding> available = kAll) {
  const auto coding = choose_coding(accept_encoding, available);
  return coding ? std::string(name_of(*coding)) : "none";
}

TEST_CASE("A peer that says nothing of codings gets none", "[http][content_coding]") {
  CHECK(choose_coding(std::nullopt, kAll) == ContentCoding::kIdentity);
  CHECK(chosen("") == "identity");
}

TEST_CASE("The smallest form that a browser takes is sent", "[http][content_coding]") {
  CHECK(chosen("gzip, deflate, br, zstd") == "br");
  CHECK(chosen("gzip, deflate") == "gzip");
  CHECK(chosen("GZIP") == "gzip");
  CHECK(chosen("x-gzip") == "gzip");
  CHECK(chosen("deflate, zstd") == "identity");
  CHECK(chosen("gzip, br", kPlain) == "identity");
}

TEST_CASE("Weights decide, and 0 excludes", "[http][content_coding]") {
  CHECK(chosen("br;q=0.5, gzip;q=0.8") == "gzip");
  CHECK(chosen("br;q=0.801, gzip;q=0.8") == "br");
  CHECK(chosen("gzip;q=0.5, identity") == "identity");
  CHECK(chosen("gzip;q=0.001") == "gzip");
  CHECK(chosen("br;q=0, gzip;q=0.000") == "identity");
  CHECK(chosen("br ; q=1.000 , gzip") == "br");
  CHECK(chosen("gzip;Q=0.3, br;q=0.2") == "gzip");
}

TEST_CASE("A star is whatever is not named", "[http][content_coding]") {
  CHECK(chosen("*") == "br");
  CHECK(chosen("*;q=0.5, gzip") == "gzip");
  CHECK(chosen("br;q=0, *") == "gzip");
  CHECK(chosen("gzip, *;q=0") == "gzip");
  CHECK(chosen("*, br;q=0, gzip;q=0") == "identity");
}

TEST_CASE("Identity can be excluded", "[http][content_coding]") {
  CHECK(chosen("identity;q=0, gzip;q=0.1") == "gzip");
  CHECK(chosen("identity;q=0", kPlain) == "none");
  CHECK(chosen("*;q=0") == "none");
  CHECK(chosen("identity, *;q=0") == "identity");
  CHECK(chosen("*;q=0, identity;q=0.1") == "identity");
}

TEST_CASE("A malformed weight counts as not said", "[http][content_coding]") {
  for (const std::string weight : {"q=", "q=x", "q=2", "q=1.001", "q=0.1234", "q=.5", "q=-1",
                                   "q=0.5;a=b", "level=9", "q=0,5", "q=0x1"}) {
    CAPTURE(weight);
    CHECK(chosen("br;" + weight) == "identity");
    CHECK(chosen("identity;" + weight + ", br") == "br");
  }
  CHECK(chosen(",, ;, gzip") == "gzip");
}

}  // namespace
}  // namespace sse::http
