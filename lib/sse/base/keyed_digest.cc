#include "sse/base/keyed_digest.h"

#include <algorithm>
#include <cstring>

#include "sse/base/sip_state.h"

namespace sse {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

// Takes bytes in portions of any size; what does not fill a word waits for the next portion.
class Sip128 {
 public:
  Sip128(std::uint64_t key0, std::uint64_t key1) : state_(key0, key1) { state_.v1 ^= 0xee; }

  void add(std::string_view bytes) {
    size_ += bytes.size();
    if (pending_size_ > 0) {
      const auto missing = std::min(kWord - pending_size_, bytes.size());
      bytes.copy(pending_ + pending_size_, missing);
      pending_size_ += missing;
      bytes.remove_prefix(missing);
      if (pending_size_ < kWord) return;
      state_.take(word_at(pending_));
    }
    const char* at = bytes.data();
    const char* const whole_end = at + bytes.size() / kWord * kWord;
    SipState<2> state = state_;  // in registers: a body is some 100,000 words
    for (; at != whole_end; at += kWord) state.take(word_at(at));
    state_ = state;
    pending_size_ = bytes.size() % kWord;
    if (pending_size_ > 0) std::memcpy(pending_, at, pending_size_);
  }

  Digest finish() {
    constexpr int kFinalRounds = 4;
    std::uint64_t last = 0;
    std::memcpy(&last, pending_, pending_size_);
    state_.take(last | std::uint64_t{size_} << 56U);
    state_.v2 ^= 0xee;
    Digest digest;
    digest.low = state_.result(kFinalRounds);
    state_.v1 ^= 0xdd;
    digest.high = state_.result(kFinalRounds);
    return digest;
  }

 private:
  // As it lies in memory: a big-endian machine has other, equally good, values.
  static std::uint64_t word_at(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
  }

  SipState<2> state_;
  std::size_t size_ = 0;
  char pending_[kWord] = {};
  std::size_t pending_size_ = 0;
};

}  // namespace

Digest KeyedDigest::of(std::string_view text) const {
  Sip128 sip(key0_, key1_);
  sip.add(text);
  return sip.finish();
}

Digest KeyedDigest::of_all(std::initializer_list<std::string_view> texts) const {
  Sip128 sip(key0_, key1_);
  for (const auto& text : texts) {
    const std::uint64_t size = text.size();
    sip.add({reinterpret_cast<const char*>(&size), sizeof size});
  }
  for (const auto& text : texts) sip.add(text);
  return sip.finish();
}

}  // namespace sse
