#include "sse/http/gzip.h"

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "http/gunzip.h"
#include "support/catch.h"

namespace sse::http {
namespace {

const FunctionRef<Resume()> kNever = [] { return Resume(); };

std::string unpacked(std::string_view coded) {
  std::string plain;
  REQUIRE(test::gunzip(coded, plain));
  return plain;
}

/// Text as JSON has it, or bytes without a pattern.
std::string random_text(std::mt19937_64& random, std::size_t size) {
  const bool has_patterns = random() % 2 == 0;
  std::string text;
  while (text.size() < size) {
    if (has_patterns) {
      text += R"({"value":)" + std::to_string(random() % 1000) + R"(,"name":"temperature"},)";
    } else {
      text += static_cast<char>(random());
    }
  }
  text.resize(size);
  return text;
}

/// A source of these pieces. `waits`: before each it says kLater once.
PieceSource source_of(std::vector<std::string> pieces, bool waits = false) {
  return [pieces = std::move(pieces), waits, has_waited = false, next = std::size_t{0}](
             std::string& out, const auto& later) mutable {
    if (waits && !std::exchange(has_waited, true)) {
      static_cast<void>(later());
      return Piece::kLater;
    }
    has_waited = false;
    if (next < pieces.size()) out += pieces[next++];
    return next < pieces.size() ? Piece::kMore : Piece::kLast;
  };
}

TEST_CASE("A whole body is one member of gzip", "[http][gzip]") {
  Deflater deflater;
  const auto packed = [&](std::string body) {
    CHECK(gzip(body, deflater) >= 100);
    return body;
  };
  CHECK(unpacked(packed("")).empty());
  CHECK(unpacked(packed("a")) == "a");
  const std::string body(Deflater::kMostAtOnce, 'x');
  const std::string coded = packed(body);
  CHECK(unpacked(coded) == body);
  CHECK(coded.size() < 1000);
  CHECK(packed(body) == coded);  // nothing is left of what was compressed before
}

TEST_CASE("A piece can be read when it comes, before the next one", "[http][gzip]") {
  Deflater deflater;
  GzipBody body("first,", deflater);
  const PieceSource source = source_of({"second,", "third"});
  std::string coded;
  std::string plain;
  REQUIRE(body.next(coded, source, kNever) == Piece::kMore);
  CHECK_FALSE(test::gunzip(coded, plain));
  CHECK(plain == "first,");
  REQUIRE(body.next(coded, source, kNever) == Piece::kMore);
  plain.clear();
  CHECK_FALSE(test::gunzip(coded, plain));
  CHECK(plain == "first,second,");
  REQUIRE(body.next(coded, source, kNever) == Piece::kLast);
  CHECK(unpacked(coded) == "first,second,third");
}

TEST_CASE("A long piece is compressed in parts, and what waits is counted", "[http][gzip]") {
  Deflater deflater;
  const std::string text(5 * Deflater::kMostAtOnce / 2, 'x');
  GzipBody body({}, deflater);
  const PieceSource source = source_of({text});
  std::string coded;
  CHECK(body.next(coded, source, kNever) == Piece::kMore);
  CHECK(body.held() >= text.size());
  CHECK(body.steps() >= Deflater::kMostAtOnce / 16);
  CHECK(body.next(coded, source, kNever) == Piece::kMore);
  CHECK(body.next(coded, source, kNever) == Piece::kLast);
  CHECK(body.held() < 100);
  CHECK(unpacked(coded) == text);
}

TEST_CASE("That a source has none yet, is gone, or fails is reported", "[http][gzip]") {
  Deflater deflater;
  std::string coded;
  for (const Piece piece : {Piece::kLater, Piece::kGone, Piece::kFailed}) {
    GzipBody body({}, deflater);
    const PieceSource source = [piece](std::string& out, const auto&) {
      out += "half";
      return piece;
    };
    CHECK(body.next(coded, source, kNever) == piece);
  }
  GzipBody empty({}, deflater);
  CHECK(empty.next(
            coded, [](auto&, const auto&) { return Piece::kMore; }, kNever) == Piece::kFailed);
  CHECK(coded.empty());
}

TEST_CASE("Bodies of any pieces are what they were when they are unpacked", "[http][gzip]") {
  std::mt19937_64 random(20260131);
  Deflater deflater;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> pieces;
    std::string whole;
    const std::string first =
        random() % 2 == 0 ? std::string() : random_text(random, random() % 100'000);
    whole += first;
    const std::size_t count = random() % 5;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t most = random() % 2 == 0 ? 200 : 150'000;
      pieces.push_back(random_text(random, 1 + random() % most));
      whole += pieces.back();
    }
    GzipBody body(first, deflater);
    const PieceSource source = source_of(pieces, random() % 2 == 0);
    std::string coded;
    Piece piece = Piece::kMore;
    while (piece == Piece::kMore || piece == Piece::kLater) {
      const std::size_t before = coded.size();
      piece = body.next(coded, source, kNever);
      REQUIRE((piece == Piece::kLater) == (coded.size() == before));
    }
    REQUIRE(piece == Piece::kLast);
    REQUIRE(unpacked(coded) == whole);
  }
}

}  // namespace
}  // namespace sse::http
