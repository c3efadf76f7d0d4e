#include "sse/http/deflater.h"

#include <array>
#include <new>

#include <zlib.h>

#include "sse/base/check.h"

namespace sse::http {
namespace {

// Measured with pieces of 64 KiB of events and readings, docs/decisions/0056: level 6 takes four
// times as long for a tenth less, and a larger window finds nothing more.
constexpr int kLevel = 1;
constexpr int kWindowBits = 13;
constexpr int kMemoryLevel = 6;

constexpr std::size_t kOutput = 16U << 10U;

}  // namespace

struct Deflater::State {
  State() {
    // Negative: raw DEFLATE, without zlib's own header and checksum.
    const int made =
        deflateInit2(&stream, kLevel, Z_DEFLATED, -kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY);
    if (made != Z_OK) throw std::bad_alloc();
  }
  ~State() { deflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  z_stream stream{};
  std::array<char, kOutput> output;
};

// Before there are connections, not when an answer needs it: memory may be short then.
Deflater::Deflater() : state_(std::make_unique<State>()) {
}
Deflater::~Deflater() = default;

void Deflater::append(std::string& out, std::string_view piece, Then then) {
  SSE_CHECK(piece.size() <= kMostAtOnce);
  z_stream& stream = state_->stream;
  SSE_CHECK(deflateReset(&stream) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  stream.avail_in = static_cast<uInt>(piece.size());
  const int flush = then == Then::kEnd ? Z_FINISH : Z_SYNC_FLUSH;
  do {
    stream.next_out = reinterpret_cast<Bytef*>(state_->output.data());
    stream.avail_out = kOutput;
    SSE_CHECK(deflate(&stream, flush) != Z_STREAM_ERROR);
    out.append(state_->output.data(), kOutput - stream.avail_out);
  } while (stream.avail_out == 0);
}

}  // namespace sse::http
